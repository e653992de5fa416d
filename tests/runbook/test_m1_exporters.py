"""M1 and S2: telemetry is sent on where that is configured; a receiver that is down costs no document, and nothing is missed."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tests.nexus_tui.cli.conftest import NOTE
from tests.nexus_tui.cli.running import REPOSITORY, Nexus, until
from tests.runbook.receiver import Receiver, receiving
from tests.runbook.test_l3_serve import Web, serving


def spans_of(receiver: Receiver) -> list[Any]:
    """All spans that arrived."""
    found = []
    for body in receiver.taken:
        request = ExportTraceServiceRequest()
        request.ParseFromString(body)
        found += [span for resource in request.resource_spans for scope in resource.scope_spans for span in scope.spans]
    return found


def test_ten_agents_arrive_with_their_parents(nexus: Nexus, data: Path) -> None:
    with receiving() as collector:
        done = nexus.json("process", data / "nfe" / NOTE, env={"OTEL_EXPORTER_URL": collector.address}).object
    spans = spans_of(collector)
    assert {path for path, _, _ in collector.posts} == {"/v1/traces"}
    assert collector.posts[0][1]["content-type"] == "application/x-protobuf"
    assert {span.name for span in spans} == {f"agent.A{number}" for number in (0, 1, 3, 4, 5, 6, 7, 8, 9, 10)}
    assert {span.trace_id.hex() for span in spans} == {done["traceId"].replace("-", "")}
    ids = {span.span_id for span in spans}
    assert len(ids) == len(spans)
    assert [span.name for span in spans if not span.parent_span_id] == ["agent.A0"]
    assert {span.parent_span_id for span in spans if span.parent_span_id} <= ids
    shown = {hop["spanId"]: hop["parentId"] for hop in nexus.json("trace", "show", done["traceId"]).objects}
    assert shown == {span.span_id.hex(): span.parent_span_id.hex() or None for span in spans}
    content = b"".join(collector.taken)
    for private in (done["issuer"]["id"], done["issuer"]["name"], done["accessKey"]):
        assert private.encode() not in content


def test_what_a_receiver_missed_arrives_when_it_is_back_and_the_outage_is_told_once(nexus: Nexus, data: Path) -> None:
    with receiving() as first:
        port = first.port
        nexus.json("process", data / "nfe" / NOTE, env={"OTEL_EXPORTER_URL": first.address})
        before = len(spans_of(first))
    assert before > 0
    notes = sorted(path for path in (data / "nfe").iterdir() if path.name != NOTE)[:4]
    nexus("config", "set", "telemetry.otlp_url", f"http://127.0.0.1:{port}")
    with nexus.running():
        acknowledged = nexus.json("add", *notes).objects
        until(lambda: len(nexus.json("trace", "logs", "document.finished").objects) == 5)
        until(lambda: nexus.json("trace", "logs", "exporter.failed").objects)
        told = nexus.json("trace", "logs", "exporter").objects
        assert [one["event"] for one in told] == ["exporter.failed"]
        assert told[0]["fields"]["code"] == "NX-T03" and told[0]["fields"]["hint"]
        with receiving(port) as second:
            until(lambda: nexus.json("trace", "logs", "exporter.recovered").objects, within_s=40)
            until(lambda: {span.trace_id.hex() for span in spans_of(second)} == {one["jobId"].replace("-", "") for one in acknowledged})
            assert sum(span.name == "agent.A10" for span in spans_of(second)) == len(notes)
    assert [one["event"] for one in nexus.json("trace", "logs", "exporter").objects] == ["exporter.failed", "exporter.recovered"]


@pytest.mark.parametrize("status", [-30, 500, 400])
def test_a_dead_exporter_costs_no_document(nexus: Nexus, data: Path, status: int) -> None:
    with receiving() as collector:
        collector.status = status
        assert nexus.json("process", data / "nfe" / NOTE, env={"OTEL_EXPORTER_URL": collector.address}).object["state"] == "done"
    if status == 400:
        assert [one["event"] for one in nexus.json("trace", "logs", "exporter").objects] == ["exporter.refused"]


def test_the_doctor_tells_how_each_exporter_stands(nexus: Nexus, data: Path) -> None:
    def exporters(**env: str) -> dict[str, dict[str, str]]:
        checks = nexus.json("doctor", env=env, code=None).object["checks"]
        return {one["name"]: one for one in checks if one["name"].startswith("exporter_")}

    assert exporters() == {}
    with receiving() as collector:
        env = {"OTEL_EXPORTER_URL": collector.address}
        nexus("process", data / "nfe" / NOTE, env=env)
        assert exporters(**env)["exporter_otlp"] == {"name": "exporter_otlp", "status": "pass", "observed": "0", "hint": ""}
        collector.status = 503
        nexus("process", data / "nfe" / NOTE, env=env)
        nexus("reprocess", nexus.json("docs", "ls").object["docId"], env=env)
        nexus("process", data / "nfe" / NOTE, env=env)
        found = exporters(**env)["exporter_otlp"]
        assert (found["status"], found["observed"]) == ("warn", "NX-T03 otlp answered 503.") and "tried again by itself" in found["hint"]
        assert "otlp respondeu 503" in nexus("doctor", "--lang", "pt", env=env, code=None).out


def test_a_dead_exporter_is_not_one_commit(nexus: Nexus, data: Path) -> None:
    """Counted by the writer itself; what the readiness commits every 5 seconds is taken off, by the version of its key."""

    def commits(web: Web) -> tuple[int, int]:
        counted = int(re.findall(r"(?m)^nexus_commit_seconds_count (\d+)$", web.client.get("/metrics").text)[0])
        return counted, nexus.json("kv", "get", "readyz:heartbeat", "--namespace", "local").object["version"]

    with receiving() as collector:
        collector.status = 500
        with serving(nexus, OTEL_EXPORTER_URL=collector.address) as web:
            web.upload(("a.xml", (data / "nfe" / NOTE).read_bytes()))
            until(lambda: nexus.json("trace", "logs", "exporter.failed").objects)
            until(lambda: [one["state"] for one in nexus.json("docs", "ls").objects] == ["done"])
            before, asked = commits(web), collector.asked
            until(lambda: collector.asked > asked, within_s=30)
            after = commits(web)
    # A heartbeat may fall between the two figures.
    assert abs((after[0] - before[0]) - (after[1] - before[1])) <= 1
    assert after[1] > before[1], "time has passed"


def test_a_dead_letter_becomes_an_event_and_the_log_goes_to_logflare_without_a_key_anywhere(nexus: Nexus, data: Path) -> None:
    nexus("queues", "set", "parse", "backoff_ms=1", "backoff_max_ms=5")
    added = nexus.json("add", data / "nfe" / NOTE).object
    blob = next(path for path in (nexus.directory / "blobs").glob("??/*") if path.is_file())
    blob.write_bytes(blob.read_bytes()[:-1] + b"?")
    with receiving() as sentry, receiving() as logflare:
        nexus("config", "set", "telemetry.logflare_source", "a-source")
        secrets = {
            "SENTRY_DSN": f"http://canarykey0123456789@127.0.0.1:{sentry.port}/42", "LOGFLARE_API_KEY": "canary-logflare-0123456789",
            "LOGFLARE_API_URL": logflare.address,
        }  # fmt: skip
        nexus("process", data / "nfe" / "nfce.xml", env=secrets, code=None)
        until(lambda: nexus.json("dlq", "ls").objects)
    [(path, headers, body)] = sentry.posts
    assert path == "/api/42/envelope/" and "sentry_key=canarykey0123456789" in headers["x-sentry-auth"]
    event = json.loads(body.splitlines()[2])
    [letter] = nexus.json("dlq", "ls").objects
    assert event["fingerprint"] == [letter["fingerprint"]]
    assert event["tags"]["docId"] == added["docId"] and event["tags"]["traceId"] == added["jobId"]
    batches = [json.loads(taken)["batch"] for taken in logflare.taken]
    sent = [record["metadata"]["event"] for batch in batches for record in batch]
    assert "hop.dead" in sent and "document.finished" in sent
    assert {taken[1]["x-api-key"] for taken in logflare.posts} == {"canary-logflare-0123456789"}
    assert {taken[0] for taken in logflare.posts} == {"/api/logs?source=a-source"}
    for file in nexus.directory.rglob("*"):
        if file.is_file():
            assert b"canary" not in file.read_bytes(), file


def test_what_is_configured_wrong_is_told_once_and_the_engine_runs(nexus: Nexus, data: Path) -> None:
    nexus("config", "set", "telemetry.logflare_source", "a-source")
    done = nexus.json("process", data / "nfe" / NOTE, env={"SENTRY_DSN": "http://nothing-of-a-dsn/"}).object
    assert done["state"] == "done"
    told = {one["fields"]["exporter"]: one["fields"]["code"] for one in nexus.json("trace", "logs", "exporter.failed").objects}
    assert told == {"sentry": "NX-T02", "logflare": "NX-C22"}


#: Writes down every address that a process connects to, in whichever of its interpreters.
NOTING = """
import os, socket, sys
def note(event, arguments):
    if event == "socket.connect" and arguments[0].family != socket.AF_UNIX:
        with open(os.environ["NOTED"], "a") as file:
            print(arguments[1], file=file)
sys.addaudithook(note)
"""


def test_nothing_is_connected_to_where_nothing_is_configured(tmp_path: Path, data: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(NOTING)
    noted = tmp_path / "noted"
    noted.touch()
    env = {"PYTHONPATH": f"{tmp_path}{os.pathsep}{REPOSITORY}", "NOTED": str(noted)}
    Nexus(tmp_path / "off").json("process", data / "nfe" / NOTE, env=env)
    assert noted.read_text() == ""
    with receiving() as collector:
        Nexus(tmp_path / "on").json("process", data / "nfe" / NOTE, env={**env, "OTEL_EXPORTER_URL": collector.address})
    assert str(collector.port) in noted.read_text()
