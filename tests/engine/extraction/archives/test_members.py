"""What an archive gives out, and what it does not."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.extraction.archives.directory import is_zip
from engine.extraction.archives.limits import LIMITS, Limits
from engine.extraction.archives.members import Member, members
from engine.extraction.archives.refusal import MESSAGES, Refusal, english

XML = b"<NFe/>"


def archive(*entries: tuple[str, bytes]) -> bytes:
    """A ZIP of these entries, deflated."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as writer:
        for name, content in entries:
            writer.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return file.getvalue()


def opened(content: bytes, limits: Limits = LIMITS) -> list[Member | Refusal]:
    return list(members(io.BytesIO(content), name="lote.zip", limits=limits))


def labels(results: Iterable[Member | Refusal]) -> list[str]:
    return [result.label for result in results]


def refusals(results: Iterable[Member | Refusal]) -> list[tuple[str, bool]]:
    return [(result.code, result.whole) for result in results if isinstance(result, Refusal)]


def patched(content: bytes, signature: bytes, offset: int, value: bytes) -> bytes:
    """The archive with bytes changed at an offset of its first record with that signature."""
    at = content.index(signature) + offset
    return content[:at] + value + content[at + len(value) :]


def test_members_come_in_order_with_their_bytes() -> None:
    assert opened(archive(("a.xml", XML), ("pasta/b.xml", b"2"))) == [
        Member(label="lote.zip!a.xml", content=XML),
        Member(label="lote.zip!pasta/b.xml", content=b"2"),
    ]


def test_a_path_is_read_as_well_as_a_file(tmp_path: Path) -> None:
    path = tmp_path / "lote.zip"
    path.write_bytes(archive(("a.xml", XML)))
    assert labels(members(path, name="lote.zip")) == ["lote.zip!a.xml"]
    assert refusals(members(tmp_path / "none.zip", name="none.zip")) == [("absent", True)]


def test_archives_inside_are_opened_and_say_where() -> None:
    content = archive(("a.xml", XML), ("interno.zip", archive(("b.xml", XML), ("mais.zip", archive(("c.xml", XML))))))
    assert labels(opened(content)) == [
        "lote.zip!a.xml",
        "lote.zip!interno.zip",
        "lote.zip!interno.zip!b.xml",
        "lote.zip!interno.zip!mais.zip",
        "lote.zip!interno.zip!mais.zip!c.xml",
    ]
    marked = [(result.archive, is_zip(result.content)) for result in opened(content) if isinstance(result, Member)]
    assert marked == [(False, False), (True, True), (False, False), (True, True), (False, False)]


def test_an_archive_is_known_by_content_and_a_sheet_is_not_opened() -> None:
    sheet = archive(("[Content_Types].xml", b"<Types/>"), ("xl/workbook.xml", b"<workbook/>"))
    results = opened(archive(("disfarce.xml", archive(("a.xml", XML))), ("tabela.xlsx", sheet)))
    assert labels(results) == ["lote.zip!disfarce.xml", "lote.zip!disfarce.xml!a.xml", "lote.zip!tabela.xlsx"]


def test_too_deep_is_refused_and_its_neighbours_are_not() -> None:
    content = archive(("a.xml", XML))
    for _ in range(4):
        content = archive(("n.zip", content), ("vizinho.xml", XML))
    results = opened(content)
    assert refusals(results) == [("depth", False)]
    assert labels(results).count("lote.zip!vizinho.xml") == 1
    assert [result.label.count("!") for result in results] == [1, 2, 3, 3, 2, 1]


