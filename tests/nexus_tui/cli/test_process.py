"""`nexus process` and `nexus demo` as real processes: every kind of path, the objects, the table, the files, the exit codes."""

from __future__ import annotations

import csv
import json
import os
import shutil
import zipfile
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.nexus_tui.cli.conftest import NOTE, Call
from tests.nexus_tui.cli.running import Nexus

#: operations.md section 2.
KEYS = {
    "docId", "traceId", "file", "sha256", "kind", "family", "accessKey", "version", "number", "series", "issuedAt", "issuer", "recipient", "total",
    "itemCount", "cfops", "ncms", "role", "operation", "sector", "confidence", "state", "status", "risk", "findings", "ledger", "error",
}  # fmt: skip
LOCAL = {"already", "members", "event", "range"}
FINDING = {"code", "severity", "item", "path", "found", "expected", "message", "legal", "cstat"}


def is_amount(value: Any) -> bool:
    return value is None or (isinstance(value, str) and Decimal(value).is_finite())


def test_every_object_has_the_documented_keys(worked: tuple[Nexus, list[dict[str, Any]]], data: Path) -> None:
    _, objects = worked
    for value in objects:
        assert set(value) - LOCAL == KEYS, value["file"]
        assert set(value["issuer"]) == set(value["recipient"]) == {"id", "name", "uf"}
        assert set(value["ledger"]) == {"debits", "credits", "entries"}
        assert all(set(finding) == FINDING for finding in value["findings"])
        assert is_amount(value["total"])
        assert is_amount(value["ledger"]["debits"])
        assert value["ledger"]["debits"] == value["ledger"]["credits"]
        assert len(value["docId"]) == 32
        assert len(value["sha256"]) == 64
    files = sorted(path.name for path in (data / "nfe").iterdir())
    assert [Path(value["file"]).name for value in objects if "/nfe/" in value["file"]] == files
    families = {Path(value["file"]).name: value["family"] for value in objects}
    assert families["mdfe.xml"] == "mdfe"
    assert families["nfce.xml"] == "nfce"
    event = next(value for value in objects if value["family"] == "event")
    assert set(event["event"]) == {"type", "sequence", "cStat", "target"}
    assert event["event"]["type"] == "110110"
    assert len(next(value for value in objects if value["family"] == "inut")["range"]) == 2


def test_lists_give_an_object_a_note_and_one_a_container(
    worked: tuple[Nexus, list[dict[str, Any]]], data: Path
) -> None:
    _, objects = worked
    lists = [value for value in objects if "/lists/" in value["file"]]
    containers = [value for value in lists if "members" in value]
    notes = [value for value in lists if "members" not in value]
    assert {(value["family"], value["members"]) for value in containers} >= {("csv", 6)}
    assert len(notes) == 6
    assert all("!" in value["file"] for value in notes)
    with (data / "lists" / "202401_NFs_Itens.csv").open(encoding="utf-8", errors="replace", newline="") as file:
        assert sum(value["itemCount"] for value in notes) == sum(1 for _ in csv.reader(file)) - 1


def test_a_pair_of_lists_is_the_same_in_both_orders(call: Call, nexus: Nexus, data: Path, tmp_path: Path) -> None:
    header, items = data / "lists" / "202401_NFs_Cabecalho.csv", data / "lists" / "202401_NFs_Itens.csv"
    one = call(nexus, "process", "--json", header, items).objects
    other = call(Nexus(tmp_path / "other"), "process", "--json", items, header).objects

    def notes(objects: list[dict[str, Any]]) -> dict[str, Any]:
        return {
            value["accessKey"]: (value["total"], value["itemCount"], value["state"], value["ledger"], [finding["code"] for finding in value["findings"]])
            for value in objects if "members" not in value
        }  # fmt: skip

    assert len(notes(one)) == 6
    assert notes(one) == notes(other)


def test_a_hundred_notes_with_all_their_items(call: Call, nexus: Nexus, samples: Path, tmp_path: Path) -> None:
    found = sorted(samples.rglob("202401_NFs_Cabecalho.csv"))
    if not found:
        pytest.skip("no list of a hundred notes among the samples")
    header = found[0]
    for directory, paths in (
        (nexus.directory, (header, header.with_name("202401_NFs_Itens.csv"))),
        (tmp_path / "o", (header.with_name("202401_NFs_Itens.csv"), header)),
    ):
        notes = [
            value for value in call(Nexus(directory), "process", "--json", *paths).objects if "members" not in value
        ]
        assert (len(notes), sum(value["itemCount"] for value in notes)) == (100, 565)


