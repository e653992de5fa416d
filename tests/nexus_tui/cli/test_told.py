"""What commands tell: one name for one thing in every object, and figures and times as the reader writes them in every table."""

from __future__ import annotations

import csv
import json
import re
import shutil
import zipfile
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from nexus_tui.cli import output
from nexus_tui.cli.results import file_stem
from nexus_tui.demo import demo_files
from tests.nexus_tui.cli.conftest import NOTE, Call
from tests.nexus_tui.cli.running import Nexus
from tests.nexus_tui.cli.test_commands import EVENT

Worked = tuple[Nexus, list[dict[str, Any]]]

# One name for one thing


def test_a_listed_document_says_what_its_own_object_says_under_the_same_names(call: Call, worked: Worked) -> None:
    nexus, objects = worked
    whole = {value["docId"]: value for value in objects}
    rows = call(nexus, "docs", "ls", "--json").objects
    assert rows
    for row in rows:
        value = whole[row["docId"]]
        same = {"docId", "traceId", "family", "total", "state", "status"} | (
            {"members"} if "members" in value else set()
        )
        assert {name: row[name] for name in same} == {name: value[name] for name in same}
        assert row["file"] == call(nexus, "docs", "show", row["docId"], "--json").object["file"]
        assert value["file"].endswith(row["file"].rpartition("!")[2])
        severities = [finding["severity"] for finding in value["findings"]]
        assert (row["errors"], row["alerts"]) == (severities.count("ERRO"), severities.count("ALERTA"))
        assert row["addedAt"] <= row["finishedAt"]
        own = {
            "tenantId",
            "errors",
            "alerts",
            "stage",
            "attempt",
            "maxAttempts",
            "retryAt",
            "addedAt",
            "finishedAt",
            "seq",
        }
        assert set(row) == same | own | {"file"}


def test_a_hit_and_a_row_are_named_alike(call: Call, worked: Worked) -> None:
    nexus, _ = worked
    [hit] = call(nexus, "search", "state:done", "--limit", "1", "--json").objects
    [row] = call(nexus, "docs", "ls", f"doc:{hit['docId']}", "--json").objects
    assert (hit["docId"], hit["file"]) == (row["docId"], row["file"])


def test_a_job_is_named_alike_wherever_it_is_told(call: Call, worked: Worked) -> None:
    nexus, _ = worked
    [row] = call(nexus, "jobs", "ls", "--json").objects
    shown = call(nexus, "jobs", "show", row["jobId"], "--json").object
    assert set(row) - set(shown) == {"source", "open"}
    assert {name: shown[name] for name in row if name in shown} == {
        name: value for name, value in row.items() if name in shown
    }


#: Names that objects once had for what has another name elsewhere.
OLD = {"doc_id", "trace_id", "name", "document", "job", "created_ms", "added_ms", "error_class"}


def test_no_object_of_a_document_or_a_job_has_an_old_name(call: Call, nexus: Nexus, data: Path, tmp_path: Path) -> None:
    letter = dead_letter(call, nexus, data, tmp_path)
    shown = call(nexus, "dlq", "show", str(letter["id"]), "--json").object
    told = call(nexus, "add", data / "nfe" / "nfce.xml", "--json").object
    again = call(nexus, "docs", "ls", "--limit", "1", "--json").object
    for value in (letter, shown, told, again, call(nexus, "jobs", "ls", "--limit", "1", "--json").object):
        assert not set(value) & OLD, value
    assert (letter["docId"], letter["traceId"]) == ("f" * 32, "t")
    document = call(nexus, "docs", "ls", "state:done", "--json").object
    assert "jobId" in call(nexus, "reprocess", document["docId"], "--json").object


# Amounts


def test_amounts_are_written_as_the_reader_writes_them(call: Call, worked: Worked) -> None:
    nexus, objects = worked
    value = next(one for one in objects if one["total"] and Decimal(one["total"]) > 10_000 and "members" not in one)
    english = f"{Decimal(value['total']):.2f}"
    portuguese = f"{Decimal(value['total']):,.2f}".translate(str.maketrans(",.", ".,"))
    for arguments in (("docs", "ls", f"doc:{value['docId']}"), ("docs", "show", value["docId"])):
        assert english in call(nexus, *arguments, "--lang", "en").out
        told = call(nexus, *arguments, "--lang", "pt").out
        assert portuguese in told and english not in told
        for language in ("pt", "en"):
            assert call(nexus, *arguments, "--json", "--lang", language).object["total"] == value["total"]


