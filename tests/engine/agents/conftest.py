"""Documents the agents are tried on, as intake would leave them."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.extraction.archives.refusal import Refusal
from engine.extraction.lists.slices import Slice, slices
from tests.engine.agents.memory import Given

DATA = Path(__file__).resolve().parents[2] / "data"
LISTS = DATA / "lists"


def xml(name: str) -> Given:
    """A fixture of tests/data/nfe."""
    return Given(name=name, content=(DATA / "nfe" / name).read_bytes())


def paired(key: str) -> Given:
    """A note that the header list and the item list bring together."""
    halves = {role: _slice(LISTS / f"202401_NFs_{role}.csv", key) for role in ("Cabecalho", "Itens")}
    return Given(name=f"202401_NFs_Cabecalho.csv!{key}", header=halves["Cabecalho"], items=halves["Itens"])


def _slice(path: Path, key: str) -> bytes:
    for part in slices(path.read_bytes(), path.name):
        assert not isinstance(part, Refusal)
        if isinstance(part, Slice) and part.key == key:
            return part.content
    raise LookupError(key)


THREE_ITEMS = "50240129843878000170550010000025251000181553"
CLEAN = "35180834128745000152550010000476051695511860-nfe.xml"

#: One of every kind of end a document can come to.
EVERYTHING: dict[str, Given] = {
    **{path.name: xml(path.name) for path in sorted((DATA / "nfe").glob("*.xml"))},
    "pair of lists": paired(THREE_ITEMS),
    "header alone": Given(name="so-cabecalho.csv", header=paired(THREE_ITEMS).header),
    "items alone": Given(name="so-itens.csv", items=paired(THREE_ITEMS).items),
    "scan": Given(name="nota.png", content=b"\x89PNG\r\n\x1a\n" + b"\0" * 40),
    "pdf": Given(name="danfe.pdf", content=b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\n%%EOF\n"),
    "noise": Given(name="dados.bin", content=bytes(range(256))),
    "empty": Given(name="vazio.xml", content=b""),
    "truncated": Given(name="cortado.xml", content=xml(CLEAN).content[:3000]),
    "container": Given(name="lote.zip", content=b"PK\x03\x04", members=3),
    "refused container": Given(name="bomba.zip", content=b"PK\x03\x04", refusal=("zip_bomb", "O arquivo se expande demais.", {})),
}


@pytest.fixture(params=EVERYTHING)
def given(request: pytest.FixtureRequest) -> Given:
    """Each of the documents."""
    return EVERYTHING[request.param]


@pytest.fixture
def clean() -> Given:
    """An authorised note without findings."""
    return EVERYTHING[CLEAN]
