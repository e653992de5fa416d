"""`nexus erase`: nothing of the subject is left on the disk, everybody else's documents stay, and what is out of reach is named."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest

from benchmarks.notes import variants
from store import driver
from tests.nexus_tui.cli.running import Nexus, environment, until

#: Issuer of a note that comes as XML and in both lists; recipient of another, under a name of its own.
ISSUER, ISSUER_NAMES = "21172344000158", (b"J NUNES DISTRIBUIDORA",)
RECIPIENT, RECIPIENT_NAMES = "68161525650", (b"FULANO DOS SANTOS",)
XML = "24240121172344000158550010000226611518005129.xml"


def holding(directory: Path, *sought: bytes) -> list[str]:
    """Files of a folder with any of the bytes in their content or name."""
    return sorted(
        str(path.relative_to(directory))
        for path in directory.rglob("*")
        if path.is_file() and any(one in path.read_bytes() or one in path.name.encode() for one in sought)
    )


def counters(nexus: Nexus) -> tuple[int, int]:
    """Documents as they are counted, and as they are."""
    connection = driver.connect(f"file:{nexus.directory / 'nexus.db'}?mode=ro", uri=True)
    try:
        counted = dict(connection.execute("SELECT name, n FROM counter").fetchall())
        rows = connection.execute("SELECT count(*) FROM document").fetchone()[0]
        by_state = connection.execute("SELECT state, count(*) FROM document GROUP BY state").fetchall()
    finally:
        connection.close()
    assert all(counted[f"state:{state}"] == count for state, count in by_state)
    return counted["documents"], rows


def test_beside_a_running_engine_no_byte_of_the_subject_is_left(nexus: Nexus, data: Path, tmp_path: Path) -> None:
    inbox = tmp_path / "in"
    inbox.mkdir()
    with zipfile.ZipFile(inbox / "lote.zip", "w", zipfile.ZIP_DEFLATED) as packed:
        packed.write(data / "nfe" / XML, XML)
        packed.write(data / "nfe" / "v3.10_Retrato.xml", "outra.xml")
    with nexus.running():
        nexus.json("add", inbox, data / "lists", data / "nfe")
        until(lambda: nexus.json("status").object["counters"].get("pipeline.finalized", 0) >= 28)
        before = {one["docId"]: one for one in nexus.json("docs", "ls").objects}
        theirs = nexus.json("docs", "ls", f"issuer:{ISSUER}").objects
        nexus.json("kv", "put", "note:1", f"call {ISSUER}", "--namespace", "local")
        assert holding(nexus.directory, ISSUER.encode()), "there is something to erase"
        (nexus.directory / "clipboard.txt").write_text("copied of another")

        planned = nexus.json("erase", "--subject", "21.172.344/0001-58", "--dry-run").object
        assert nexus.json("docs", "ls").objects == list(before.values()), "a dry run changes nothing"
        done = nexus.json("erase", "--subject", "21.172.344/0001-58").object
        assert planned["documents"] == done["documents"] > 3 and planned["dryRun"]
        assert done["left"] == done["atWork"] == done["unreached"] == []

        assert holding(nexus.directory, ISSUER.encode(), *ISSUER_NAMES) == []
        wal = nexus.directory / "nexus.db-wal"
        assert not wal.exists() or ISSUER.encode() not in wal.read_bytes()
        after = {one["docId"]: one for one in nexus.json("docs", "ls").objects}
        gone = [before[doc] for doc in before.keys() - after.keys()]
        assert len(gone) == done["documents"]
        # Its notes, and the archive and lists that hold them.
        assert {one["family"] for one in gone} == {"nfe", "zip", "csv"}
        assert {one["docId"] for one in theirs} == {one["docId"] for one in gone if one["family"] == "nfe"}
        neighbour = next(doc for doc, one in after.items() if one["file"].endswith("outra.xml"))
        assert nexus.json("docs", "report", neighbour).object["docId"] == neighbour
        assert nexus.json("search", "NUNES").objects == []
        assert nexus.json("docs", "ls", f"issuer:{ISSUER}").objects == []

        again = nexus.json("erase", "--subject", ISSUER).object
        assert again["documents"] == again["blobs"] == again["keys"] == 0
        assert nexus.json("blobs", "check").object["bad"] == []
        counted, there = counters(nexus)
        assert counted == there == len(after)
        # What was erased may come in again, and is a new document.
        [back] = nexus.json("add", data / "nfe" / XML).objects
        assert "already" not in back


def test_without_an_engine_a_person_who_received_notes_is_erased(nexus: Nexus, data: Path) -> None:
    nexus.json("process", data / "nfe", code=None)
    done = nexus.json("erase", "--subject", "681.615.256-50").object
    assert done["documents"] == 3 and done["left"] == []
    assert holding(nexus.directory, RECIPIENT.encode(), *RECIPIENT_NAMES) == []
    connection = driver.connect(f"file:{nexus.directory / 'nexus.db'}?mode=ro", uri=True)
    [(at, who, documents, blobs)] = connection.execute("SELECT at, who, documents, blobs FROM erasure").fetchall()
    connection.close()
    assert at > 0 and who.endswith(", cli") and documents == 3 and blobs >= 3


def test_an_archive_that_brought_a_known_document_once_more_goes_too(nexus: Nexus, data: Path, tmp_path: Path) -> None:
    nexus.json("process", data / "nfe" / "derivado_assinatura_ok.xml", data / "nfe" / "nfce.xml")
    with zipfile.ZipFile(tmp_path / "later.zip", "w", zipfile.ZIP_DEFLATED) as packed:
        packed.write(data / "nfe" / "derivado_assinatura_ok.xml", "again.xml")
    nexus.json("process", tmp_path / "later.zip")
    assert nexus.json("erase", "--subject", RECIPIENT).object["documents"] == 2
    assert [one["family"] for one in nexus.json("docs", "ls").objects] == ["nfce"]


def test_a_name_that_others_bear_is_no_trace_of_the_subject(nexus: Nexus, data: Path) -> None:
    nexus.json(
        "process", data / "nfe" / "vnf_divergente.xml", data / "nfe" / "derivado_cnpj_alfanumerico_chave_valida.xml"
    )
    done = nexus.json("erase", "--subject", "34128745000152").object
    assert done["documents"] == 1 and done["left"] == []
    assert holding(nexus.directory, b"Alimentos Ltda."), "the other one's documents are whole"


def test_messages_too_large_for_their_row_go_with_the_document(nexus: Nexus, tmp_path: Path) -> None:
    name, content = next((name, content) for name, content in variants(40) if len(content) > 64 * 1024)
    (tmp_path / name).write_bytes(content)
    taken = nexus.json("process", tmp_path / name).object
    assert holding(nexus.directory / "blobs", taken["docId"].encode()), "there are such messages"
    done = nexus.json("erase", "--subject", taken["issuer"]["id"]).object
    assert done["left"] == []
    assert (
        holding(nexus.directory, taken["docId"].encode(), taken["issuer"]["id"].encode(), taken["accessKey"].encode())
        == []
    )


def test_dead_letters_and_the_bin_are_erased_too(nexus: Nexus, data: Path, tmp_path: Path) -> None:
    nexus.json("queues", "set", "parse", "backoff_ms=1", "backoff_max_ms=5")
    inbox = tmp_path / "in"
    inbox.mkdir()
    for name in ("derivado_assinatura_ok.xml", "vnf_divergente.xml"):
        shutil.copy(data / "nfe" / name, inbox / name)
    acknowledged = nexus.json("add", inbox).objects
    for one in acknowledged:
        sha = nexus.json("docs", "show", one["docId"]).object["sha256"]
        blob = nexus.directory / "blobs" / sha[:2] / sha[2:]
        blob.write_bytes(blob.read_bytes()[:-1] + b"?")
    with nexus.running():
        until(lambda: len(nexus.json("dlq", "ls").objects) == 2)
        letters = nexus.json("dlq", "ls").objects
        nexus.json("dlq", "drop", str(letters[0]["id"]))
        # Neither was read, so nothing says yet whose they are, except what the bytes claim.
        done = nexus.json("erase", "--subject", "34128745000152", code=None).object
        assert done["documents"] == 2 and done["messages"] == 2 and done["left"] == []
        assert nexus.json("dlq", "ls").objects == [] and nexus.json("docs", "ls").objects == []
    assert holding(nexus.directory, b"34128745000152") == []


def test_a_document_at_work_is_refused_and_the_rest_goes(nexus: Nexus, data: Path) -> None:
    nexus.json("process", data / "nfe" / "derivado_assinatura_ok.xml")
    nexus.json("queues", "pause", "parse")
    [waiting] = nexus.json("add", data / "nfe" / "vnf_divergente.xml").objects
    refused = nexus.json("erase", "--subject", "34128745000152", code=1).object
    assert refused["documents"] == 1 and refused["atWork"] == [waiting["docId"]]
    assert refused["left"], "and what is left of it is said"
    assert nexus.json("docs", "show", waiting["docId"]).object["state"] == "queued"


def test_what_is_out_of_reach_is_named(nexus: Nexus, data: Path) -> None:
    nexus.json("process", data / "nfe" / "derivado_assinatura_ok.xml")
    saved = nexus.json("backup").object["file"]
    done = nexus.json("erase", "--subject", RECIPIENT).object
    assert done["unreached"] == [saved] and done["left"] == []


def test_other_places_that_speak_of_the_subject_are_told(nexus: Nexus, data: Path) -> None:
    nexus.json("process", data / "nfe" / "derivado_assinatura_ok.xml")
    (nexus.directory / "minuta.txt").write_text(f"CPF {RECIPIENT}")
    ended = nexus.json("erase", "--subject", RECIPIENT, code=1)
    assert [Path(one["file"]).name for one in ended.object["left"]] == ["minuta.txt"]


def test_an_own_company_and_what_is_no_identifier_are_refused(nexus: Nexus, data: Path) -> None:
    nexus.json("companies", "add", "34128745000152")
    nexus.json("process", data / "nfe" / "derivado_assinatura_ok.xml")
    assert "NX-E40" in nexus.json("erase", "--subject", "34128745000152", code=2).err
    assert "NX-E10" in nexus.json("erase", "--subject", "Alimentos", code=2).err
    assert len(nexus.json("docs", "ls").objects) == 1


@pytest.mark.parametrize("dry", [True, False])
def test_it_is_told_in_words_too(nexus: Nexus, data: Path, dry: bool) -> None:
    nexus.json("process", data / "nfe" / "derivado_assinatura_ok.xml")
    told = nexus("erase", "--subject", RECIPIENT, "--lang", "pt", *(("--dry-run",) if dry else ())).out
    assert ("1 documentos seriam apagados" if dry else "1 documentos apagados") in told


#: The program as it is, killed as by `kill -9` before the first file of the subject is destroyed: their rows are gone by then.
KILLED = """
import os, runpy, signal
from store.blobs import Blobs
Blobs.destroy = lambda self, sha: os.kill(os.getpid(), signal.SIGKILL)
runpy.run_module("nexus_tui", run_name="__main__", alter_sys=True)
"""


def packed(directory: Path) -> list[Path]:
    """Archives among the blobs: nobody can search them for a subject."""
    return [path for path in (directory / "blobs").rglob("?" * 62) if path.read_bytes()[:2] == b"PK"]


def test_an_erasure_killed_between_rows_and_files_is_ended_by_the_next(nexus: Nexus, data: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "lote.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(data / "nfe" / XML, XML)
    nexus.json("process", tmp_path / "lote.zip", data / "nfe" / "nfce.xml")
    line = [sys.executable, "-c", KILLED, "erase", "--subject", ISSUER, "--data-dir", str(nexus.directory)]
    killed = subprocess.run(line, env=environment(), capture_output=True, timeout=30, check=False)
    assert killed.returncode == -9, killed.stderr
    assert [one["family"] for one in nexus.json("docs", "ls").objects] == ["nfce"]
    assert packed(nexus.directory) and holding(nexus.directory, ISSUER.encode())
    nexus.json("kv", "put", "erasing:nonsense", "written by somebody", "--namespace", "local")
    done = nexus.json("erase", "--subject", ISSUER).object
    assert done["blobs"] >= 2 and done["left"] == []
    assert packed(nexus.directory) == holding(nexus.directory, ISSUER.encode()) == []
    assert [one["key"] for one in nexus.json("kv", "ls", "erasing:", "--namespace", "local").objects] == ["erasing:nonsense"]
    assert nexus.json("blobs", "check").object["bad"] == []


def test_a_reader_who_does_not_end_is_told_within_seconds_and_holds_nobody_up(nexus: Nexus, data: Path) -> None:
    nexus.json("process", data / "nfe" / XML)
    connection = driver.connect(f"file:{nexus.directory / 'nexus.db'}?mode=ro", uri=True)
    try:
        connection.execute("BEGIN")
        connection.execute("SELECT count(*) FROM document").fetchone()
        began = time.monotonic()
        refused = nexus("erase", "--subject", ISSUER, code=None)
        assert refused.code not in (0, 1) and "another program reads the database" in refused.err
        assert time.monotonic() - began < 20
    finally:
        connection.close()
    assert nexus.json("erase", "--subject", ISSUER).object["left"] == []
    assert holding(nexus.directory, ISSUER.encode()) == []
