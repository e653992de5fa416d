"""M1: a span a hop, with parents across messages and processes, links from retries, and a waterfall, offline."""

from __future__ import annotations

import signal
from pathlib import Path

from engine.contract import events
from tests.nexus_tui.cli.conftest import NOTE
from tests.nexus_tui.cli.running import Nexus, until

AGENTS = {f"agent.A{number}" for number in (0, 1, 3, 4, 5, 6, 7, 8, 9, 10)}


def test_a_trace_shows_ten_agents_with_their_parents(nexus: Nexus, data: Path) -> None:
    done = nexus.json("process", data / "nfe" / NOTE).object
    hops = nexus.json("trace", "show", done["traceId"]).objects
    assert {hop["span"] for hop in hops} == AGENTS
    ids = {hop["spanId"]: hop for hop in hops}
    assert len(ids) == len(hops)
    assert [hop["span"] for hop in hops if hop["parentId"] is None] == ["agent.A0"]
    for hop in hops:
        if hop["parentId"] is not None:
            sender = ids[hop["parentId"]]
            assert sender["startedAt"] <= hop["startedAt"] and hop["parent"] == sender["span"]
    assert {hop["docId"] for hop in hops} == {None, done["docId"]}
    assert all(hop["state"] == "done" and hop["attempt"] == 1 and hop["tookMs"] >= 0 and hop["linkId"] is None for hop in hops)
    waterfall = nexus("trace", "show", done["traceId"], "--doc", done["docId"]).out
    assert waterfall.count("█") >= len(hops)
    assert nexus("trace", "show", "nothing", code=1).err.startswith("nexus: nothing: no such trace")


def test_parents_hold_where_another_process_goes_on(nexus: Nexus, data: Path) -> None:
    nexus("queues", "pause", "audit")
    added = nexus.json("add", data / "nfe" / NOTE).object
    with nexus.running() as service:
        until(lambda: next(queue for queue in nexus.json("status").object["queues"] if queue["name"] == "audit")["ready"] == 1)
        service.signal(signal.SIGTERM)
        assert service.ended() == 0
    nexus("queues", "resume", "audit")
    with nexus.running():
        until(lambda: nexus.json("docs", "show", added["docId"]).object["state"] == "done")
        until(lambda: {hop["span"] for hop in nexus.json("trace", "show", added["jobId"]).objects} == AGENTS)
    hops = {hop["span"]: hop for hop in nexus.json("trace", "show", added["jobId"]).objects}
    assert hops["agent.A4"]["parentId"] == hops["agent.A3"]["spanId"]
    assert hops["agent.A4"]["waitMs"] > 0


def test_every_attempt_is_a_span_that_links_the_one_before(nexus: Nexus, data: Path) -> None:
    nexus("queues", "set", "parse", "backoff_ms=1", "backoff_max_ms=5")
    added = nexus.json("add", data / "nfe" / NOTE).object
    blob = next(path for path in (nexus.directory / "blobs").glob("??/*") if path.is_file())
    content = blob.read_bytes()
    blob.write_bytes(content[:-1] + b"?")
    with nexus.running():
        [letter] = until(lambda: nexus.json("dlq", "ls").objects)
        until(lambda: len(nexus.json("trace", "show", added["jobId"]).objects) == 1 + events.A1.max_attempts)
        blob.write_bytes(content)
        nexus("dlq", "requeue", str(letter["id"]))
        until(lambda: nexus.json("docs", "show", added["docId"]).object["state"] == "done")
        until(lambda: {hop["span"] for hop in nexus.json("trace", "show", added["jobId"]).objects} == AGENTS)
    attempts = [hop for hop in nexus.json("trace", "show", added["jobId"]).objects if hop["span"] == "agent.A1"]
    assert [hop["state"] for hop in attempts] == ["retried"] * (events.A1.max_attempts - 1) + ["dead", "done"]
    assert [hop["attempt"] for hop in attempts] == [*range(1, events.A1.max_attempts + 1), 1]
    assert [hop["linkId"] for hop in attempts] == [None, *(hop["spanId"] for hop in attempts[:-1])]
    assert len({hop["parentId"] for hop in attempts}) == 1
    told = nexus.json("trace", "logs", "--trace", added["jobId"], "--agent", "A1").objects
    assert [one["event"] for one in told] == ["hop.retried"] * (events.A1.max_attempts - 1) + ["hop.dead"]
    assert told[-1]["level"] == "error" and told[-1]["fields"]["fingerprint"] == letter["fingerprint"]


def test_what_is_older_than_the_telemetry_is_told_from_the_timeline(nexus: Nexus, data: Path) -> None:
    done = nexus.json("process", data / "nfe" / NOTE).object
    for path in nexus.directory.glob("telemetry.db*"):
        path.unlink()
    hops = nexus.json("trace", "show", done["traceId"]).objects
    assert {hop["span"] for hop in hops} == AGENTS
    assert {hop["spanId"] for hop in hops} == {None}