def test_an_archive_gives_its_members_and_itself(call: Call, nexus: Nexus, data: Path, tmp_path: Path) -> None:
    archive = tmp_path / "lote.zip"
    with zipfile.ZipFile(archive, "w") as file:
        file.write(data / "nfe" / NOTE, "a/nota.xml")
        file.write(data / "nfe" / "nfce.xml", "b.xml")
    objects = call(nexus, "process", "--json", archive).objects
    container = next(value for value in objects if value["family"] == "zip")
    assert container["members"] == 2
    members = {value["file"].partition("!")[2]: value for value in objects if "members" not in value}
    assert set(members) == {"a/nota.xml", "b.xml"}
    again = call(nexus, "process", "--json", data / "nfe" / NOTE).object
    assert again["docId"] == members["a/nota.xml"]["docId"]
    assert again["already"] is True


def test_bad_files_have_an_object_and_exit_1(nexus: Nexus, data: Path, tmp_path: Path) -> None:
    folder = tmp_path / "bad"
    folder.mkdir()
    whole = (data / "nfe" / NOTE).read_bytes()
    # Cut off, but of another note: the key of this one would make the whole one its duplicate.
    cut = (data / "nfe" / "nfce.xml").read_bytes()
    contents = {
        "cut.xml": cut[: len(cut) // 2], "empty.xml": b"", "text.txt": b"hello\n", "blob.bin": bytes(range(256)) * 10, "broken.zip": b"PK\x03\x04nonsense",
        "bomb.xml": b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "scan.png": b"\x89PNG\r\n\x1a\n" + bytes(50), "good.xml": whole,
    }  # fmt: skip
    for name, content in contents.items():
        (folder / name).write_bytes(content)
    ended = nexus.json("process", folder, code=1)
    found = {Path(value["file"]).name: value for value in ended.objects}
    assert set(found) == set(contents)
    assert found["good.xml"]["state"] == "done"
    assert found["cut.xml"]["state"] == "unreadable"
    assert found["cut.xml"]["error"]["code"]
    assert found["cut.xml"]["error"]["message"]
    assert found["scan.png"]["state"] == "ocr_needed"
    assert all(value["state"] in ("done", "unreadable", "unsupported", "ocr_needed") for value in found.values())
    table = nexus("process", folder / "cut.xml", code=1)
    assert "cut.xml" in table.out
    assert "unreadable" in table.out


def test_what_is_not_there_or_empty(call: Call, nexus: Nexus, tmp_path: Path, data: Path) -> None:
    missing = tmp_path / "missing.xml"
    told = call(nexus, "process", "--json", missing, code=2).object
    assert told == {
        "docId": None, "file": str(missing), "family": "unknown", "state": "refused", "findings": [],
        "error": {"code": "NX-E11", "message": f"There is no {missing}.", "hint": "Check the path."},
    }  # fmt: skip
    ended = call(nexus, "process", "--json", missing, data / "nfe" / NOTE, code=1)
    assert [value["state"] for value in ended.objects] == ["done", "refused"]
    (tmp_path / "empty").mkdir()
    assert call(nexus, "process", "--json", tmp_path / "empty").out == ""
    assert "0 documents" in call(nexus, "process", tmp_path / "empty").out
    os.mkfifo(tmp_path / "pipe")
    assert call(nexus, "process", "--json", tmp_path / "pipe", code=2).object["error"]["code"] == "NX-E17"


def test_a_folder_that_may_not_be_read_is_named(nexus: Nexus, tmp_path: Path, data: Path) -> None:
    prefix: tuple[str, ...] = ()
    if os.geteuid() == 0:
        if shutil.which("setpriv") is None:
            pytest.skip("needs setpriv: permissions do not bind root")
        prefix = (
            "setpriv",
            "--bounding-set=-dac_override,-dac_read_search",
            "--inh-caps=-dac_override,-dac_read_search",
        )
    closed, shut = tmp_path / "closed", tmp_path / "shut.xml"
    closed.mkdir()
    for path in (closed / "inside.xml", shut, tmp_path / "open.xml"):
        shutil.copy(data / "nfe" / NOTE, path)
    shut.chmod(0)
    closed.chmod(0)
    try:
        ended = nexus("process", closed, shut, tmp_path / "open.xml", "--json", code=1, prefix=prefix)
    finally:
        closed.chmod(0o700)
    states = {Path(value["file"]).name: (value["state"], (value["error"] or {}).get("code")) for value in ended.objects}
    assert states == {"closed": ("refused", "NX-E12"), "shut.xml": ("refused", "NX-E12"), "open.xml": ("done", None)}


def test_an_own_company_changes_the_role(
    call: Call, nexus: Nexus, data: Path, worked: tuple[Nexus, list[dict[str, Any]]]
) -> None:
    note = next(value for value in worked[1] if value["file"].endswith(NOTE))
    assert note["role"] == "third"
    ended = call(nexus, "process", "--json", data / "nfe" / NOTE, "--own", note["issuer"]["id"])
    assert ended.object["role"] == "issued"
    assert call(nexus, "process", data / "nfe" / NOTE, "--own", "123", code=2).err.startswith(
        "nexus: 123: '123' is no valid CNPJ or CPF."
    )
    assert call(nexus, "process", data / "nfe" / NOTE, "--tenant", "*", code=2).out == ""


def test_reports_and_a_table_are_written_and_no_cell_is_a_formula(nexus: Nexus, tmp_path: Path, data: Path) -> None:
    hostile = tmp_path / "=cmd|' calc'!A1.xml"
    shutil.copy(data / "nfe" / NOTE, hostile)
    out = tmp_path / "deep" / "out"
    ended = nexus(
        "process", hostile.name, "--json", "--out", out, "--formats", "json,csv", prefix=("env", "-C", str(tmp_path))
    )
    value = ended.object
    report = json.loads((out / f"{value['docId']}.json").read_text(encoding="utf-8"))
    assert (report["docId"], report["traceId"]) == (value["docId"], value["traceId"])
    with (out / "documents.csv").open(encoding="utf-8", newline="") as file:
        [row] = csv.DictReader(file)
    assert row["docId"] == value["docId"]
    assert row["total"] == value["total"]
    assert row["file"] == f"'{value['file']}"
    assert not any(cell[:1] in "=+-@\t\r" for cell in row.values() if cell)
    assert nexus("process", hostile, "--formats", "pdf", code=2).out == ""
    assert "File exists" in nexus("process", hostile, "--out", hostile, code=2).err


def test_the_table_totals_what_the_objects_say(worked: tuple[Nexus, list[dict[str, Any]]], data: Path) -> None:
    nexus, objects = worked
    documents = [value for value in objects if "members" not in value]
    counted = [value for value in documents if value["total"] and value["state"] != "duplicate"]
    # A note whose file and whose row in a list both came is one note.
    total = sum({value["accessKey"] or value["docId"]: Decimal(value["total"]) for value in counted}.values())
    debits = sum(Decimal(value["ledger"]["debits"]) for value in documents)
    copy = nexus.directory.with_name("copy")
    shutil.copytree(nexus.directory, copy)
    ended = Nexus(copy)("process", data / "nfe", data / "lists")
    errors = sum(finding["severity"] == "ERRO" for value in documents for finding in value["findings"])
    assert (
        f"{len(documents)} documents, {errors} errors, total {total:.2f}, debits {debits}, credits {debits} (debits = credits)"
        in ended.out
    )
    assert "No own company registered" in ended.out
    assert ended.err == ""


def test_a_name_that_is_no_utf_8_is_still_json(nexus: Nexus, tmp_path: Path) -> None:
    ended = nexus.json("process", Path(os.fsdecode(os.fsencode(tmp_path) + b"/n\xe3o.xml")), code=2)
    assert ended.object["state"] == "refused"


def test_a_file_whose_name_is_no_utf_8_is_taken_in(nexus: Nexus, tmp_path: Path, data: Path) -> None:
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/n\xe3o.xml"))
    shutil.copy(data / "nfe" / NOTE, path)
    assert nexus.json("process", path).object["state"] == "done"


def test_a_paused_queue_is_said_before_waiting(nexus: Nexus, data: Path) -> None:
    import subprocess

    from tests.nexus_tui.cli.running import environment

    nexus("queues", "pause", "audit")
    process = subprocess.Popen(
        nexus.line(("process", data / "nfe" / NOTE)), stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment()
    )
    try:
        assert process.stderr is not None
        assert process.stderr.readline() == b"nexus: queues paused: audit\n"
        assert b"nexus queues resume" in process.stderr.readline()
        # The command owns the directory: another one goes through its socket.
        nexus("queues", "resume", "audit")
        assert process.wait(20) == 0
    finally:
        process.kill()
        process.communicate()


def test_the_demonstration_needs_no_data_directory(tmp_path: Path) -> None:
    import subprocess
    import sys

    from tests.nexus_tui.cli.running import environment

    ran = subprocess.run(
        [sys.executable, "-m", "nexus_tui", "demo", "--json"], capture_output=True, timeout=60, check=False,
        env=environment(TMPDIR=str(tmp_path), HOME=str(tmp_path)),
    )  # fmt: skip
    objects = [json.loads(line) for line in ran.stdout.splitlines()]
    assert (ran.returncode, ran.stderr) == (0, b"")
    assert len([value for value in objects if "members" not in value]) == 112
    assert sum("members" not in value and value["state"] == "unreadable" for value in objects) == 1
    assert list(tmp_path.iterdir()) == []


def test_a_file_whose_name_is_no_utf_8_is_taken_in_by_the_engine_that_runs(
    nexus: Nexus, tmp_path: Path, data: Path
) -> None:
    odd = os.fsdecode(os.fsencode(tmp_path) + b"/nota-\xe9.xml")
    shutil.copy(data / "nfe" / NOTE, odd)
    with nexus.running():
        told = nexus.json("process", odd).object
    assert (told["file"], told["state"]) == (f"{tmp_path}/nota-\ufffd.xml", "done")
