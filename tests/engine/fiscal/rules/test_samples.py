"""The audit over real documents with independent truth; skipped where the samples are absent."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine.extraction.documents import extract
from engine.fiscal.findings import Finding, Severity
from engine.fiscal.rules import Surroundings, audit
from engine.fiscal.tables import Tables
from store import reference


@pytest.fixture(scope="module")
def official() -> Surroundings:
    return Surroundings(tables=Tables.build(**reference.audit_rows()))


def audited(path: Path, surroundings: Surroundings) -> tuple[Finding, ...]:
    note = extract(path.read_bytes(), path.name).note
    assert note is not None
    return audit(note, surroundings)


@pytest.mark.parametrize(
    ("name", "errors"),
    [
        ("bom_utf8", set()),
        ("latin1_sem_declaracao", set()),
        ("chave_dv_errado", {"CHV-02"}),
        ("cnpj_emit_invalido", {"IDE-01", "CHV-03"}),
        ("cfop_direcao_errada", {"CFO-02"}),
        ("vnf_divergente", {"TOT-20"}),
        ("virgula_decimal", {"XML-02"}),
    ],
)
def test_a_defect_is_found_and_nothing_else(name: str, errors: set[str], samples: Path, official: Surroundings) -> None:
    findings = audited(samples / "fiscal" / "invalid" / f"{name}.xml", official)
    assert {finding.code for finding in findings if finding.severity is Severity.ERRO} == errors
    assert not [finding for finding in findings if finding.severity is Severity.ALERTA]


def test_notes_known_to_be_clean_have_no_error(samples: Path, official: Surroundings) -> None:
    lines = (samples / "fiscal" / "truth.jsonl").read_text(encoding="utf-8").splitlines()
    clean = [truth["file"] for truth in map(json.loads, lines) if truth.get("limpo")]
    assert clean
    for file in clean:
        errors = [
            finding for finding in audited(samples / "fiscal" / file, official) if finding.severity is Severity.ERRO
        ]
        assert not errors, (file, errors)
