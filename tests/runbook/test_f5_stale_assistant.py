"""F5: the assistant's knowledge is of an earlier report; it is forgotten and prepared again, and only A9 and A10 run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.nexus_tui.cli.conftest import NOTE
from tests.nexus_tui.cli.running import Nexus, until

RECIPIENT = "57647232000153"


def ask(nexus: Nexus, doc: str) -> dict[str, Any]:
    answer: dict[str, Any] = nexus.json("assistant", "ask", doc, "what is the operation?").object
    return answer


def test_a_rebuild_makes_the_assistant_speak_of_the_changed_report(nexus: Nexus, data: Path) -> None:
    [note] = nexus.json("process", data / "nfe" / NOTE).objects
    doc = note["docId"]
    earlier, first = nexus("kv", "get", f"assistant:{doc}").out.strip(), ask(nexus, doc)
    assert "between third parties" in first["answer"] and not first["stale"]
    with nexus.running():
        # The viewpoint changes, and with it the report; the knowledge of before comes back, as from a copy.
        nexus("companies", "add", RECIPIENT)
        nexus("reprocess", doc)
        until(lambda: ask(nexus, doc)["knowledge"]["preparedAt"] != first["knowledge"]["preparedAt"])
        nexus("kv", "put", f"assistant:{doc}", earlier)
        stale = ask(nexus, doc)
        assert stale["stale"] and stale["knowledge"]["preparedAt"] == first["knowledge"]["preparedAt"]
        assert nexus.json("assistant", "rebuild", doc).object["done"] == 1
        fresh = until(lambda: found if not (found := ask(nexus, doc))["stale"] else None)
        assert fresh["knowledge"]["preparedAt"] > stale["knowledge"]["preparedAt"]
        assert "received by an own company" in fresh["answer"]
        assert fresh["citations"][0]["docId"] == doc
        assert fresh["reportSummary"]["generatedAt"] == nexus.json("docs", "report", doc).object["generatedAt"]
        trace = nexus.json("docs", "show", doc).object["traceId"]
        again = until(lambda: hops if len(hops := rerun(nexus, trace)) == 2 else None)
    assert again == ["agent.A9", "agent.A10"]


def rerun(nexus: Nexus, trace: str) -> list[str]:
    """The hops of a trace that ran again, in order."""
    return [hop["span"] for hop in nexus.json("trace", "show", trace).objects if hop["run"]]


def test_what_has_no_report_is_declined(nexus: Nexus) -> None:
    nexus("init")
    [refused] = nexus.json("assistant", "rebuild", "nothing", code=1).object["refused"]
    assert refused["code"] == "NX-F01"
