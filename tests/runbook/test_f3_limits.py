"""F3: attempts and timeouts are as configured, in what the runtime does and in what every face shows."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from pathlib import Path
from typing import Any

from engine.contract.events import A4, A5, EventName
from engine.facade import limits
from engine.facade.configuration import configuration
from engine.runtime.registry import production
from tests.engine.facade.house import house
from tests.nexus_tui.cli.conftest import NOTE
from tests.nexus_tui.cli.running import Nexus, until


def damage(nexus: Nexus, doc: str) -> None:
    sha = nexus.json("docs", "show", doc).object["sha256"]
    blob = nexus.directory / "blobs" / sha[:2] / sha[2:]
    blob.write_bytes(blob.read_bytes()[:-1] + b"?")


def normalized(nexus: Nexus, doc: str) -> Path:
    """The auditor's event by hand: it brings no extraction, so the auditor reads the bytes itself."""
    told = {
        "docId": doc, "tenantId": "default", "source": "api", "kind": "NFE_XML", "name": "nota.xml", "sizeBytes": 1,
        "uploadedAt": "2026-01-31T12:00:00Z", "status": "parsed",
    }  # fmt: skip
    value = {
        "name": EventName.DOC_NORMALIZED, "version": 1, "payload": {"doc": told, "lines": [], "normalizedAt": "2026-01-31T12:00:00Z", "normalizationVersion": "by-hand"},
        "headers": {"traceId": "by-hand", "docId": doc, "idempotencyKey": f"{doc}:normalized", "attempt": 0, "timestamp": "2026-01-31T12:00:00Z"},
    }  # fmt: skip
    path = nexus.directory.parent / "event.json"
    path.write_text(json.dumps(value))
    return path


def listed(nexus: Nexus, doc: str) -> dict[str, Any]:
    [row] = [one for one in nexus.json("docs", "ls").objects if one["docId"] == doc]
    found: dict[str, Any] = row
    return found


def test_the_auditor_tries_as_often_as_is_configured_and_the_list_says_so(nexus: Nexus, data: Path) -> None:
    nexus("config", "set", "agents.a4.max_attempts", "2")
    # Its own way is blocked, so that nothing but the event by hand leads anywhere.
    nexus("queues", "pause", "parse")
    doc = nexus.json("add", data / "nfe" / NOTE).object["docId"]
    nexus("queues", "set", "audit", "backoff_ms=60000", "backoff_max_ms=60000")
    damage(nexus, doc)
    with nexus.running():
        nexus.json("enqueue", "evt.doc.normalized", "--file", normalized(nexus, doc))
        # A setting that counts from the next start on is not shown before it counts.
        nexus("config", "set", "agents.a4.max_attempts", "9")
        waiting = until(lambda: row if (row := listed(nexus, doc))["attempt"] == 1 else None)
        assert waiting["state"] == "retrying" and (waiting["stage"], waiting["maxAttempts"]) == (4, 2)
    nexus("config", "set", "agents.a4.max_attempts", "2")
    nexus("queues", "set", "audit", "backoff_ms=1", "backoff_max_ms=1")
    connection = sqlite3.connect(nexus.directory / "nexus.db")
    connection.execute("UPDATE msg SET due=0 WHERE state=1")
    connection.commit()
    connection.close()
    with nexus.running():
        [letter] = until(lambda: nexus.json("dlq", "ls").objects)
    assert letter["queue"] == "audit" and letter["attempts"] == 2 == len(letter["history"])
    assert letter["error"]["code"].startswith("NX-A02")
    dead = listed(nexus, doc)
    assert (dead["state"], dead["stage"], dead["attempt"], dead["maxAttempts"]) == ("dead_lettered", 4, 2, 2)


def test_what_is_set_back_is_shown_as_the_wire_has_it(nexus: Nexus, data: Path) -> None:
    nexus("config", "set", "agents.a4.max_attempts", "2")
    nexus.json("process", data / "nfe" / NOTE)
    assert [one["key"] for one in nexus.json("kv", "ls", "engine:", "--namespace", "local").objects] == [limits.KEY]
    nexus("config", "set", "agents.a4.max_attempts", str(A4.max_attempts))
    with nexus.running():
        assert nexus.json("kv", "ls", "engine:", "--namespace", "local").objects == []


async def test_an_auditor_without_progress_is_given_up_after_its_own_time(tmp_path: Path, data: Path) -> None:
    (tmp_path / "house").mkdir()
    (tmp_path / "house" / "config.toml").write_text("[agents.a4]\ntimeout_ms = 150\nmax_attempts = 2\n")
    given = configuration(tmp_path / "house", environ={}, live=()).checked().limits()

    async def stuck(event: Any, context: Any) -> Any:
        await asyncio.sleep(60)

    agents = production(given)
    agent = agents[EventName.DOC_NORMALIZED]
    assert (agent.patience, agent.spec.max_attempts) == (0.15, 2)
    assert agents[EventName.AUDIT_DONE].spec == A5
    async with house(tmp_path / "house", data, agents={EventName.DOC_NORMALIZED: stuck}, limits=given) as one:
        await limits.announce(one.store, given)
        await one.engine.queues.change("audit", {"backoff_ms": 1, "backoff_max_ms": 1})
        result = await one.engine.documents.add([data / "nfe" / NOTE])
        assert result.done == 1
        [letter] = await one.until(one.engine.queues.dead)
        assert (letter.queue, letter.attempts, letter.error_class) == ("audit", 2, "NX-A01 AgentTimeout")
        assert {attempt["message"] for attempt in letter.history} == {"auditor made no progress within 150 ms."}
        [row] = (await one.engine.documents.page("", "*", None, 10)).rows
        assert (row.state, row.stage, row.max_attempts) == ("dead_lettered", 4, 2)
