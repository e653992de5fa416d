"""Queries on documents: pages both ways, anchors, counts, details in two languages, objects; an owner and a viewer answer alike."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from engine.contract.payloads import AuditReport
from engine.facade.engine import Engine
from engine.facade.views import DocumentRow
from engine.outside import SystemClock
from nexus_tui.appliance import Nobody, ViewerPresence, ViewerReading
from store.viewer import Viewer
from tests.engine.facade.house import NOTE, House, MakeHouse, spread

FOLDER = "nfe"


async def walk(engine: Engine, filter: str, tenant: str, limit: int, *, newest_first: bool) -> list[DocumentRow]:
    rows: list[DocumentRow] = []
    after = None
    while True:
        page = await engine.documents.page(filter, tenant, after, limit, newest_first)
        assert len(page.rows) <= limit
        rows += page.rows
        if not page.more:
            return rows
        after = page.rows[-1].seq


@pytest.fixture
async def full(working: House) -> tuple[House, list[dict[str, Any]]]:
    """A house with every file of the samples folder and the two lists."""
    return working, await working.process(FOLDER, "lists")


async def test_pages_cover_the_list_both_ways_without_gap_or_repeat(full: tuple[House, list[dict[str, Any]]]) -> None:
    house, objects = full
    engine = house.engine
    newest = await walk(engine, "", "*", 4, newest_first=True)
    oldest = await walk(engine, "", "*", 5, newest_first=False)
    assert [row.seq for row in newest] == [row.seq for row in reversed(oldest)]
    assert len(newest) == len({row.doc_id for row in newest}) == len(objects) == await engine.documents.count("", "*")
    assert await engine.documents.ids("", "*") == tuple(row.doc_id for row in oldest)


async def test_anchors_are_the_rows_a_list_jumps_to(full: tuple[House, list[dict[str, Any]]]) -> None:
    engine = full[0].engine
    for newest_first in (True, False):
        rows = await walk(engine, "family:nfe", "*", 100, newest_first=newest_first)
        anchors = await engine.documents.anchors("family:nfe", "*", 3, newest_first)
        assert anchors == tuple(row.seq for row in rows[2::3])


async def test_counts_agree_with_the_list(full: tuple[House, list[dict[str, Any]]]) -> None:
    house, objects = full
    counts = await house.engine.documents.counts("*")
    states = spread(objects, "state")
    assert counts.documents == len(objects)
    assert counts.active == 0
    assert counts.per_minute == len(objects)
    assert counts.need_attention == sum(state in ("needs_review", "ocr_needed", "unreadable", "dead_lettered") for state in states)
    counters = await house.engine.state.counters()
    assert {state: counters[f"state:{state}"] for state in set(states)} == {state: states.count(state) for state in set(states)}


async def test_a_detail_speaks_both_languages_and_an_object_is_the_same_in_either(full: tuple[House, list[dict[str, Any]]]) -> None:
    house, objects = full
    documents = house.engine.documents
    wrong = next(value for value in objects if value["file"].endswith("vnf_divergente.xml"))
    portuguese, english = [await documents.detail(wrong["docId"], language) for language in ("pt", "en")]
    assert portuguese is not None
    assert english is not None
    assert [finding.code for finding in portuguese.findings] == [finding.code for finding in english.findings] == spread(wrong["findings"], "code")
    assert [finding.message for finding in portuguese.findings] != [finding.message for finding in english.findings]
    assert {line.agent for line in english.timeline} >= {"A1", "A3", "A4", "A5", "A6", "A7", "A8", "A9", "A10"}
    assert all(line.state == "done" for line in english.timeline)
    assert english.next_actions == ("reprocess",)
    assert (english.debits_cents, english.entries) == (round(float(wrong["ledger"]["debits"]) * 100), wrong["ledger"]["entries"])
    pt, en = [await documents.object(wrong["docId"], language) for language in ("pt", "en")]
    assert pt is not None
    assert en is not None
    assert pt | {"findings": 0} == en | {"findings": 0}


async def test_what_is_not_there_is_none(working: House) -> None:
    documents = working.engine.documents
    assert await documents.detail("f" * 32, "en") is None
    assert await documents.object("f" * 32, "en") is None
    assert await documents.report("f" * 32) is None
    assert await documents.items("f" * 32) is None
    assert await working.engine.jobs.find("nothing") is None
    assert await working.engine.jobs.value("nothing") is None
    assert await working.engine.jobs.trace("nothing") == ()


async def test_a_report_is_the_wires_audit_report_and_items_have_its_keys(working: House) -> None:
    import msgspec

    [value] = await working.process(f"{FOLDER}/{NOTE}")
    content = await working.engine.documents.report(value["docId"])
    assert content is not None
    report = msgspec.json.decode(content, type=AuditReport, strict=True)
    assert (report.doc_id, report.trace_id) == (value["docId"], value["traceId"])
    rows = await working.engine.documents.items(value["docId"])
    assert rows is not None
    assert len(rows) == value["itemCount"]
    assert {"nfe_id", "produto_cfop", "produto_valor_total"} <= set(rows[0])


async def test_a_job_and_its_value_tell_the_same(working: House) -> None:
    job = await working.add(f"{FOLDER}/{NOTE}", f"{FOLDER}/nfce.xml")
    await working.end(job)
    view = await working.engine.jobs.find(job)
    value = await working.engine.jobs.value(job)
    assert view is not None
    assert value is not None
    assert (view.status, view.total, view.finished, view.failed, view.open) == ("report_ready", 2, 2, 0, False)
    assert value["status"] == view.status
    assert value["docIds"] == list(await working.engine.documents.ids(f"job:{job}", "*"))
    assert (await working.engine.jobs.recent())[0] == view
    assert len(await working.engine.jobs.trace(job)) > 10


async def test_the_same_bytes_again_are_the_object_that_is_there(working: House) -> None:
    [first] = await working.process(f"{FOLDER}/{NOTE}")
    [again] = await working.process(f"{FOLDER}/{NOTE}")
    assert again == first | {"already": True}


async def test_an_owner_and_a_viewer_answer_alike(build: MakeHouse, tmp_path: Path) -> None:
    async with build() as house:
        objects = await house.process(FOLDER, "lists")
        viewer = await Viewer.open(house.directory)
        try:
            reading = ViewerReading(viewer, SystemClock())
            looking = Engine(reading, Nobody(), ViewerPresence(viewer, "viewer"), house.directory)
            asking: tuple[Callable[[Engine], Awaitable[Any]], ...] = (
                lambda engine: engine.documents.count("state:done", "*"),
                lambda engine: engine.documents.anchors("", "*", 2),
                lambda engine: engine.documents.objects(objects[0]["traceId"], "pt"),
                lambda engine: engine.documents.detail(objects[0]["docId"], "en"),
                lambda engine: engine.documents.report(objects[0]["docId"]),
                lambda engine: engine.documents.items(objects[0]["docId"]),
                lambda engine: engine.documents.counts("default"),
                lambda engine: engine.jobs.recent(),
                lambda engine: engine.queues.everyone(),
                lambda engine: engine.state.keys(),
                lambda engine: engine.state.locks(),
                lambda engine: engine.state.counters(),
                lambda engine: engine.search.find("vinho"),
                lambda engine: engine.companies.everyone("default"),
            )
            for ask in asking:
                assert await ask(looking) == await ask(house.engine)
            theirs = await looking.documents.page("", "*", None, 1000)
            assert theirs.rows == (await house.engine.documents.page("", "*", None, 1000)).rows
            assert looking.engine_state() == "viewer"
            assert looking.live() == {}
        finally:
            await viewer.close()


async def test_changes_tell_what_a_face_must_read_again(working: House) -> None:
    engine = working.engine
    before = engine.changes(0).version
    assert engine.changes(before).topics == frozenset()
    await working.process(f"{FOLDER}/{NOTE}")
    changed = engine.changes(before)
    assert changed.version > before
    assert {"documents", "jobs", "queues"} <= changed.topics
    assert engine.changes(changed.version).topics == frozenset()
    await engine.queues.pause("audit")
    assert "queue_settings" in engine.changes(changed.version).topics
