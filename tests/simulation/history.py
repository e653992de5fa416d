"""What an observer outside the machine remembers, and what must be true of it when the world has come to rest."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

from engine.contract.events import QUEUE_OF, EventName
from engine.runtime.registry import production
from engine.runtime.standing import TERMINAL
from store import driver, queues
from store.queues import State
from store.records.steps import StepStatus
from store.store import Store
from tests.simulation.plan import Plan


class History:
    """Acknowledgements and calls of agents."""

    def __init__(self) -> None:
        #: Document by the path it was acknowledged for.
        self.acknowledged: dict[str, str] = {}
        #: How often an agent was called for a document, effects or not.
        self.calls: dict[tuple[str, EventName], int] = {}
        self.store: Store | None = None

    def watch(self, store: Store) -> None:
        self.store = store


def check(connection: driver.Connection, history: History, plan: Plan, memory: Counter[str]) -> None:
    """Every promise, against the database of the last life. `memory` are the counters the process held at its end."""
    documents = {row[0]: row[1:] for row in connection.execute("SELECT doc, state, job, finished, parent FROM document").fetchall()}
    assert connection.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
    lost = set(history.acknowledged.values()) - documents.keys()
    assert not lost, f"acknowledged and gone: {lost}"
    _check_ends(connection, documents)
    _check_dead_letters(connection, plan)
    _check_jobs(connection)
    _check_counters(connection, memory)
    held = connection.execute("SELECT name, owner FROM lock WHERE owner IS NOT NULL").fetchall()
    assert not held, f"locks left: {held}"
    assert not connection.execute("SELECT 1 FROM half").fetchall()


def _check_ends(connection: driver.Connection, documents: dict[str, Any]) -> None:
    """One report and one finalisation a document, or a dead letter that says why not."""
    finals: Counter[str] = Counter()
    for (doc,) in connection.execute("SELECT doc FROM step WHERE stage='A10' AND status=?", (StepStatus.DONE,)).fetchall():
        finals[doc] += 1
    reports: Counter[str] = Counter(row[0] for row in connection.execute("SELECT doc FROM report").fetchall())
    dead = {row[0] for row in connection.execute("SELECT msg.doc FROM msg JOIN queue ON queue.id=msg.queue WHERE queue.dlq IS NULL").fetchall()}
    for doc, (state, _, finished, _) in documents.items():
        assert state in TERMINAL, f"{doc} rests as {state}"
        assert finished is not None, f"{doc} is {state} and has no end"
        if state == "dead_lettered":
            assert doc in dead, f"{doc} is dead-lettered without a dead letter"
            assert finals[doc] == 0, f"{doc} is dead-lettered and finalised"
        else:
            assert finals[doc] == 1, f"{doc} is {state} and was finalised {finals[doc]} times"
            assert reports[doc] == 1, f"{doc} is {state} and has {reports[doc]} reports"
    row = connection.execute("SELECT n FROM counter WHERE name='pipeline.finalized'").fetchone()
    assert (row[0] if row else 0) == sum(finals.values()), f"pipeline.finalized {row} for {sum(finals.values())} finalisations"


def _check_dead_letters(connection: driver.Connection, plan: Plan) -> None:
    """A dead letter has exactly the attempts of its agent, and tells all of them."""
    most = {QUEUE_OF[name].value: agent.spec.max_attempts for name, agent in production().items()}
    agents = production()
    rows = connection.execute(
        "SELECT msg.attempts, msg.deliveries, msg.error_class, msg.error, msg.fingerprint, msg.history, origin.name, msg.body, msg.state, msg.run "
        "FROM msg JOIN queue ON queue.id=msg.queue LEFT JOIN queue origin ON origin.id=msg.origin WHERE queue.dlq IS NULL"
    ).fetchall()
    for attempts, deliveries, error_class, error, fingerprint, history, origin, body, state, run in rows:
        assert origin is not None and error and fingerprint and state == State.READY
        told = json.loads(history)
        # One that was sent back keeps the story of its earlier runs.
        assert len(told) == attempts or (run and len(told) > attempts), (attempts, told)
        if error_class.startswith("NX-A04"):
            assert deliveries - attempts >= 5
            continue
        expected = most[origin] if body is None else agents[EventName(json.loads(body)["name"])].spec.max_attempts
        assert attempts == expected, f"{origin}: {attempts} attempts of {expected}: {error_class} {error} {told}"


def _check_jobs(connection: driver.Connection) -> None:
    for job, status, open_, total, finished, failed in connection.execute("SELECT id, status, open, total, finished, failed FROM job").fetchall():
        states = [
            row[0]
            for row in connection.execute(
                "SELECT d.state FROM source s JOIN document d ON d.tenant=s.tenant AND d.doc=s.doc WHERE s.job=?", (job,)
            ).fetchall()
        ]
        dead = states.count("dead_lettered")
        assert not open_, f"{job} is open"
        assert total == finished == len(states), f"{job}: {finished} of {total} finished, {len(states)} sources"
        assert failed == dead, f"{job}: {failed} failed, {dead} dead"
        expected = "report_ready" if not dead else "partial" if dead < total else "dead_lettered"
        assert status == expected, f"{job} is {status}, not {expected}"


def _check_counters(connection: driver.Connection, memory: Counter[str]) -> None:
    """Counters equal COUNT(*), on disk and in memory."""
    stored: Counter[str] = Counter(dict(connection.execute("SELECT name, n FROM counter").fetchall()))
    true: Counter[str] = Counter()
    for queue, state, count in connection.execute("SELECT queue, state, count(*) FROM msg GROUP BY queue, state").fetchall():
        true[queues.counter(queue, State(state))] = count
    for state, count in connection.execute("SELECT state, count(*) FROM document GROUP BY state").fetchall():
        true[f"state:{state}"] = count
    for name in stored.keys() | true.keys():
        if name.startswith(("queue:", "state:")):
            assert stored[name] == true[name], f"{name}: stored {stored[name]}, true {true[name]}"
            assert memory[name] == true[name], f"{name}: in memory {memory[name]}, true {true[name]}"
