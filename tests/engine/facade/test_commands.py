"""Commands: what each does, what it declines and why, and that nothing is done by halves."""

from __future__ import annotations

import json
from dataclasses import replace

from engine.agents.registry import AGENTS
from engine.contract.events import EventName
from engine.facade import refusals
from engine.facade.commands import CommandResult
from engine.facade.refusals import DECLINED
from tests.engine.facade.house import NOTE, Gate, House, MakeHouse, broken

FILE = f"nfe/{NOTE}"


def codes(result: CommandResult) -> list[tuple[str, str]]:
    """Who was declined, and why."""
    return [(one.subject, one.code) for one in result.refused]


async def dead(house: House) -> tuple[str, int]:
    """A document whose audit failed for good. Returns it and its dead letter."""
    await house.engine.queues.change("audit", {"backoff_ms": 1, "backoff_max_ms": 1})
    job = await house.add(FILE)
    await house.end(job)
    [letter] = await house.engine.queues.dead()
    assert letter.document is not None
    return letter.document, letter.id


async def state(house: House, doc: str) -> str:
    found: str = (await house.rows("SELECT state FROM document WHERE doc=?", doc))[0][0]
    return found


async def counted_right(house: House) -> None:
    """The counters of queues are what counting says."""
    rows = await house.rows("SELECT 'queue:'||queue||':'||state, count(*) FROM msg GROUP BY queue, state")
    counters = await house.rows("SELECT name, n FROM counter WHERE name LIKE 'queue:%' AND n<>0")
    assert dict(counters) == dict(rows)


async def test_a_dead_letter_tells_the_story_and_goes_back_to_where_it_failed(build: MakeHouse) -> None:
    async with build(agents={EventName.DOC_NORMALIZED: broken}) as house:
        doc, message = await dead(house)
        assert await state(house, doc) == "dead_lettered"
        letter = await house.engine.queues.letter(message)
        assert letter is not None
        assert (letter.queue, letter.attempts, letter.error_class.split()[0]) == ("audit", 5, "NX-A02")
        assert "broken on purpose" in letter.error
        assert len(letter.history) == 5
        body = await house.engine.queues.body(message)
        assert body is not None
        assert json.loads(body)["name"] == "evt.doc.normalized"
        detail = await house.engine.documents.detail(doc, "en")
        assert detail is not None
        assert detail.error is not None
        assert detail.next_actions == ("requeue", "reprocess")
        assert (await house.engine.documents.counts("*")).need_attention == 1
        assert await house.engine.documents.ids("queue:audit", "*") == await house.engine.documents.ids("error:purpose", "*") == (doc,)
    async with build() as mended:
        result = await mended.engine.queues.requeue([message, 999])
        assert (result.done, codes(result)) == (1, [("999", "NX-F07")])
        await mended.until(lambda: mended.engine.documents.count("state:done", "*"))
        assert await mended.engine.queues.dead() == ()
        detail = await mended.engine.documents.detail(doc, "en")
        assert detail is not None
        assert detail.error is None
        assert [line.agent for line in detail.timeline].count("A1") == 1
        await counted_right(mended)


async def test_requeue_by_document_and_from_the_planner(build: MakeHouse) -> None:
    async with build(agents={EventName.DOC_NORMALIZED: broken}) as house:
        doc, message = await dead(house)
        result = await house.engine.documents.requeue(["f" * 32])
        assert codes(result) == [("f" * 32, "NX-F05")]
    async with build() as mended:
        result = await mended.engine.queues.requeue([message], from_start=True)
        assert result.done == 1
        await mended.end(result.data["job"])
        value = await mended.engine.documents.object(doc, "en")
        assert value is not None
        assert (value["state"], value["traceId"], value["error"]) == ("done", result.data["job"], None)
        assert await mended.engine.queues.dead() == ()


async def test_drop_and_take_back_leave_the_dead_letter_as_it_was(build: MakeHouse) -> None:
    async with build(agents={EventName.DOC_NORMALIZED: broken}) as house:
        doc, message = await dead(house)
        before = await house.engine.queues.letter(message)
        queues = house.engine.queues
        dropped = await queues.drop([message, message, 999])
        assert (dropped.done, codes(dropped), dropped.undo) == (1, [("999", "NX-F07")], "undo")
        assert await queues.dead() == ()
        [binned] = await queues.binned()
        assert binned.id == message
        assert codes(await queues.drop([message])) == [(str(message), "NX-F07")]
        assert codes(await queues.requeue([message])) == [(str(message), "NX-F07")]
        back = await queues.restore([message, 999])
        assert (back.done, codes(back)) == (1, [("999", "NX-F08")])
        after = await queues.letter(message)
        assert after is not None
        assert before is not None
        # The wall clock's offset is read anew each time.
        assert replace(after, created_ms=before.created_ms) == before
        assert await queues.binned() == ()
        assert await state(house, doc) == "dead_lettered"
        await counted_right(house)


