"""Earlier documents of the same key, as the audit of a later one sees them: already read or read back now, they state the same facts."""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path

import pytest

from engine.extraction.documents import extract
from engine.extraction.sandbox.sandbox import Sandbox
from engine.fiscal.findings import Severity
from engine.fiscal.rules.duplicates import same_key
from engine.fiscal.rules.model import Surroundings, Twin
from engine.runtime.extractor import Extractor
from engine.runtime.reference import Reference
from store.driver import Connection
from store.records import documents
from store.records.documents import Document
from tests.engine.intake.conftest import House, opened
from tests.simulation.notes import KEY, SOURCE, access_key, note

HEADER = Path(__file__).parents[2] / "data" / "lists" / "202401_NFs_Cabecalho.csv"
COPY = note(1) + b"\n"
#: What a second version of the note says otherwise, and whether a list can contradict it.
OTHERWISE = {
    "value": (b"<vNF>71.20</vNF>", b"<vNF>171.20</vNF>"),
    "issuer": (b"<CNPJ>21172344000158</CNPJ>", b"<CNPJ>11222333000181</CNPJ>"),
    "recipient": (b"<CNPJ>24365710000183</CNPJ>", b"<CNPJ>11222333000181</CNPJ>"),
    "issue_date": (b"<dhEmi>2024-01-15T", b"<dhEmi>2024-01-17T"),
}


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    """With the real store, sandbox and dispatcher; the engine runs from `rest` on."""
    async with opened(tmp_path / "data") as found:
        yield found


async def record(house: House, doc: str) -> Document:
    def query(connection: Connection) -> Document | None:
        return documents.find(connection, doc)

    found = await house.store.read(query)
    assert found is not None
    return found


async def surroundings(house: House, doc: str) -> Surroundings:
    """What the audit of that document is told, by a `Reference` that remembers nothing."""
    sandbox = Sandbox()
    reference = Reference(house.store, Extractor(house.store.blobs, sandbox).extract)
    try:
        return await reference.surroundings(await record(house, doc), has_twins=True)
    finally:
        await sandbox.close()


async def arrive(house: House, folder: Path, *contents: bytes) -> list[str]:
    """Documents acknowledged in this order; nobody has read them yet."""
    paths = []
    for place, content in enumerate(contents):
        path = folder / f"{place}.xml"
        path.write_bytes(content)
        paths.append(path)
    _, told = await house.add(*paths)
    return [str(one.doc) for one in told]


async def test_what_is_read_back_is_what_the_record_says_once_it_is_read(house: House, tmp_path: Path) -> None:
    first, second = await arrive(house, tmp_path, note(1), COPY)
    assert (await record(house, first)).digest is None, "it was read already: the test shows nothing"
    before = await surroundings(house, second)
    await house.rest()
    assert (await record(house, first)).digest is not None
    after = await surroundings(house, second)
    assert before.twins == after.twins
    seq = (await record(house, first)).seq
    assert [dataclasses.replace(twin, digest=None) for twin in before.twins] == [
        Twin(
            access_key=access_key(1), digest=None, medium="xml", order=seq, environment="1", bookable=True, value=Decimal("71.20"),
            issuer="21172344000158", recipient="24365710000183", issue_date="2024-01-15",
        )
    ]  # fmt: skip
    assert before.order > seq and not (await surroundings(house, first)).twins, "only what came earlier is a twin"


async def test_an_equal_document_is_a_copy_and_nothing_more(house: House, tmp_path: Path) -> None:
    _, second = await arrive(house, tmp_path, note(1), COPY)
    audited = extract(COPY, "copy.xml").note
    assert audited is not None
    [found] = same_key(audited, await surroundings(house, second))
    assert (found.severity, found.arguments["case"]) == (Severity.INFO, "equal")
    await house.rest()
    rows = "SELECT state, entries, (SELECT group_concat(severity) FROM finding WHERE finding.doc=document.doc AND code='DUP-01') FROM document ORDER BY seq"
    assert [(state, entries > 0, told) for state, entries, told in await house.rows(rows)] == [
        ("done", True, None),
        ("duplicate", False, "INFO"),
    ]


@pytest.mark.parametrize("fact", OTHERWISE)
async def test_another_content_under_the_same_key_is_an_error(house: House, tmp_path: Path, fact: str) -> None:
    other = note(1).replace(*OTHERWISE[fact], 1)
    assert other != note(1)
    _, second = await arrive(house, tmp_path, note(1), other)
    audited = extract(other, "other.xml").note
    assert audited is not None
    around = await surroundings(house, second)
    assert getattr(around.twins[0], fact) not in (None, getattr(audited, fact, None))
    [found] = same_key(audited, around)
    assert (found.severity, found.arguments["case"]) == (Severity.ERRO, "different")


@pytest.mark.parametrize("fact", [None, *OTHERWISE])
async def test_a_list_is_held_against_the_facts_of_an_xml_that_is_read_back(
    house: House, tmp_path: Path, fact: str | None
) -> None:
    """A list's digest says nothing of an XML's: only the facts can."""
    original = SOURCE.read_bytes()
    content = original if fact is None else original.replace(*OTHERWISE[fact], 1)
    (tmp_path / "note.xml").write_bytes(content)
    await house.add(tmp_path / "note.xml", HEADER)
    listed = await house.one("SELECT doc FROM document WHERE access_key=? AND parent IS NOT NULL", KEY)
    unread = await house.one("SELECT digest IS NULL FROM document WHERE access_key=? AND parent IS NULL", KEY)
    assert unread
    [twin] = (await surroundings(house, listed)).twins
    assert (twin.value, twin.issuer, twin.recipient, twin.issue_date).count(None) == 0
    await house.rest()
    rows = await house.rows("SELECT severity FROM finding WHERE doc=? AND code='DUP-01'", listed)
    state = await house.one("SELECT state FROM document WHERE doc=?", listed)
    assert (rows, state) == ([("INFO",)], "done") if fact is None else ([("ERRO",)], "duplicate")


async def test_what_cannot_be_read_claims_nothing(house: House, tmp_path: Path) -> None:
    cut = note(1)[: len(note(1)) // 2]
    first, second = await arrive(house, tmp_path, cut, note(1))
    assert (await record(house, first)).access_key == access_key(1), "it is no twin by its key: the test shows nothing"
    assert (await surroundings(house, second)).twins == ()


@pytest.mark.parametrize("order", ["bare first", "authorised first"])
async def test_a_note_with_and_without_its_protocol_is_booked_once_and_each_says_which_it_is(
    house: House, tmp_path: Path, order: str
) -> None:
    whole = note(1)
    start, end = whole.index(b"<protNFe>"), whole.index(b"</protNFe>") + len(b"</protNFe>")
    bare = whole[:start] + whole[end:]
    pair = (bare, whole) if order == "bare first" else (whole, bare)
    docs = await arrive(house, tmp_path, *pair)
    await house.rest()
    states = [(await record(house, doc)).state for doc in docs]
    booked = [bool((await record(house, doc)).entries) for doc in docs]
    told = [
        dict(
            await house.rows(
                "SELECT code, json_extract(body, '$.arguments.case') FROM finding WHERE doc=? AND code IN ('DUP-01','PRT-01')",
                doc,
            )
        )
        for doc in docs
    ]
    if order == "bare first":
        assert (states, booked, told) == (["done", "done"], [False, True], [{"PRT-01": None}, {"DUP-01": "authorised"}])
    else:
        assert (states, booked, told) == (
            ["done", "duplicate"],
            [True, False],
            [{}, {"PRT-01": "elsewhere", "DUP-01": "equal"}],
        )
