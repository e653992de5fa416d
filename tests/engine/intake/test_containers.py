"""Archives, lots and lists: their documents arrive with the container, hostile ones are refused with a reason, and a crash half way is made good."""

from __future__ import annotations

import asyncio
import time
import warnings
import zipfile
from pathlib import Path
from typing import Any

import pytest

from engine.facade.wording import error_view
from engine.intake import opening
from engine.intake.intake import Request
from store import driver
from store.records import documents
from store.records.documents import Document
from tests.simulation.notes import access_key, note

House = Any
LISTS = Path(__file__).parent.parent.parent / "data" / "lists"
HEADER, ITEMS = LISTS / "202401_NFs_Cabecalho.csv", LISTS / "202401_NFs_Itens.csv"
#: What a note from lists is, without where it stands in the order of arrival.
NOTES = (
    "SELECT doc, access_key, state, status, risk, number, issuer, total, items, cfops, digest, label FROM document "
    "WHERE parent IS NOT NULL ORDER BY doc"
)


def zipped(path: Path, members: dict[str, bytes]) -> Path:
    """An archive."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def lot(*numbers: int) -> bytes:
    """Several notes in one XML."""
    parts = [note(number).split(b"?>", 1)[1].strip() for number in numbers]
    return b"<enviNFe>" + b"".join(parts) + b"</enviNFe>"


async def test_members_of_an_archive_are_documents_by_their_own_bytes(house: House, tmp_path: Path) -> None:
    inner = zipped(tmp_path / "inner.zip", {"three.xml": note(3)})
    path = zipped(tmp_path / "outer.zip", {"one.xml": note(1), "folder/two.xml": note(2), "inner.zip": inner.read_bytes()})
    inner.unlink()
    job, _ = await house.add(path)
    plain = tmp_path / "one.xml"
    plain.write_bytes(note(1))
    _, [told] = await house.add(plain)
    assert told.already, "the same note from a file of its own is another document"
    await house.rest()
    states = await house.rows("SELECT name, state, members FROM document ORDER BY seq")
    assert states == [
        ("outer.zip", "done", 3), ("outer.zip!one.xml", "done", None), ("outer.zip!folder/two.xml", "done", None),
        ("outer.zip!inner.zip", "done", 1), ("outer.zip!inner.zip!three.xml", "done", None),
    ]  # fmt: skip
    ended = await house.job(job)
    assert (ended.status, ended.total, ended.finished) == ("report_ready", 5, 5)
    assert await house.one("SELECT count(*) FROM report") == 5


async def test_an_archive_in_an_archive_is_a_container_of_its_own(house: House, tmp_path: Path) -> None:
    deepest = zipped(tmp_path / "c.zip", {"four.xml": note(4)}).read_bytes()
    inner = zipped(tmp_path / "b.zip", {"two.xml": note(2), "c.zip": deepest, "three.xml": note(3)}).read_bytes()
    outer = zipped(tmp_path / "a.zip", {"one.xml": note(1), "b.zip": inner, "five.xml": note(5)})
    await house.add(outer)
    await house.rest()
    rows = await house.rows(
        "SELECT inside.name, inside.family, inside.members, outside.name FROM document AS inside "
        "LEFT JOIN document AS outside ON outside.doc=inside.parent ORDER BY inside.seq"
    )
    assert rows == [
        ("a.zip", "zip", 3, None), ("a.zip!one.xml", "nfe", None, "a.zip"),
        ("a.zip!b.zip", "zip", 3, "a.zip"), ("a.zip!b.zip!two.xml", "nfe", None, "a.zip!b.zip"),
        ("a.zip!b.zip!c.zip", "zip", 1, "a.zip!b.zip"), ("a.zip!b.zip!c.zip!four.xml", "nfe", None, "a.zip!b.zip!c.zip"),
        ("a.zip!b.zip!three.xml", "nfe", None, "a.zip!b.zip"), ("a.zip!five.xml", "nfe", None, "a.zip"),
    ]  # fmt: skip
    alone = tmp_path / "alone.zip"
    alone.write_bytes(inner)
    job, [told] = await house.add(alone)
    assert told.already and (await house.job(job)).total == 5, "what lies in a known archive belongs to the job as well"


EMPTY_CONTAINERS = {
    "empty.zip": {}, "folders.zip": {"folder/": b"", "__MACOSX/x": b""}, "around.zip": {"inner.zip": b"PK\x05\x06" + b"\0" * 18},
}  # fmt: skip


@pytest.mark.parametrize("name", EMPTY_CONTAINERS)
async def test_a_container_without_a_document_says_so_and_is_kept(house: House, tmp_path: Path, name: str) -> None:
    await house.add(zipped(tmp_path / name, EMPTY_CONTAINERS[name]))
    await house.rest()
    rows = await house.rows("SELECT name, state, error_code, members FROM document ORDER BY seq")
    empty = ("unreadable", "no_documents", None)
    assert rows == ([("around.zip", "done", None, 1), ("around.zip!inner.zip", *empty)] if name == "around.zip" else [(name, *empty)])
    [document] = await house.store.read(wrong)
    assert house.store.blobs.read(document.sha)[:2] == b"PK"
    views = [error_view(document, language) for language in ("pt", "en")]
    assert [view and view.message for view in views] == ["O arquivo não traz nenhum documento.", "The file holds no document."]


async def test_a_lot_without_a_note_says_so_and_is_kept(house: House, tmp_path: Path) -> None:
    content = b'<enviNFe xmlns="http://www.portalfiscal.inf.br/nfe" versao="4.00"><idLote>1</idLote><indSinc>0</indSinc></enviNFe>'
    (tmp_path / "lot.xml").write_bytes(content)
    await house.add(tmp_path / "lot.xml")
    await house.rest()
    assert await house.rows("SELECT state, error_code FROM document") == [("unreadable", "incomplete")]
    [document] = await house.store.read(wrong)
    assert house.store.blobs.read(document.sha) == content
    view = error_view(document, "pt")
    assert view is not None and view.message == "O elemento enviNFe não contém um documento (infNFe ausente)."


async def test_a_bomb_inside_an_archive_closes_the_archives_around_it(house: House, tmp_path: Path) -> None:
    inner = zipped(tmp_path / "inner.zip", {"one.xml": note(1), "bomb.xml": b"0" * 60_000_000}).read_bytes()
    with zipfile.ZipFile(tmp_path / "outer.zip", "w") as archive:
        archive.writestr("inner.zip", inner)
        archive.writestr("two.xml", note(2))
    (tmp_path / "inner.zip").unlink()
    await house.add(tmp_path / "outer.zip")
    await house.rest()
    rows = await house.rows("SELECT name, state, error_code FROM document WHERE family='zip' ORDER BY seq")
    assert rows[0] == ("outer.zip", "unreadable", "ratio")
    assert all(row[1:] == ("unreadable", "ratio") for row in rows)
    assert not await house.rows("SELECT doc FROM document WHERE state='queued'")


async def test_a_bomb_is_refused_with_a_reason_and_quickly(house: House, tmp_path: Path) -> None:
    bomb = zipped(tmp_path / "bomb.zip", {f"{number}.xml": b"0" * 60_000_000 for number in range(3)})
    began = time.monotonic()
    await house.add(bomb)
    assert time.monotonic() - began < 10
    await house.rest()
    rows = await house.rows("SELECT name, state, error_code FROM document ORDER BY seq")
    assert rows[0][0] == "bomb.zip"
    assert any(state == "unreadable" and code for _, state, code in rows), rows
    assert (await house.rows("SELECT status, total=finished FROM job")) == [("report_ready", 1)]


async def test_names_that_lead_outside_write_nothing_outside(house: House, tmp_path: Path) -> None:
    path = zipped(tmp_path / "slip.zip", {"../../evil.xml": note(1), "/etc/evil.xml": note(2), "good.xml": note(3)})
    await house.add(path)
    await house.rest()
    assert not list(tmp_path.rglob("evil.xml"))
    assert await house.one("SELECT count(*) FROM document WHERE name='slip.zip!good.xml' AND state='done'") == 1


def hostile(folder: Path) -> list[Path]:
    """Archives that are each wrong in a way of their own, with a good note in each where there can be one."""
    made = [zipped(folder / "many.zip", {f"{number}.txt": b"" for number in range(2_001)})]
    with zipfile.ZipFile(folder / "twice.zip", "w") as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for number in (1, 2, 1):
            archive.writestr("same.xml", note(number))
    locked = folder / "locked.zip"
    content = bytearray(zipped(locked, {"secret.xml": note(3), "plain.xml": note(4)}).read_bytes())
    # The flag of encryption, where the member lies and in the directory.
    content[6] |= 1
    content[content.find(b"PK\x01\x02") + 8] |= 1
    locked.write_bytes(content)
    with zipfile.ZipFile(folder / "link.zip", "w") as archive:
        link = zipfile.ZipInfo("link.xml")
        link.create_system, link.external_attr = 3, 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
        archive.writestr("beside.xml", note(5))
    inner, name = note(6), "leaf.xml"
    for level in range(5):
        inner, name = zipped(folder / "nest.zip", {name: inner, f"{level}.xml": note(10 + level)}).read_bytes(), f"level{level}.zip"
    return [*made, folder / "twice.zip", locked, folder / "link.zip", folder / "nest.zip"]


def wrong(connection: driver.Connection) -> list[Document]:
    """Documents with an error."""
    ids = [row[0] for row in connection.execute("SELECT doc FROM document WHERE error_code IS NOT NULL").fetchall()]
    return list(documents.find_many(connection, ids).values())


async def test_each_hostile_archive_says_what_is_wrong_and_its_neighbours_are_taken(house: House, tmp_path: Path) -> None:
    (tmp_path / "good.xml").write_bytes(note(99))
    job, told = await house.add(*hostile(tmp_path), tmp_path / "good.xml")
    assert {one.state for one in told} == {"queued"}
    await house.rest()
    rows = {name: (state, code) for name, state, code in await house.rows("SELECT name, state, error_code FROM document")}
    assert rows == {
        "good.xml": ("done", None),
        "many.zip": ("unreadable", "entries"),
        "twice.zip": ("done", None), "twice.zip!same.xml": ("done", None), "twice.zip!same.xml#2": ("done", None),
        "locked.zip": ("done", None), "locked.zip!secret.xml": ("unreadable", "encrypted"), "locked.zip!plain.xml": ("done", None),
        "link.zip": ("done", None), "link.zip!link.xml": ("unreadable", "symlink"), "link.zip!beside.xml": ("done", None),
        "nest.zip": ("done", None), "nest.zip!4.xml": ("done", None), "nest.zip!level3.zip!3.xml": ("done", None),
        "nest.zip!level3.zip": ("done", None), "nest.zip!level3.zip!level2.zip": ("done", None),
        "nest.zip!level3.zip!level2.zip!2.xml": ("done", None),
        "nest.zip!level3.zip!level2.zip!level1.zip": ("unreadable", "depth"),
    }  # fmt: skip
    ended = await house.job(job)
    assert (ended.status, ended.total == ended.finished, ended.failed) == ("report_ready", True, 0)
    for document in await house.store.read(wrong):
        assert house.store.blobs.read(document.sha), "the file is kept"
        for language in ("pt", "en"):
            view = error_view(document, language)
            assert view is not None and view.code and view.message and view.hint


async def test_a_broken_archive_has_a_report_that_says_so(house: House, tmp_path: Path) -> None:
    path = zipped(tmp_path / "broken.zip", {"one.xml": note(1)})
    path.write_bytes(path.read_bytes()[:-30])
    await house.add(path)
    await house.rest()
    assert await house.rows("SELECT state FROM document WHERE name='broken.zip'") == [("unreadable",)]
    assert (await house.rows("SELECT status FROM job")) == [("report_ready",)]


async def test_notes_of_a_lot_are_known_by_their_access_keys(house: House, tmp_path: Path) -> None:
    (tmp_path / "lot.xml").write_bytes(lot(1, 2, 3))
    await house.add(tmp_path / "lot.xml")
    await house.rest()
    rows = await house.rows("SELECT access_key, state FROM document WHERE parent IS NOT NULL ORDER BY seq")
    assert rows == [(access_key(number), "done") for number in (1, 2, 3)]
    assert await house.one("SELECT members FROM document WHERE parent IS NULL") == 3


@pytest.mark.parametrize("size", ["small", "large"])
async def test_a_lot_above_the_light_size_is_split_in_the_sandbox_with_the_same_result(house: House, tmp_path: Path, size: str) -> None:
    numbers = range(1, 3 if size == "small" else 31)
    content = lot(*numbers)
    assert (len(content) > opening.LIGHT_BYTES) == (size == "large")
    (tmp_path / "lot.xml").write_bytes(content)
    await house.add(tmp_path / "lot.xml")
    await house.rest()
    assert await house.one("SELECT count(*) FROM document WHERE parent IS NOT NULL AND state='done'") == len(numbers)


async def notes_of(house: House, *paths: Path) -> list[Any]:
    job, _ = await house.add(*paths)
    await house.rest()
    assert (await house.job(job)).status == "report_ready"
    rows: list[Any] = await house.rows(NOTES)
    return rows


async def test_header_first_is_one_note_a_key(house: House) -> None:
    rows = await notes_of(house, HEADER, ITEMS)
    assert len(rows) == 6 and len({row[1] for row in rows}) == 6


async def test_the_order_of_a_pair_of_lists_does_not_matter(house: House, other_house: House) -> None:
    first = await notes_of(house, HEADER, ITEMS)
    reports = dict(await house.rows("SELECT doc, length(val) FROM report"))
    assert await notes_of(other_house, ITEMS, HEADER) == first
    assert dict(await other_house.rows("SELECT doc, length(val) FROM report")) == reports


@pytest.mark.parametrize("alone", [HEADER, ITEMS], ids=["header", "items"])
async def test_a_half_without_its_counterpart_says_so_as_information(house: House, alone: Path) -> None:
    rows = await notes_of(house, alone)
    assert len(rows) == 6
    found = await house.rows("SELECT DISTINCT severity, code FROM finding JOIN document USING(tenant, doc) WHERE parent IS NOT NULL AND severity='INFO'")
    assert found, "nobody is told that the other half is missing"
    assert not await house.rows("SELECT id FROM half")


async def test_an_interrupted_opening_is_taken_up_again_and_counts_nothing_twice(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = zipped(tmp_path / "many.zip", {f"{number:03}.xml": note(number) for number in range(1, 21)})
    contents = opening.contents

    async def dying(*arguments: Any) -> Any:
        taken = 0
        async for inside in contents(*arguments):
            if taken == 7:
                raise KeyError("the process dies here")
            taken += 1
            yield inside

    monkeypatch.setattr(opening, "contents", dying)
    job = await house.intake.open_job(Request(tenant="default"))
    with pytest.raises(KeyError):
        await house.take(job, path)
    assert (await house.job(job)).total == 8
    monkeypatch.setattr(opening, "contents", contents)
    assert await house.intake.recover() == 1
    await house.rest()
    ended = await house.job(job)
    assert (ended.status, ended.total, ended.finished) == ("report_ready", 21, 21)
    assert await house.one("SELECT members FROM document WHERE parent IS NULL") == 20
    assert house.store.counters["pipeline.finalized"] == 21


@pytest.mark.parametrize("after", range(1, 6))
async def test_an_interrupted_opening_of_nested_archives_is_taken_up_again(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, after: int
) -> None:
    inner = zipped(tmp_path / "b.zip", {"two.xml": note(2), "three.xml": note(3)}).read_bytes()
    outer = zipped(tmp_path / "a.zip", {"one.xml": note(1), "b.zip": inner, "four.xml": note(4)})
    contents = opening.contents

    async def dying(*arguments: Any) -> Any:
        taken = 0
        async for inside in contents(*arguments):
            if taken == after:
                raise KeyError("the process dies here")
            taken += 1
            yield inside
        raise KeyError("or here")

    monkeypatch.setattr(opening, "contents", dying)
    job = await house.intake.open_job(Request(tenant="default"))
    with pytest.raises(KeyError):
        await house.take(job, outer)
    monkeypatch.setattr(opening, "contents", contents)
    assert await house.intake.recover() == 1
    await house.rest()
    rows = dict(await house.rows("SELECT name, members FROM document"))
    assert {name: members for name, members in rows.items() if members} == {"a.zip": 3, "a.zip!b.zip": 2}
    ended = await house.job(job)
    assert (len(rows), ended.total, ended.finished, ended.status) == (6, 6, 6, "report_ready")


@pytest.mark.quiet
@pytest.mark.parametrize(("name", "head"), [("long.xml", b"<nfeProc>"), ("long.csv", b"chave;valor\n"), ("quoted.csv", b'chave;valor\n"')])
async def test_a_line_of_a_hundred_megabytes_holds_the_loop_for_no_longer_than_a_small_file(house: House, tmp_path: Path, name: str, head: bytes) -> None:
    path = tmp_path / name
    path.write_bytes(head + b"A" * 100_000_000)
    longest = 0.0

    async def tick() -> None:
        nonlocal longest
        while True:
            before = time.perf_counter()
            await asyncio.sleep(0.005)
            longest = max(longest, time.perf_counter() - before - 0.005)

    ticker = asyncio.ensure_future(tick())
    await house.add(path)
    await house.rest()
    ticker.cancel()
    [(state, code)] = await house.rows("SELECT state, error_code FROM document")
    assert (state, code) == ("unreadable", "too_large" if name.endswith("xml") else "line_size")
    assert await house.one("SELECT count(*) FROM report") == 1
    assert longest < 0.25, f"the loop stood still for {longest * 1000:.0f} ms"
