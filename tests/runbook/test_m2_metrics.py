"""M2: counters and gauges in Prometheus' text format; a replay does not raise what was finalised."""

from __future__ import annotations

import re
from pathlib import Path

from tests.nexus_tui.cli.conftest import NOTE
from tests.nexus_tui.cli.running import Nexus, until
from tests.runbook.test_l3_serve import serving


def test_the_metrics_tell_what_happened(nexus: Nexus, data: Path) -> None:
    note = (data / "nfe" / NOTE).read_bytes()
    with serving(nexus) as web:
        web.upload(*((f"{number}.xml", note + f"<!-- {number} -->".encode()) for number in range(5)))
        # The same bytes again: acknowledged, and nothing is done twice.
        web.upload(("0.xml", note + b"<!-- 0 -->"))
        until(lambda: "nexus_pipeline_finalized_total 5\n" in web.client.get("/metrics").text)
        text = web.client.get("/metrics").text
        for line in text.splitlines():
            assert re.fullmatch(r'# (HELP|TYPE) nexus_\w+ .+|nexus_\w+(\{\w+="[^"]*"(,\w+="[^"]*")*\})? [0-9.e+-]+', line), line
        names = [line.split()[2] for line in text.splitlines() if line.startswith("# TYPE")]
        assert len(names) == len(set(names))
        assert 'nexus_queue_ready{queue="audit"} 0\n' in text
        assert 'nexus_documents{state="done"} 1\n' in text and 'nexus_documents{state="duplicate"} 4\n' in text
        assert 'nexus_queue_depth{queue="audit"} 0\n' in text
        assert "nexus_locks_held 0\n" in text
        assert float(re.findall(r"(?m)^nexus_database_bytes (\S+)$", text)[0]) >= 4096
