"""How a refusal is told: its status and headers, the language of its caller, and what of it reaches the log."""

from __future__ import annotations

import json

import pytest

from engine.api.refusing import Refusing, _language
from engine.errors import BadInput, BodyTooLarge, NoSpace, RequestRefused, TokenMissing, UnknownSetting
from engine.outside import SystemClock
from engine.telemetry.complaints import Complaints
from engine.telemetry.journal import Journal
from nexus_tui.i18n.errors import issue, worded
from store.errors import DiskFull


@pytest.fixture
def journal() -> Journal:
    return Journal(SystemClock().wall_ms)


def refusing(journal: Journal, language: str = "en") -> Refusing:
    return Refusing(Complaints(journal), worded, issue, language)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("", None), ("pt", "pt"), ("pt-BR,pt;q=0.9,en-US;q=0.8", "pt"), ("en-US,en;q=0.9,pt;q=0.8", "en"), ("fr;q=1, pt;q=0.1", "pt"), ("pt;q=0, en;q=0.1", "en"),
        ("fr,de", None), ("*", None), ("pt;q=x", None), ("en;q=0.5,pt;q=0.5", "en"), (",;=,;q", None), ("PT-pt", "pt"), ("pt;q=-1", None), ("pt;q=nan", None),
        ("x," * 10_000 + "pt", None),
    ],
)  # fmt: skip
def test_the_language_is_the_one_of_ours_that_the_caller_likes_best(accepted: str, language: str | None) -> None:
    assert _language(accepted) == language


@pytest.mark.parametrize(
    ("error", "status"),
    [(RequestRefused(), 400), (BadInput("x"), 400), (UnknownSetting("x"), 400), (TokenMissing(), 401), (BodyTooLarge(), 413), (NoSpace(), 503), (DiskFull("x"), 503)],
)
async def test_what_is_wrong_with_the_call_is_4xx_and_what_is_in_the_way_503(journal: Journal, error: Exception, status: int) -> None:
    answer = refusing(journal).answer(error)  # type: ignore[arg-type]
    assert answer.status_code == status
    assert ("retry-after" in answer.headers) == (status == 503)
    assert ("www-authenticate" in answer.headers) == (status == 401)


async def test_a_caller_that_names_no_language_is_answered_in_the_configured_one(journal: Journal) -> None:
    portuguese = refusing(journal, "pt")
    assert json.loads(portuguese.answer(TokenMissing()).body)["title"] == "Falta o token"
    assert json.loads(portuguese.answer(TokenMissing(), "en").body)["title"] == "Token missing"
    told = json.loads(portuguese.answer(RequestRefused(issues=("tenantId: required", "x.xml: There is no job {}."))).body)
    assert told["issues"] == ["tenantId: obrigatório, falta", "x.xml: Não há o trabalho {}."]


async def test_the_log_names_fields_and_nothing_that_stood_in_them(journal: Journal) -> None:
    secret = "34128745000152"
    found = (f"tenantId: expected a tenant, found {secret}", *(f"documents[{number}].name: expected text, found {secret}" for number in range(50)))
    refusing(journal).answer(RequestRefused(issues=found))
    _, [record] = journal.take()
    assert secret not in str(record) and record.fields["fields"] == ["tenantId", *(f"documents[{number}].name" for number in range(4))]
    # A sentence with a name in it is told to its caller alone.
    refusing(journal).answer(BadInput(f"{secret} is no open job of this tenant."))
    _, [record] = journal.take()
    assert secret not in str(record) and record.fields["code"] == "NX-E10"
