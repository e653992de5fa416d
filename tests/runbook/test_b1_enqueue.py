"""B1: documents run again, by a planner's event or by filters; what is only counted writes nothing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.nexus_tui.cli.running import Nexus


@pytest.fixture
def worked(nexus: Nexus, data: Path) -> list[dict[str, Any]]:
    """The objects of what was processed here."""
    return nexus("process", data / "nfe", "--json", code=None).objects


def dump(nexus: Nexus) -> dict[str, list[Any]]:
    """Every row of every table."""
    from store import driver

    connection = driver.connect(str(nexus.directory / "nexus.db"))
    try:
        names = [
            row[0]
            for row in connection.execute("SELECT name FROM sqlite_master WHERE type='table' ORDER BY name").fetchall()
        ]
        assert {"document", "job", "msg", "lock", "kv", "command", "counter"} <= set(names)
        return {name: connection.execute(f"SELECT * FROM {name}").fetchall() for name in names}
    finally:
        connection.close()


def event(worked: list[dict[str, Any]], tmp_path: Path, count: int = 3, **options: Any) -> Path:
    """A planner's event for some documents, as the contract has it."""
    documents = [
        {
            "docId": one["docId"], "tenantId": "default", "source": "api", "kind": one["kind"], "name": one["file"].rpartition("/")[2],
            "sizeBytes": 1, "uploadedAt": "2026-01-31T12:00:00Z", "status": "parsed",
        }
        for one in worked[:count]
    ]  # fmt: skip
    headers = {
        "traceId": "by-hand", "docId": "by-hand", "idempotencyKey": "by-hand:pipeline", "attempt": 0, "timestamp": "2026-01-31T12:00:00Z",
    }  # fmt: skip
    payload = {"traceId": "by-hand", "tenantId": "default", "documents": documents, "options": options}
    value = {"name": "evt.pipeline.requested", "headers": headers, "payload": payload, "version": 1}
    path = tmp_path / "event.json"
    path.write_text(json.dumps(value))
    return path


def lock(nexus: Nexus, doc: str, owner: str) -> None:
    """A lock that somebody left behind, or whose trace is at work."""
    from store import driver

    connection = driver.connect(str(nexus.directory / "nexus.db"))
    connection.execute(
        "INSERT OR REPLACE INTO lock(name,owner,fence,exp,acquired) VALUES(?,?,9,9999999999999,0)",
        (f"lock:doc:{doc}", owner),
    )
    connection.commit()
    connection.close()


def test_a_dry_run_counts_documents_states_and_locks_and_writes_nothing(
    nexus: Nexus, worked: list[dict[str, Any]], tmp_path: Path
) -> None:
    done = [one for one in worked if one["state"] == "done"]
    lock(nexus, done[0]["docId"], "a trace that is gone")
    before = dump(nexus)
    counted = nexus(
        "enqueue",
        "evt.pipeline.requested",
        "--file",
        event(done, tmp_path, dryRun=True, reprocess=True),
        "--json",
    ).object
    assert counted["done"] == 3 and counted["states"] == {"done": 3} and counted["dryRun"]
    assert counted["locks"] == {"inTheWay": 0, "cleared": 1}
    by_filter = nexus(
        "reprocess", "--kind", "nfe_xml", "--status", "ERRO", "--filter", "state:done", "--dry-run", "--json"
    ).object
    assert by_filter["done"] == sum(one["status"] == "ERRO" and one["kind"] == "NFE_XML" for one in done) > 0
    since = nexus("reprocess", "--since", "2026-01-01", "--tenant", "default", "--dry-run", "--json").object
    assert since["done"] == sum((one["issuedAt"] or "") >= "2026-01-01" for one in worked)
    everything = nexus("reprocess", "--tenant", "default", "--since", "1900", "--dry-run")
    assert (
        "would be reprocessed" in everything.out and "locks to clear" in everything.out and "normal" in everything.out
    )
    assert dump(nexus) == before


def test_an_event_by_hand_runs_its_documents_again_under_a_new_trace_and_clears_a_lock_nobody_works_under(
    nexus: Nexus, worked: list[dict[str, Any]], tmp_path: Path
) -> None:
    done = [one for one in worked if one["state"] == "done"][:3]
    lock(nexus, done[0]["docId"], "a trace that is gone")
    sent = nexus(
        "enqueue",
        "evt.pipeline.requested",
        "--file",
        event(done, tmp_path, reprocess=True, priority="low"),
        "--json",
    ).object
    assert (sent["done"], sent["refused"], sent["priority"]) == (3, [], "low") and sent["job"] not in (
        "by-hand",
        done[0]["traceId"],
    )
    again = nexus("reprocess", done[0]["docId"], "--json", code=1).object
    assert [one["code"] for one in again["refused"]] == ["NX-F02"], "it is at work"
    with nexus.running():
        from tests.nexus_tui.cli.running import until

        until(lambda: nexus.json("jobs", "show", sent["job"]).object["status"] == "report_ready")
    for one in done:
        shown = nexus("docs", "show", one["docId"], "--json").object
        assert shown["traceId"] == sent["job"] and shown["findings"] == one["findings"]
    assert nexus("locks", "ls", "--json").objects == []


def test_a_lock_whose_trace_is_at_work_is_in_the_way_and_stays(
    nexus: Nexus, worked: list[dict[str, Any]], data: Path
) -> None:
    nexus("add", data / "nfe" / "IbsCbs.xml", "--tenant", "other")
    [waiting] = [job for job in nexus("jobs", "ls", "--json").objects if job["tenantId"] == "other"]
    doc = next(one["docId"] for one in worked if one["state"] == "done")
    lock(nexus, doc, waiting["jobId"])
    counted = nexus("reprocess", doc, "--dry-run", "--json").object
    assert counted["locks"] == {"inTheWay": 1, "cleared": 0}
    nexus("reprocess", doc)
    assert [one["owner"] for one in nexus("locks", "ls", "--json").objects] == [waiting["jobId"]]


def test_documents_that_are_not_here_or_of_another_tenant_are_refused_each_by_itself(
    nexus: Nexus, worked: list[dict[str, Any]], tmp_path: Path
) -> None:
    path = event([{**worked[0], "docId": "f" * 32}, worked[1]], tmp_path, reprocess=True)
    told = nexus("enqueue", "evt.pipeline.requested", "--file", path, "--json").object
    assert (told["done"], [one["code"] for one in told["refused"]]) == (1, ["NX-F01"])
    path.write_text(path.read_text().replace('"tenantId": "default"', '"tenantId": "other"'))
    told = nexus("enqueue", "evt.pipeline.requested", "--file", path, "--json", code=1).object
    assert {one["code"] for one in told["refused"]} <= {"NX-F01", "NX-F02", "NX-F03"} and told["done"] == 0
    broken = json.loads(path.read_text())
    broken["payload"]["options"] = {"dryRun": True, "priority": "urgent"}
    path.write_text(json.dumps(broken))
    refused = nexus("enqueue", "evt.pipeline.requested", "--file", path, "--json", code=2).object
    assert [one["code"] for one in refused["refused"]] == ["NX-E14"]
