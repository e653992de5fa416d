"""Every hot statement finds its rows by the index made for it, on an empty database and on a full, analysed one; and its work does not grow.

Statements are not copied here: the functions run, and what they send to SQLite is explained.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from store import bin as dustbin
from store import driver, handover, kv, locks, queues, retention, search, sweep
from store.queues import Draft
from store.records import documents, jobs, results, steps
from store.transaction import Transaction
from tests.store.harness import NOON, Database

STATE = kv.Namespace.STATE
LATER = NOON + 10**10
#: Tables that grow with use. `queue`, `floor` and `counter` have a few rows.
BIG = r"msg|kv|lock|document|step|source|dedup|command|item|finding|job|half|report|ledger|tax|search"


def page_by_state(tx: Transaction) -> Any:
    """As a list of documents is paged through."""
    return tx.rows("SELECT seq FROM document WHERE tenant=? AND state=? AND seq<? ORDER BY seq DESC LIMIT 50", ("default", "done", 10**9))


def complete_one(tx: Transaction) -> None:
    queues.complete(tx, queues.claim(tx, NOON, 2, 1, 1, 1000)[0])


def hand_on_one(tx: Transaction) -> None:
    delivery = queues.claim(tx, NOON, 2, 1, 1, 1000)[0]
    handover.hand_on(tx, NOON, delivery, Draft(queue=2, body=b"{}", trace=delivery.trace, doc=delivery.doc), 2, 1000)


#: What runs, the indexes it must use, and those it may read from end to end because they hold only what is wanted.
HOT: dict[str, tuple[Callable[[Transaction], Any], set[str], set[str]]] = {
    "claim": (lambda tx: queues.claim(tx, NOON, 2, 10, 1, 1000), {"msg_ready"}, set()),
    "complete": (complete_one, {"msg_ready", "PRIMARY KEY"}, set()),
    "hand on": (hand_on_one, {"msg_ready", "PRIMARY KEY"}, set()),
    "promote": (lambda tx: queues.promote(tx, LATER), {"msg_timer"}, set()),
    "next due": (queues.next_due, {"msg_timer"}, set()),
    "expire": (lambda tx: retention.expire(tx, LATER, 10), {"msg_age"}, set()),
    "recover": (lambda tx: queues.recover(tx, NOON), {"msg_timer"}, {"msg_timer"}),
    "revive": (lambda tx: queues.revive(tx, NOON, 1), {"PRIMARY KEY"}, set()),
    "empty the bin": (lambda tx: dustbin.empty(tx, LATER, 10), {"msg_ready"}, set()),
    "kv get": (lambda tx: kv.get(tx, NOON, STATE, "k1"), {"kv_key"}, set()),
    "kv get many": (lambda tx: kv.get_many(tx, NOON, STATE, ["k1", "k2"]), {"kv_key"}, set()),
    "kv list": (lambda tx: kv.listing(tx, NOON, STATE, "k", "k5", 10), {"kv_key"}, set()),
    "kv delete": (lambda tx: kv.delete(tx, STATE, "k1"), {"kv_key"}, set()),
    "kv next expiry": (kv.next_expiry, {"kv_exp"}, set()),
    "next expiry": (sweep.next_expiry, {"kv_exp", "lock_released", "dedup_exp", "command_at"}, set()),
    "sweep": (
        lambda tx: [sweep.sweep(tx, LATER, lambda: 0.0) for _ in range(100)],
        {"kv_exp", "lock_released", "dedup_exp", "command_at"},
        set(),
    ),
    "references of a blob": (
        lambda tx: sweep.is_referenced(tx, b"x" * 32),
        {"document_sha", "document_header_sha", "half_sha", "kv_sha", "msg_sha", "report_file"},
        set(),
    ),
    "acquire": (lambda tx: locks.acquire(tx, NOON, "l1", "t", 1), {"PRIMARY KEY"}, set()),
    "renew": (lambda tx: locks.renew(tx, NOON, "l1", "t", 1), {"PRIMARY KEY"}, set()),
    "renew the living": (lambda tx: locks.renew_live(tx, NOON, 1), {"lock_owner", "msg_trace"}, set()),
    "held locks": (lambda tx: locks.held(tx, NOON), {"lock_owner"}, set()),
    "document": (lambda tx: documents.find(tx, "d1"), {"document_id"}, set()),
    "documents by state": (page_by_state, {"document_state"}, set()),
    "twins": (lambda tx: documents.twins(tx, "default", "d7", "0" * 44, "n3"), {"document_key", "document_number"}, set()),
    "twins by key": (lambda tx: documents.twins(tx, "default", "d7", "0" * 44, None), {"document_key"}, set()),
    "unplanned": (lambda tx: documents.unplanned(tx, "j1", 10), {"document_unplanned"}, set()),
    "sources": (lambda tx: documents.sources(tx, "j1"), {"source_job"}, set()),
    "finish sources": (lambda tx: documents.finish_sources(tx, "default", "d1"), {"source_doc"}, set()),
    "done step": (lambda tx: steps.is_done(tx, "t1", "d1", "A1", "evt", 0), {"PRIMARY KEY"}, set()),
    "timeline": (lambda tx: steps.timeline(tx, "d1"), {"PRIMARY KEY"}, set()),
    "steps of a trace": (lambda tx: steps.of_trace(tx, "t1"), {"PRIMARY KEY", "source_path"}, set()),
    "items": (lambda tx: results.rows(tx, results.ITEMS, "default", "d1"), {"PRIMARY KEY"}, set()),
    "findings": (lambda tx: results.rows(tx, results.FINDINGS, "default", "d1"), {"finding_doc"}, set()),
    "report": (lambda tx: results.find_report(tx, "default", "d1"), {"PRIMARY KEY"}, set()),
    "recent jobs": (lambda tx: jobs.recent(tx, "default", 10), {"job_recent"}, set()),
    "interrupted jobs": (jobs.interrupted, {"job_open"}, {"job_open"}),
    "search": (lambda tx: search.find(tx, search.match_expression("titulo"), "document.tenant=?", ("default",), 10), {"VIRTUAL TABLE INDEX", "PRIMARY KEY"}, {"VIRTUAL TABLE INDEX"}),
}


def fill(database: Database, many: int = 2000) -> None:
    """Enough of everything, unevenly spread, for ANALYZE to have an opinion."""

    def operation(tx: Transaction) -> None:
        parse, audit = queues.ensure(tx, "parse", 16), queues.ensure(tx, "audit", 16)
        assert parse.dlq is not None
        for queue, delay in ((parse.id, 0), (audit.id, 1000), (parse.dlq, 0)):
            drafts = [Draft(queue=queue, body=b"{}", trace=f"t{n % 300}", doc=f"d{n}", delay_ms=delay and delay + n) for n in range(many)]
            queues.send(tx, NOON, drafts)
        for n in range(many):
            kv.put(tx, STATE, f"k{n}", b"v", expires=NOON + n if n % 2 else None)
            locks.acquire(tx, NOON, f"l{n}", f"t{n}", n)
            if n % 2:
                locks.release(tx, NOON, f"l{n}", f"t{n}")
            tx.execute("INSERT INTO dedup(queue,key,exp) VALUES(1,?,?)", (f"x{n}", NOON + n))
            tx.execute("INSERT INTO command(id,result,at) VALUES(?,x'00',?)", (f"x{n}", NOON + n))
            documents.insert(tx, {
                "tenant": "default", "doc": f"d{n}", "name": "n", "kind": "NFE_XML", "family": "NFE", "state": "queued" if n % 3 else "done",
                "sha": n.to_bytes(32), "size": 1, "added": NOON, "job": f"j{n % 5}", "trace": f"t{n}", "access_key": f"{n // 2:044}",
                "number_key": f"n{n // 2}",
            })  # fmt: skip
            documents.add_source(tx, NOON, "default", f"d{n}", f"j{n % 5}", f"/p/{n}", already=False, finished=False)
            steps.record(tx, steps.Step(f"t{n % 7}", f"d{n}", "A1", "evt", 0, 1, 1, 1, 1, 1, None, None))
            search.index(tx, f"d{n}", search.Text("título", "partes", "itens", f"f{n}", "c"))
            results.replace(tx, results.FINDINGS, "default", f"d{n}", [(0, "R1", "ERRO", None, b"{}")])
            jobs.create(tx, NOON + n, f"jj{n}", "default", "upload", 5, "{}")
        tx.execute("UPDATE job SET open=0 WHERE id<>'jj7'")

    database.run(operation)


@pytest.fixture(scope="module", params=["nearly empty", "full and analysed"])
def used(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    database = Database(tmp_path_factory.mktemp("plans") / "nexus.db")
    if request.param == "nearly empty":
        fill(database, 1)
    else:
        fill(database)
        database.connection.execute("ANALYZE")
    yield database
    database.close()


def plan(database: Database, operation: Callable[[Transaction], Any]) -> list[str]:
    """The plan lines of every different statement the operation runs; nothing is kept of what it does."""
    lines: list[str] = []
    explained: set[str] = set()
    database.connection.execute("BEGIN")
    try:
        tx = Transaction(database.connection)
        execute = tx.execute

        def explaining(statement: str, parameters: Sequence[Any] = ()) -> Any:
            if statement not in explained:
                explained.add(statement)
                lines.extend(row[3] for row in database.rows(f"EXPLAIN QUERY PLAN {statement}", *parameters))
            return execute(statement, parameters)

        tx.execute = explaining  # type: ignore[assignment]
        operation(tx)
    finally:
        database.connection.execute("ROLLBACK")
    return lines


@pytest.mark.parametrize("name", HOT)
def test_a_hot_statement_uses_its_index(used: Database, name: str) -> None:
    operation, wanted, whole = HOT[name]
    if name == "complete" and used.value("SELECT count(*) FROM msg WHERE queue=2 AND state=0") == 0:
        pytest.skip("nothing to complete")
    lines = plan(used, operation)
    told = "\n".join(lines)
    for index in wanted:
        assert any(index in line for line in lines), f"{index} is not used:\n{told}"
    scans = [line for line in lines if re.match(rf"SCAN ({BIG})\b", line) and not any(index in line for index in whole)]
    assert not scans, told


# Work counted in steps of SQLite's virtual machine: the same on every machine -------------------------


def cost(database: Database, operation: Callable[[Transaction], Any]) -> int:
    """How many steps an operation takes; it is rolled back."""
    ticks = 0

    def tick() -> int:
        nonlocal ticks
        ticks += 1
        return 0

    database.connection.execute("BEGIN")
    try:
        tx = Transaction(database.connection)
        operation(tx)  # prepared and cached before it is measured
        database.connection.execute("ROLLBACK")
        database.connection.execute("BEGIN")
        database.connection.set_progress_handler(tick, 1)
        operation(Transaction(database.connection))
    finally:
        database.connection.set_progress_handler(None, 1)
        database.connection.execute("ROLLBACK")
    return ticks


MESSAGES = (
    "WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n+1 FROM n WHERE n<?) "
    "INSERT INTO msg(queue,state,prio,due,created,trace,body) SELECT ?,?,5,?,?,'other'||(n%1000),x'7b7d' FROM n"
)


@pytest.fixture(scope="module")
def crowded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Database]]:
    """One queue with twenty ready messages, and the same beside 100,000 others of each kind."""
    found = {}
    for name in ("alone", "ready", "delayed", "leased", "dead"):
        database = Database(tmp_path_factory.mktemp(name) / "nexus.db")
        queue = database.run(lambda tx: queues.ensure(tx, "parse", 16))
        connection = database.connection
        connection.execute(MESSAGES, (20, queue.id, 0, 0, NOON))
        others = {"ready": (queue.id, 0, 0), "delayed": (queue.id, 1, LATER), "leased": (queue.id, 2, LATER), "dead": (queue.dlq, 0, 0)}
        if name in others:
            created = NOON - 10**10 if name == "dead" else NOON
            connection.execute(MESSAGES, (100_000, *others[name], created))
        database.run(lambda tx: [locks.acquire(tx, NOON, f"l{n}", f"mine{n}", 60_000) for n in range(20)])
        found[name] = database
    yield found
    for database in found.values():
        database.close()


#: Each with what it may meet: a ready message is promoted from nowhere, so only that which should not matter is listed.
STEADY: dict[str, Callable[[Transaction], Any]] = {
    "claim": lambda tx: queues.claim(tx, NOON, 2, 16, 1, 60_000),
    "promote": lambda tx: queues.promote(tx, NOON),
    "next due": queues.next_due,
    "expire": lambda tx: retention.expire(tx, NOON, 100),
    "renew the living": lambda tx: locks.renew_live(tx, NOON, 60_000),
    "send": lambda tx: queues.send(tx, NOON, [Draft(queue=2, body=b"{}")] * 16),
}


@pytest.mark.parametrize("crowd", ["ready", "delayed", "leased", "dead"])
@pytest.mark.parametrize("name", STEADY)
def test_work_does_not_grow_with_what_lies_in_the_queues(crowded: dict[str, Database], name: str, crowd: str) -> None:
    alone = cost(crowded["alone"], STEADY[name])
    assert cost(crowded[crowd], STEADY[name]) <= 2 * alone + 50


def test_the_steps_of_a_scan_would_be_seen(crowded: dict[str, Database]) -> None:
    def scan(tx: Transaction) -> Any:
        return tx.rows("SELECT count(*) FROM msg WHERE run=7")

    assert cost(crowded["ready"], scan) > 100 * cost(crowded["alone"], scan)


def test_one_bite_of_a_sweep_costs_the_same_among_many_keys(tmp_path: Path) -> None:
    costs = []
    for many in (1_000, 50_000):
        database = Database(tmp_path / f"{many}.db")
        database.connection.execute(
            "WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n+1 FROM n WHERE n<?) "
            "INSERT INTO kv(ns,key,ver,exp,size,val) SELECT 1,'k'||n,1,?,1,x'00' FROM n",
            (many, NOON),
        )
        costs.append(cost(database, lambda tx: sweep.sweep(tx, NOON, lambda: 0.0)))
        database.close()
    assert costs[1] <= 1.2 * costs[0]


def test_plans_are_made_for_the_driver_in_use() -> None:
    assert driver.VERSION >= (3, 37), "STRICT tables and RETURNING are needed"