async def test_only_dead_letters_are_dropped(idle: House) -> None:
    await idle.add(FILE)
    [[message]] = await idle.rows("SELECT id FROM msg")
    result = await idle.engine.queues.drop([message])
    assert codes(result) == [(str(message), "NX-F07")]
    assert await idle.rows("SELECT count(*) FROM msg WHERE binned IS NULL") == [(1,)]


async def test_reprocess_is_a_new_trace_of_the_same_document(working: House) -> None:
    [first] = await working.process(FILE)
    result = await working.engine.documents.reprocess([first["docId"], first["docId"], "f" * 32])
    assert (result.done, codes(result)) == (1, [("f" * 32, "NX-F01")])
    await working.end(result.data["job"])
    value = await working.engine.documents.object(first["docId"], "en")
    assert value is not None
    assert value["traceId"] == result.data["job"] != first["traceId"]
    assert value | {"traceId": 0} == first | {"traceId": 0, "file": value["file"]}
    assert await working.engine.documents.report(first["docId"]) is not None


async def test_what_is_at_work_is_not_reprocessed_and_a_preview_says_so(idle: House) -> None:
    await idle.add(FILE)
    [doc] = await idle.engine.documents.ids("", "*")
    version = idle.engine.changes(0).version
    preview = await idle.engine.documents.reprocessable([doc, "f" * 32])
    assert (preview.done, codes(preview)) == (0, [(doc, "NX-F02"), ("f" * 32, "NX-F01")])
    assert idle.engine.changes(0).version == version
    assert codes(await idle.engine.documents.reprocess([doc])) == [(doc, "NX-F02")]
    assert len(await idle.engine.jobs.recent()) == 1


async def test_cancelling_a_running_document_discards_its_late_result(build: MakeHouse) -> None:
    gate = Gate(AGENTS[EventName.AUDIT_DONE][1])
    async with build(agents={EventName.AUDIT_DONE: gate}) as house:
        job = await house.add(FILE)
        await gate.reached.wait()
        [doc] = await house.engine.documents.ids("", "*")
        # What ran ahead is not written yet: the document still waits in front of the agent before.
        assert (await house.engine.documents.cancel([doc, "f" * 32])).done == 1
        gate.opened.set()
        await house.until(lambda: house.engine.jobs.find(job))
        await house.dispatcher.stop()
        assert await state(house, doc) == "cancelled"
        assert await house.engine.documents.report(doc) is None
        assert await house.engine.state.locks() == ()
        view = await house.engine.jobs.find(job)
        assert view is not None
        assert (view.finished, view.total) == (1, 1)
        assert codes(await house.engine.documents.cancel([doc])) == [(doc, "NX-F04")]
        await counted_right(house)


async def test_cancelling_before_the_planner_ran_holds(idle: House) -> None:
    await idle.add(FILE)
    [doc] = await idle.engine.documents.ids("", "*")
    assert (await idle.engine.documents.cancel([doc])).done == 1
    await idle.dispatcher.start()
    await idle.until(lambda: _nothing_waits(idle))
    await idle.dispatcher.stop()
    assert await state(idle, doc) == "cancelled"


async def _nothing_waits(house: House) -> bool:
    return await house.rows("SELECT count(*) FROM msg WHERE binned IS NULL") == [(0,)]


async def test_a_cancelled_document_can_be_reprocessed(build: MakeHouse) -> None:
    gate = Gate(AGENTS[EventName.AUDIT_DONE][1])
    async with build(agents={EventName.AUDIT_DONE: gate}) as house:
        await house.add(FILE)
        await gate.reached.wait()
        [doc] = await house.engine.documents.ids("", "*")
        await house.engine.documents.cancel([doc])
        gate.opened.set()
        result = await house.engine.documents.reprocess([doc])
        await house.end(result.data["job"])
        assert await state(house, doc) == "done"


async def test_a_purged_queue_can_be_filled_again(build: MakeHouse) -> None:
    async with build() as house:
        await house.engine.queues.pause("audit")
        job = await house.add(FILE, "nfe/nfce.xml")
        await house.until(lambda: _ready(house, "audit", 2))
        result = await house.engine.queues.purge("audit")
        assert (result.done, result.undo) == (2, "undo")
        assert await house.engine.documents.count("state:cancelled", "*") == 2
        await house.end(job)
        assert len(await house.engine.queues.binned("audit")) == 2
        back = await house.engine.queues.restore(result.data["messages"])
        assert (back.done, back.refused) == (2, ())
        assert await house.engine.documents.count("state:active", "*") == 2
        assert len(await house.engine.state.locks()) == 2
        await house.engine.queues.resume("audit")
        await house.end(job)
        assert await house.engine.documents.count("state:done", "*") == 2
        await counted_right(house)


