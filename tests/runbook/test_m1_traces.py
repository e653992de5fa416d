"""M1: the hops of a trace, with parents and a waterfall, offline."""

from __future__ import annotations

from pathlib import Path

from tests.nexus_tui.cli.conftest import NOTE
from tests.nexus_tui.cli.running import Nexus


def test_a_trace_shows_ten_agents_with_their_parents(nexus: Nexus, data: Path) -> None:
    done = nexus.json("process", data / "nfe" / NOTE).object
    hops = nexus.json("trace", "show", done["traceId"]).objects
    assert {hop["span"] for hop in hops} == {f"agent.A{number}" for number in (0, 1, 3, 4, 5, 6, 7, 8, 9, 10)}
    spans = {hop["span"] for hop in hops}
    assert all(hop["parent"] in spans for hop in hops if hop["span"] != "agent.A0")
    assert {hop["docId"] for hop in hops} == {None, done["docId"]}
    assert all(hop["state"] == "done" and hop["attempt"] == 1 and hop["tookMs"] >= 0 for hop in hops)
    waterfall = nexus("trace", "show", done["traceId"], "--doc", done["docId"]).out
    assert waterfall.count("█") >= len(hops)
    assert nexus("trace", "show", "nothing", code=1).err.startswith("nexus: nothing: no such trace")
