"""The workload of whole documents, small."""

from __future__ import annotations

from pathlib import Path

from benchmarks.workloads import documents


async def test_every_note_ends_with_a_report(tmp_path: Path) -> None:
    """None is refused, none is a duplicate, none is left over."""
    result = await documents.whole(tmp_path, "NORMAL", 5)
    assert result["documents"] == 5
    assert set(result["states"]) <= {"done", "needs_review"}
    assert result["ms_each"] > 0
