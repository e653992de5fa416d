"""M3: the log is searched by trace, agent and level; taxpayers' numbers and secrets are masked; files are for their owner only."""

from __future__ import annotations

import json
import stat
from pathlib import Path

from tests.nexus_tui.cli.conftest import NOTE
from tests.nexus_tui.cli.running import Nexus, until


def test_a_trace_has_exactly_its_own_records(nexus: Nexus, data: Path) -> None:
    first = nexus.json("process", data / "nfe" / NOTE).object
    other = nexus.json("process", *sorted(path for path in (data / "nfe").iterdir() if path.name != NOTE)[:3]).objects
    traces = {one["traceId"] for one in other}
    assert first["traceId"] not in traces
    found = nexus.json("trace", "logs", "--trace", first["traceId"]).objects
    assert {one["traceId"] for one in found} == {first["traceId"]}
    assert [(one["event"], one["agent"], one["docId"]) for one in found] == [("document.finished", "A10", first["docId"])]
    everything = nexus.json("trace", "logs").objects
    assert sum(one["event"] == "document.finished" for one in everything) == 1 + len(other)
    assert nexus.json("trace", "logs", "--agent", "A4").objects == []
    assert nexus.json("trace", "logs", "--level", "error").objects == []
    assert nexus("trace", "logs", "--level", "loud", code=2).err.startswith("nexus: ")


def test_the_file_has_one_object_a_line_and_is_its_owners_only(nexus: Nexus, data: Path) -> None:
    done = nexus.json("process", data / "nfe" / NOTE).object
    log = nexus.directory / "logs" / "nexus.jsonl"
    assert stat.S_IMODE(log.stat().st_mode) == 0o600
    assert stat.S_IMODE(log.parent.stat().st_mode) == 0o700
    assert stat.S_IMODE((nexus.directory / "telemetry.db").stat().st_mode) == 0o600
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    [finished] = [line for line in lines if line["event"] == "document.finished"]
    assert finished["traceId"] == done["traceId"] and finished["level"] == "info"
    assert {"engine.started", "engine.stopped"} <= {line["event"] for line in lines}
    # Neither the taxpayers nor the key, whose digits name one, are anywhere in it.
    told = log.read_text()
    for secret in (done["issuer"]["id"], done["recipient"]["id"], done["accessKey"], done["issuer"]["name"]):
        assert secret not in told
        assert secret.encode() not in (nexus.directory / "telemetry.db").read_bytes()


def test_an_alarm_is_told_once_and_once_more_when_it_is_over(nexus: Nexus, data: Path) -> None:
    nexus("config", "set", "alarms.disk_mb", "1000000000")
    with nexus.running():
        until(lambda: [one["event"] for one in nexus.json("trace", "logs", "alarm").objects] == ["alarm.raised"])
        [raised] = nexus.json("trace", "logs", "--level", "warning").objects
        assert raised["fields"]["code"] == "NX-M03" and raised["fields"]["hint"]
        status = nexus.json("status").object
        assert [one["code"] for one in status["checks"]["alarms"]["alarms"]] == ["NX-M03"]
        nexus("config", "set", "alarms.disk_mb", "1")
        until(lambda: [one["event"] for one in nexus.json("trace", "logs", "alarm").objects] == ["alarm.raised", "alarm.cleared"])


def test_a_damaged_telemetry_is_set_aside_and_costs_no_document(nexus: Nexus, data: Path) -> None:
    nexus("init")
    (nexus.directory / "telemetry.db").write_bytes(b"no database" * 1000)
    done = nexus.json("process", data / "nfe" / NOTE).object
    assert done["state"] == "done"
    assert (nexus.directory / "telemetry.db.unreadable").exists()
    assert len(nexus.json("trace", "logs", "--trace", done["traceId"]).objects) == 1