def test_a_table_of_results_has_no_amount_in_the_other_notation(call: Call, nexus: Nexus, data: Path) -> None:
    portuguese = call(nexus, "process", data / "nfe", "--lang", "pt").out
    amounts = re.findall(r"(?<=\s)[0-9.,]+[.,][0-9]{2}(?=[\s,])", portuguese)
    assert len(amounts) > 30
    assert all(re.fullmatch(r"[0-9]{1,3}(\.[0-9]{3})*,[0-9]{2}", amount) for amount in amounts)
    english = call(nexus, "process", data / "nfe", "--lang", "en").out
    assert [amount.replace(".", "").replace(",", ".") for amount in amounts] == re.findall(
        r"(?<=\s)[0-9]+\.[0-9]{2}(?=[\s,])", english
    )


@pytest.mark.parametrize(
    ("value", "english", "portuguese"),
    [
        (None, "", ""), ("", "", ""), ("0", "0.00", "0,00"), ("-1234.5", "-1234.50", "-1.234,50"), ("1234567.891", "1234567.891", "1.234.567,891"),
        (Decimal("12345678901234567890.12"), "12345678901234567890.12", "12.345.678.901.234.567.890,12"), ("1E+3", "1000.00", "1.000,00"), ("2.5000", "2.50", "2,50"),
    ],
)  # fmt: skip
def test_an_amount_loses_no_digit(value: Any, english: str, portuguese: str) -> None:
    assert (output.amount(value, "en"), output.amount(value, "pt")) == (english, portuguese)


# Keys and times


