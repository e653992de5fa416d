"""M1 and S2: telemetry is sent on where that is configured; a receiver that is down costs no document, and nothing is missed."""

from __future__ import annotations

import json
import os
import sqlite3
from pathlib import Path
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tests.nexus_tui.cli.conftest import NOTE
from tests.nexus_tui.cli.running import REPOSITORY, Nexus, until
from tests.runbook.receiver import Receiver, receiving


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


def test_a_dead_exporter_costs_no_document_and_writes_nothing_beside_its_rows(tmp_path: Path, data: Path) -> None:
    written = []
    for name, status in (("off", None), ("hangs", -30), ("broken", 500), ("refuses", 400)):
        nexus = Nexus(tmp_path / name)
        with receiving() as collector:
            collector.status = status or 200
            done = nexus.json("process", data / "nfe" / NOTE, env={} if status is None else {"OTEL_EXPORTER_URL": collector.address}).object
        assert done["state"] == "done"
        connection = sqlite3.connect(nexus.directory / "nexus.db")
        # Steps and messages are all that a document's commits leave behind; one more or less would show here.
        written.append(connection.execute("SELECT (SELECT count(*) FROM step), (SELECT max(id) FROM msg), (SELECT seq FROM sqlite_sequence WHERE name='msg')").fetchone())
        connection.close()
        if status == 400:
            assert [one["event"] for one in nexus.json("trace", "logs", "exporter").objects] == ["exporter.refused"]
    assert len(set(written)) == 1


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