@pytest.mark.parametrize("name", ["../../fora.xml", "/etc/cron.d/x", "C:\\windows\\x.xml"])
def test_a_name_is_a_label_and_nothing_is_written(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert labels(opened(archive((name, XML)))) == [f"lote.zip!{name}"]
    assert list(tmp_path.iterdir()) == []


def test_a_name_cannot_deceive_a_terminal() -> None:
    label = labels(opened(archive(("a\x1b[2J\u202elmx.exe" + "x" * 500, XML))))[0]
    assert "\x1b" not in label
    assert "\u202e" not in label
    assert len(label) < 320


def test_names_from_the_windows_of_brazil_keep_their_accents() -> None:
    content = archive(("nota_a__o.xml", XML)).replace(b"nota_a__o", "nota_ação".encode("cp850"))
    assert labels(opened(content)) == ["lote.zip!nota_ação.xml"]


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_name_that_comes_again_is_counted() -> None:
    assert labels(opened(archive(("a.xml", XML), ("a.xml", b"2")))) == ["lote.zip!a.xml", "lote.zip!a.xml#2"]


def test_folders_and_what_the_finder_adds_are_no_documents() -> None:
    assert labels(opened(archive(("pasta/", b""), ("__MACOSX/._a.xml", b"x"), ("a.xml", b"")))) == ["lote.zip!a.xml"]


def test_a_bomb_is_refused_before_its_first_member() -> None:
    assert refusals(opened(archive(("nota.xml", XML), ("../../a.xml", bytes(20_000_000))))) == [("ratio", True)]
    assert len(opened(archive(("nota.xml", XML), ("a.xml", bytes(20_000_000))))) == 1


def test_a_bomb_that_lies_about_its_size_is_stopped_while_inflating() -> None:
    """The directory claims 100 bytes; zipfile believes it, and the check sum does not."""
    content = archive(("a.xml", bytes(20_000_000)))
    lying = patched(content, b"PK\x01\x02", 24, struct.pack("<L", 100))
    assert refusals(opened(lying)) == [("damaged", False)]


def test_a_compressed_size_that_lies_to_hide_the_ratio_is_damage() -> None:
    content = archive(("a.xml", bytes(20_000_000)))
    lying = patched(content, b"PK\x01\x02", 20, struct.pack("<L", 1_000_000))
    assert refusals(opened(lying)) == [("damaged", False)]


def test_entries_that_share_their_bytes_are_weighed_against_the_file() -> None:
    """Entries that all point at one compressed kernel, each of them below the ratio."""
    kernel = zlib.compressobj(9, zlib.DEFLATED, -15)
    plain = (bytes(range(256)) * 4 + bytes(20_000)) * 40
    packed = kernel.compress(plain) + kernel.flush()
    name = b"a.xml"
    local = struct.pack(
        "<4sHHHHHLLLHH", b"PK\x03\x04", 20, 0, 8, 0, 0, zlib.crc32(plain), len(packed), len(plain), len(name), 0
    )
    entry = struct.pack(
        "<4sHHHHHHLLLHHHHHLL",
        *(b"PK\x01\x02", 20, 20, 0, 8, 0, 0, zlib.crc32(plain), len(packed), len(plain), len(name), 0, 0, 0, 0, 0, 0),
    )
    count = 300
    body = local + name + packed
    directory = (entry + name) * count
    end = struct.pack("<4sHHHHLLH", b"PK\x05\x06", 0, 0, count, count, len(directory), len(body), 0)
    results = opened(body + directory + end)
    assert results[-1] == next(result for result in results if isinstance(result, Refusal) and result.whole)
    assert sum(len(result.content) for result in results if isinstance(result, Member)) < 200 * 100_000


def test_limits_are_of_the_whole_container_however_it_is_nested() -> None:
    inner = archive(*((f"{n}.xml", b"x" * 500) for n in range(5)))
    content = archive(("1.zip", inner), ("2.zip", inner))
    assert refusals(opened(content, Limits(entries=11))) == [("entries", True)]
    assert refusals(opened(content, Limits(entries=12))) == []
    assert refusals(opened(content, Limits(total=5_000))) == [("total_size", True)]


def test_a_member_too_large_is_refused_alone() -> None:
    results = opened(archive(("a.xml", b"x" * 2_000), ("b.xml", XML)), Limits(member=1_000))
    assert refusals(results) == [("member_size", False)]
    assert labels(results) == ["lote.zip!a.xml", "lote.zip!b.xml"]


def test_twenty_thousand_entries_are_refused_and_a_longer_directory_is_not_even_read() -> None:
    content = archive(*((f"f{n}.xml", b"") for n in range(3_000)))
    assert refusals(opened(content)) == [("entries", True)]
    assert refusals(opened(content, Limits(entries=10_000, directory=1_000))) == [("entries", True)]


def test_encrypted_linked_and_oddly_packed_entries_are_refused_alone() -> None:
    encrypted = archive(("a.xml", XML), ("b.xml", XML))
    encrypted = patched(patched(encrypted, b"PK\x01\x02", 8, b"\1\0"), b"PK\x03\x04", 6, b"\1\0")
    assert refusals(opened(encrypted)) == [("encrypted", False)]
    assert len(opened(encrypted)) == 2
    link = zipfile.ZipInfo("atalho.xml")
    link.external_attr = 0o120777 << 16
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as writer:
        writer.writestr(link, b"/etc/passwd")
        writer.writestr(zipfile.ZipInfo("b.bz2.xml"), XML, zipfile.ZIP_BZIP2)
    assert refusals(opened(file.getvalue())) == [("symlink", False), ("method", False)]


def test_an_entry_without_a_name_is_a_member_like_others() -> None:
    content = archive(("a.xml", XML), ("b.xml", XML))
    nameless = patched(patched(content, b"a.xml", 0, b"\0"), b"PK\x01\x02", 46, b"\0")
    assert len(opened(nameless)) == 2


def test_damage_is_said_of_the_member_or_of_the_whole() -> None:
    content = archive(("a.xml", b"abcdefgh" * 10), ("b.xml", XML))
    assert refusals(opened(patched(content, b"PK\x01\x02", 16, b"\0\0\0\0"))) == [("damaged", False)]
    assert refusals(opened(content[:-30])) == [("damaged", True)]
    assert refusals(opened(b"")) == [("damaged", True)]
    assert refusals(opened(archive(("n.zip", content[:-30])))) == [("damaged", False)]


@given(st.binary(max_size=300), st.integers(0, 400), st.binary(min_size=1, max_size=4))
def test_no_damage_raises(tail: bytes, at: int, change: bytes) -> None:
    content = archive(("a.xml", XML * 20), ("n.zip", archive(("b.xml", XML))))
    damaged = content[:at] + change + content[at + len(change) :] + tail
    for result in opened(damaged):
        assert isinstance(result, Member) or english(result)


def test_every_refusal_has_both_languages() -> None:
    for portuguese, text in MESSAGES.values():
        assert portuguese != text


def test_the_hostile_archives_have_typed_results(samples: Path) -> None:
    found = {
        path.name.partition("_")[2]: refusals(members(path, name=path.name))
        for path in sorted((samples / "hostile" / "zip").iterdir())
    }
    assert found == {
        "ratio_bomb_300MB.zip": [("ratio", True)],
        "traversal.zip": [],
        "nested12.zip": [("depth", False)],
        "nested_bomb_10GB.zip": [("ratio", True)],
        "many_20k.zip": [("entries", True)],
        "truncated.zip": [("damaged", True)],
        "absolute.zip": [],
        "lying_size.zip": [("damaged", False)],
        "cp437_name.zip": [],
    }
    bomb = samples / "fiscal" / "invalid" / "zip_bomb_min.zip"
    assert [result.whole for result in members(bomb, name="b.zip") if isinstance(result, Refusal)] == [True]


def test_the_real_lot_has_its_fourteen_documents(samples: Path) -> None:
    found = labels(members(samples / "fiscal" / "zip" / "lote_12_docs_mais_zip_interno.zip", name="lote.zip"))
    assert found.count("lote.zip!interno.zip") == 1
    assert len(found) == 14 + 1
    assert found[-2:] == ["lote.zip!interno.zip!dup/igual.xml", "lote.zip!interno.zip!dup/igual2.xml"]