async def _ready(house: House, name: str, count: int) -> bool:
    return any(queue.name == name and queue.ready == count for queue in await house.engine.queues.everyone())


async def test_purging_the_planners_queue_cancels_what_waited_there_and_taking_it_back_revives_it(idle: House) -> None:
    job = await idle.add(FILE, "nfe/nfce.xml")
    result = await idle.engine.queues.purge("ingest")
    assert result.done == 1
    await idle.end(job)
    assert await idle.engine.documents.count("state:cancelled", "*") == 2
    assert (await idle.engine.queues.restore(result.data["messages"])).done == 1
    await idle.dispatcher.start()
    await idle.end(job)
    await idle.dispatcher.stop()
    assert await idle.engine.documents.count("state:done", "*") == 2


async def test_what_was_run_again_since_is_not_taken_back(build: MakeHouse) -> None:
    async with build() as house:
        await house.engine.queues.pause("audit")
        await house.add(FILE)
        await house.until(lambda: _ready(house, "audit", 1))
        purged = await house.engine.queues.purge("audit")
        await house.engine.queues.resume("audit")
        [doc] = await house.engine.documents.ids("", "*")
        again = await house.engine.documents.reprocess([doc])
        await house.end(again.data["job"])
        result = await house.engine.queues.restore(purged.data["messages"])
        assert [one.code for one in result.refused] == ["NX-F13"]
        assert await state(house, doc) == "done"


async def test_queues_change_pause_and_refuse(idle: House) -> None:
    queues = idle.engine.queues
    assert (await queues.change("audit", {"concurrency": 3, "retention_ms": 7_200_000})).done == 1
    assert (await queues.pause("audit")).undo == "undo"
    view = next(one for one in await queues.everyone() if one.name == "audit")
    assert (view.concurrency, view.retention_ms, view.paused) == (3, 7_200_000, True)
    assert (await queues.resume("audit")).undo == "undo"
    assert (await queues.resume("audit")).undo is None, "nothing was changed"
    assert [one.name for one in await queues.everyone()] == [
        "ingest", "parse", "normalize", "audit", "classify", "ledger", "tax", "recon", "report", "observability",
    ]  # fmt: skip
    for queue, settings, code in (
        ("adit", {"paused": 1}, "NX-S22"),
        ("audit", {"colour": 1}, "NX-S19"),
        ("audit", {"batch": -1}, "NX-S19"),
        ("audit", {"batch": 2**40}, "NX-S19"),
        ("audit", {"max_attempts": 2}, "NX-S19"),
        ("audit", {"retention_ms": 2**70}, "NX-E10"),
    ):
        result = await queues.change(queue, settings)
        assert (result.done, codes(result)) == (0, [(queue, code)])
    assert codes(await queues.purge("adit")) == [("adit", "NX-S22")]


async def test_locks_are_released_by_hand_only_when_dead_or_named_twice(build: MakeHouse) -> None:
    gate = Gate(AGENTS[EventName.AUDIT_DONE][1])
    async with build(agents={EventName.AUDIT_DONE: gate}) as house:
        job = await house.add(FILE)
        await gate.reached.wait()
        [lock] = await house.until(house.engine.state.locks)
        assert lock.alive
        assert (lock.owner, lock.expires_ms > lock.acquired_ms) == (job, True)
        assert codes(await house.engine.state.release([lock.name, "lock:doc:nobody"])) == [(lock.name, "NX-F10"), ("lock:doc:nobody", "NX-F09")]
        assert (await house.engine.state.locks())[0] == lock
        assert (await house.engine.state.release([lock.name], force=True)).done == 1
        assert await house.engine.state.locks() == ()
        gate.opened.set()
        await house.end(job)
    async with build(work=False) as quiet:
        from store import locks

        await quiet.store.write(lambda tx: locks.acquire(tx, quiet.store.clock.wall_ms(), "lock:doc:x", "gone", 60_000))
        [stale] = await quiet.engine.state.locks()
        assert not stale.alive
        assert (await quiet.engine.state.release([stale.name])).done == 1


def test_every_reason_has_a_code_of_its_own_and_intakes_words_are_known() -> None:
    assert len(DECLINED) == len({one.reason for one in DECLINED.values()})
    assert [refusals.known(reason) for reason in ("no dead letter", "no such dead letter", "lock held", None)] == [
        refusals.NO_DEAD_LETTER, refusals.NO_SUCH_DEAD_LETTER, refusals.LOCK_HELD, None,
    ]  # fmt: skip