def test_a_keys_end_is_a_local_time_and_a_time_to_live(nexus: Nexus) -> None:
    nexus("kv", "put", "a:ever", "x")
    nexus("kv", "put", "a:soon", "x", "--ttl", "7260")
    zone = {"TZ": "BRT+3"}
    english = nexus("kv", "ls", "a:", env=zone).out.splitlines()
    assert english[0].split() == ["key", "bytes", "expires"]
    assert re.fullmatch(r"a:ever +1 +never", english[2].rstrip())
    assert re.fullmatch(r"a:soon +1 +\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \(in 2 h\)", english[3])
    portuguese = nexus("kv", "ls", "a:", env=zone | {"NEXUS_LANG": "pt"}).out.splitlines()
    assert portuguese[2].endswith("nunca")
    assert re.search(r" \d\d/\d\d/\d{4} \d\d:\d\d:\d\d \(em 2 h\)$", portuguese[3])
    ever, soon = nexus.json("kv", "ls", "a:").objects
    assert ever["expires_ms"] is None
    assert nexus.json("kv", "get", "a:soon").object["expires_ms"] == soon["expires_ms"]
    # Three hours west of Greenwich, whatever the zone of whoever tests.
    from datetime import UTC, datetime, timedelta

    there = datetime.fromtimestamp(soon["expires_ms"] // 1000, UTC) - timedelta(hours=3)
    assert f"{there:%Y-%m-%d %H:%M:%S}" in english[3]


def test_a_job_is_told_in_words_and_local_times(call: Call, worked: Worked) -> None:
    nexus, objects = worked
    job = objects[0]["traceId"]
    told = call(nexus, "jobs", "show", job, "--lang", "pt").out
    assert "{" not in told and "None" not in told
    assert re.search(r"^criado +\d\d/\d\d/\d{4} \d\d:\d\d:\d\d$", told, re.MULTILINE)
    assert re.search(rf"^terminados +{len(objects)}$", told, re.MULTILINE)


def test_a_queue_is_told_in_words(call: Call, nexus: Nexus) -> None:
    call(nexus, "init")
    told = call(nexus, "queues", "show", "audit", "--lang", "pt").out
    assert re.search(r"^paused +não$", told, re.MULTILINE)
    assert "False" not in told and "None" not in told


# Dead letters


def dead_letter(
    call: Call, nexus: Nexus, data: Path, tmp_path: Path, rows: Sequence[dict[str, str]] = (), **payload: Any
) -> dict[str, Any]:
    """A dead letter: an event about a document that is not there."""
    file = tmp_path / "event.json"
    text = json.dumps(EVENT | {"payload": EVENT["payload"] | payload | {"data": rows}})
    file.write_text(text.replace('"1.10"', "1.10"), encoding="utf-8")
    call(nexus, "queues", "set", "parse", "backoff_ms=1", "backoff_max_ms=1")
    call(nexus, "enqueue", "evt.doc.ingested", "--file", file)
    for _ in range(20):
        call(nexus, "process", data / "nfe" / NOTE, "--json")
        if letters := call(nexus, "dlq", "ls", "--json").objects:
            break
    letter: dict[str, Any] = letters[0]
    return letter


def test_a_dead_letter_is_told_in_readable_lines(call: Call, nexus: Nexus, data: Path, tmp_path: Path) -> None:
    letter = dead_letter(
        call, nexus, data, tmp_path, name="a\x1b[31mb\u202e.xml", text="ação", rows=[{"total": "1.10"}]
    )
    told = call(nexus, "dlq", "show", str(letter["id"]), "--lang", "pt").out
    facts, history, event = told.split("\n\n")
    assert re.search(r"^rastro +t$", facts, re.MULTILINE)
    assert re.search(r"^criado +\d\d/\d\d/\d{4} \d\d:\d\d:\d\d$", facts, re.MULTILINE)
    assert re.search(rf"^erro +{re.escape(letter['error']['code'])}: ", facts, re.MULTILINE)
    assert len(history.splitlines()) == 2 + letter["attempts"]
    assert all(re.match(r"\d\d/\d\d/\d{4} \d\d:\d\d:\d\d  ", line) for line in history.splitlines()[2:])
    assert '\n  "name": "evt.doc.ingested"' in event and "ação" in event
    assert json.loads(event)["payload"]["docId"] == "f" * 32
    assert not re.search(r"\{'|None|\(\{|[\x00-\x09\x0b-\x1f\u202e]", told)
    printed = call(nexus, "dlq", "show", str(letter["id"]), "--json")
    assert '"total":1.10' in printed.out and '"total": 1.10' in event, "the digits are the event's"
    shown = printed.object
    assert set(shown["error"]) == {"code", "message"}
    assert [set(one) for one in shown["history"]] == [{"at", "error"}] * letter["attempts"]
    assert shown["event"]["payload"]["name"] == "a\x1b[31mb\u202e.xml"


# Files


def test_no_hostile_name_reaches_the_folder_of_reports(nexus: Nexus, tmp_path: Path, data: Path) -> None:
    note = (data / "nfe" / NOTE).read_bytes()
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "a\x1b[31mb\nc\u202e.xml").write_bytes(note)
    shutil.copy(data / "nfe" / "nfce.xml", folder / "\x1b]0;x\x07=1+1.xml")
    with zipfile.ZipFile(folder / "lot.zip", "w") as archive:
        for number, name in enumerate(("../../out.xml", "/abs.xml", "a\x1b[2J.xml", "A.xml", "a.xml")):
            archive.writestr(name, note.replace(b"<nNF>47605<", b"<nNF>%d<" % (50_000 + number)))
    out = tmp_path / "deep" / "out"
    before = {path for path in tmp_path.rglob("*") if out not in path.parents}
    objects = nexus.json("process", folder, "--out", out, "--formats", "json,csv", code=None).objects
    after = {path for path in tmp_path.rglob("*") if out not in path.parents and nexus.directory not in path.parents}
    assert after - before == {nexus.directory, out, out.parent}
    written = sorted(path.name for path in out.iterdir())
    assert all(re.fullmatch(r"[0-9a-f]{32}\.json|documents\.csv", name) for name in written)
    reported = {value["docId"] for value in objects if value["state"] in ("done", "duplicate", "needs_review")}
    assert reported and {f"{doc}.json" for doc in reported} <= set(written)
    content = (out / "documents.csv").read_bytes()
    assert not re.search(rb"[\x00-\x09\x0b\x0c\x0e-\x1f]|\xe2\x80\xae", content)
    with (out / "documents.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["docId"] for row in rows] == [value["docId"] for value in objects]
    assert not any("\n" in cell for row in rows for cell in row.values())


def test_a_stem_is_safe_and_ones_own() -> None:
    ids = ["f" * 32, "F" * 32, "../x", "..", "", "a/b", "a\x1b", "con", "f" * 31, "\udce3"]
    stems = [file_stem(one) for one in ids]
    assert stems[0] == "f" * 32
    assert len({stem.lower() for stem in stems}) == len(ids)
    assert all(re.fullmatch("[0-9a-f]+", stem) for stem in stems)


# Lines


def test_a_document_that_hides_control_characters_is_shown_without(
    call: Call, nexus: Nexus, data: Path, tmp_path: Path
) -> None:
    hostile = tmp_path / "a\x1b[31mb\nc\u202e.xml"
    shutil.copy(data / "nfe" / NOTE, hostile)
    for arguments in (("process", hostile), ("add", hostile), ("docs", "ls")):
        out = call(nexus, *arguments).out
        assert "ab c.xml" in out
        assert "\x1b" not in out
    assert call(nexus, "docs", "ls", "--json").object["file"] == hostile.name
    assert "\x1b" not in call(nexus, "process", tmp_path / "\x1b[2Jnone", code=2).err


def test_the_same_bytes_under_two_paths_are_counted_once(call: Call, nexus: Nexus, data: Path, tmp_path: Path) -> None:
    for name in ("a.xml", "b.xml"):
        (tmp_path / name).write_bytes((data / "nfe" / NOTE).read_bytes())
    rows = call(nexus, "process", tmp_path / "a.xml", tmp_path / "b.xml", "--json").objects
    assert len({row["docId"] for row in rows}) == 1
    assert [row.get("already") for row in rows] == [None, True]
    shown = call(nexus, "process", tmp_path / "a.xml", tmp_path / "b.xml").out
    assert ", total 610.37, debits 787.50, credits 787.50 (" in shown


def test_nothing_but_a_path_that_is_not_there_prints_no_empty_table(call: Call, nexus: Nexus, tmp_path: Path) -> None:
    ended = call(nexus, "process", tmp_path / "none", code=2)
    assert ended.out == "" and "none" in ended.err
    (tmp_path / "empty").mkdir()
    assert "total 0.00, debits 0.00, credits 0.00" in call(nexus, "process", tmp_path / "empty").out


def test_a_note_and_its_row_in_a_list_are_counted_once(call: Call, nexus: Nexus) -> None:
    with demo_files() as folder:
        key = "24240121172344000158550010000226611518005129"
        paths = [folder / f"{key}.xml", folder / "202401_NFs_Cabecalho.csv", folder / "202401_NFs_Itens.csv"]
        objects = call(nexus, "process", *paths, "--json").objects
        told = call(nexus, "process", *paths).out
    same = [value for value in objects if value["accessKey"] == key]
    assert [Decimal(value["total"]) for value in same] == [Decimal("71.20")] * 2
    totals = {
        value["accessKey"]: Decimal(value["total"])
        for value in objects
        if "members" not in value and value["state"] != "duplicate"
    }
    assert f", total {sum(totals.values()):.2f}, " in told


def test_what_is_not_there_has_a_code_in_json_too(call: Call, nexus: Nexus) -> None:
    call(nexus, "init")
    for line in ("jobs show x", "trace show x", "docs show x", "dlq show 9", "kv get x", "queues show x", "docs report x"):
        ended = call(nexus, *line.split(), "--json", code=None)
        assert ended.code in (1, 2) and ended.out == ""
        error = json.loads(ended.err)["error"]
        assert error["code"] == "NX-F17" and line.split()[-1] in error["message"] and error["hint"].startswith("`nexus "), line
