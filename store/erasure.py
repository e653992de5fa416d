"""Erasing all that is kept of a person or company: which documents are theirs, what hangs on them, and leaving no bytes behind.

Deleting a row is not enough: the full-text index keeps words of deleted rows until its segments are merged, the statistics of the planner keep
samples, free space in pages and the WAL keep what was there. `scour` sees to that; it needs the database for as long as rewriting it takes.

A subject is an identifier without punctuation (14 or 11 characters); access keys carry it in their seventh to twentieth digit.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Awaitable, Callable, Collection, Iterable, Sequence
from typing import Any, NamedTuple
from xml.sax.saxutils import escape

from store import driver, kv
from store.kv import Namespace
from store.queues import State, counter
from store.transaction import Transaction

Connection = Transaction | driver.Connection

#: Tables of what was found out about a document, by tenant and document.
DERIVED = ("item", "finding", "ledger", "tax", "report", "source")
#: Keys of one document, and those of one document and trace.
KEYS = ("report:{}", "assistant:{}")
KEYS_BELOW = ("ingest:{}:", "half:{}:", "report:{}:", "assistant:{}:")
#: Where something of a subject may be that belongs to no document of theirs: what is kept for a while only, or can be made again.
PASSING = (
    ("kv", ("key", "val", "meta")), ("outbox", ("ref", "body")), ("command", ("result",)), ("seen", ("path", "error")),
    ("decision", ("subject", "reversal")),
)  # fmt: skip
#: Remembered results are for callers that repeat a command within this time; older ones go with any erasure.
ANSWERS_MS = 10 * 60 * 1000
#: Blobs whose rows are gone and that are to be destroyed, each a local key: an erasure that is killed in between is ended by the next.
DOOMED = "erasing:"
SHA = re.compile("[0-9a-f]{64}")
#: Tries to empty the WAL, and seconds between them.
TRIES, PAUSE_S = 50, 0.1


class Target(NamedTuple):
    """A document to be erased. `at_work` says why not now."""

    seq: int
    tenant: str
    doc: str
    state: str
    at_work: bool


class Tally(NamedTuple):
    """What was erased, or would be."""

    documents: int
    blobs: int
    messages: int
    keys: int


class Mention(NamedTuple):
    """A column that still holds something of the subject, in so many rows."""

    table: str
    column: str
    rows: int


def targets(
    connection: Connection, identifier: str, terminal: Collection[str], holds: Callable[[bytes], bool]
) -> list[Target]:
    """The documents that the subject issued or received, and the files they came in. `holds` says whether a blob has the identifier in it."""
    mine = {
        row[0]
        for row in connection.execute(
            "SELECT doc FROM document WHERE issuer=?1 OR recipient=?1 OR substr(access_key,7,14)=?2 OR substr(number_key,1,14)=?2",
            (identifier, identifier.rjust(14, "0")),
        ).fetchall()
    }
    waiting = {
        row[0]
        for row in connection.execute("SELECT container FROM half WHERE instr(key,?)>0", (identifier,)).fetchall()
    }
    docs = mine | waiting
    for doc in mine:
        docs |= _containers(connection, doc)
    docs |= _lists(connection, docs, holds)
    found = []
    for doc in docs:
        for row in connection.execute("SELECT seq, tenant, doc, state FROM document WHERE doc=?", (doc,)).fetchall():
            at_work = row[3] not in terminal or doc in waiting or _is_held(connection, doc)
            found.append(Target(row[0], row[1], row[2], row[3], at_work))
    return sorted(found)


def names(connection: Connection, identifier: str) -> list[str]:
    """What the subject is called in its documents; names that others bear too are not its own."""
    rows = connection.execute(
        "SELECT DISTINCT issuer_name FROM document WHERE issuer=?1 AND issuer_name IS NOT NULL "
        "UNION SELECT DISTINCT recipient_name FROM document WHERE recipient=?1 AND recipient_name IS NOT NULL", (identifier,)
    ).fetchall()  # fmt: skip
    shared = "SELECT 1 FROM document WHERE (issuer_name=?1 AND issuer IS NOT ?2) OR (recipient_name=?1 AND recipient IS NOT ?2) LIMIT 1"
    return sorted(
        row[0]
        for row in rows
        if len(row[0]) > 3 and connection.execute(shared, (row[0], identifier)).fetchone() is None
    )


def needles(identifier: str, called: Sequence[str] = ()) -> tuple[bytes, ...]:
    """What a search for the subject looks for: the identifier bare and as people write it, and its names as they stand."""
    if len(identifier) == 14:
        written = f"{identifier[:2]}.{identifier[2:5]}.{identifier[5:8]}/{identifier[8:12]}-{identifier[12:]}"
    else:
        written = f"{identifier[:3]}.{identifier[3:6]}.{identifier[6:9]}-{identifier[9:]}"
    sought = {text.encode() for text in (identifier, written, *called)}
    for name in called:
        # As XML, old files and JSON write it.
        sought |= {escape(name).encode(), name.encode("latin-1", "ignore"), json.dumps(name)[1:-1].encode()}
    return tuple(sorted(one for one in sought if len(one) > 3))


def erase(tx: Transaction, target: Target, terminal: Collection[str], shas: set[bytes]) -> Tally | None:
    """Delete a document with all that hangs on it; the blobs it named are added to `shas`. `None` if it is at work or gone by now."""
    row = tx.row("SELECT state, sha, header_sha FROM document WHERE tenant=? AND doc=?", (target.tenant, target.doc))
    if row is None or row[0] not in terminal or _is_held(tx, target.doc):
        return None
    named = [*row[1:]]
    named += [
        one[0]
        for one in tx.rows(
            "SELECT sha FROM report WHERE tenant=? AND doc=? AND val IS NULL", (target.tenant, target.doc)
        )
    ]
    jobs = [
        one[0]
        for one in tx.rows("SELECT DISTINCT job FROM source WHERE tenant=? AND doc=?", (target.tenant, target.doc))
    ]
    for table in DERIVED:
        tx.execute(f"DELETE FROM {table} WHERE tenant=? AND doc=?", (target.tenant, target.doc))
    tx.execute("DELETE FROM search WHERE rowid=?", (target.seq,))
    tx.execute("DELETE FROM step WHERE doc=?", (target.doc,))
    tx.execute("DELETE FROM seen WHERE doc=?", (target.doc,))
    tx.execute("DELETE FROM lock WHERE name=?", (f"lock:doc:{target.doc}",))
    tx.execute("UPDATE document SET parent=NULL WHERE parent=?", (target.doc,))
    tx.execute("DELETE FROM document WHERE tenant=? AND doc=?", (target.tenant, target.doc))
    tx.count(f"state:{row[0]}", -1)
    tx.count("documents", -1)
    tx.touch("documents", "reports", "steps")
    messages = _erase_messages(tx, "doc=?", target.doc, named)
    keys = sum(
        _erase_keys(tx, "key=?", (key,), named)
        for key in (*(key.format(target.doc) for key in KEYS), *(f"job:{job}" for job in jobs))
    )
    # `;` follows `:`, so the bounds take in whatever begins with the prefix.
    keys += sum(
        _erase_keys(tx, "key>=? AND key<?", (below.format(target.doc), f"{below.format(target.doc)[:-1]};"), named)
        for below in KEYS_BELOW
    )
    shas.update(bytes(sha) for sha in named if sha is not None)
    return Tally(1, 0, messages, keys)


def erase_mentions(tx: Transaction, wall: int, identifier: str, sought: Sequence[bytes], shas: set[bytes]) -> Tally:
    """Delete what else speaks of the subject and is kept for a while only: cached values, dead letters, remembered answers; and what was corrected for it."""
    named: list[bytes | None] = []
    tx.execute("DELETE FROM correction WHERE issuer=?", (identifier,))
    tx.execute("DELETE FROM command WHERE at<?", (wall - ANSWERS_MS,))
    messages = keys = 0
    for one in sought:
        messages += _erase_messages(tx, "doc IS NULL AND state=0 AND instr(body,?)>0", one, named)
        for table, columns in PASSING:
            condition = " OR ".join(f"instr(CAST({column} AS BLOB),?1)>0" for column in columns)
            if table == "kv":
                keys += _erase_keys(tx, f"({condition})", (one,), named)
            else:
                tx.execute(f"DELETE FROM {table} WHERE {condition}", (one,))
    shas.update(bytes(sha) for sha in named if sha is not None)
    return Tally(0, 0, messages, keys)


def bury(tx: Transaction, wall: int, who: str, done: Tally) -> None:
    """Note that something was erased, not of whom."""
    tx.execute("INSERT INTO erasure(at,who,documents,blobs,messages,keys) VALUES(?,?,?,?,?,?)", (wall, who, *done))


def doom(tx: Transaction, shas: Iterable[bytes]) -> None:
    """Remember which blobs are to be destroyed, in the transaction that deletes what named them."""
    for sha in shas:
        kv.put(tx, Namespace.LOCAL, f"{DOOMED}{sha.hex()}", b"")


def spare(tx: Transaction, shas: Iterable[bytes]) -> None:
    """Forget them: they are destroyed, or somebody names them again."""
    for sha in shas:
        kv.delete(tx, Namespace.LOCAL, f"{DOOMED}{sha.hex()}")


def doomed(connection: Connection) -> set[bytes]:
    """The blobs an erasure before this one did not come to destroy."""
    rows = connection.execute(
        "SELECT key FROM kv WHERE ns=? AND key>=? AND key<?", (Namespace.LOCAL, DOOMED, f"{DOOMED[:-1]};")
    ).fetchall()
    # Keys are anybody's to write; a name that is none is not ours.
    return {bytes.fromhex(name) for row in rows if SHA.fullmatch(name := row[0].removeprefix(DOOMED))}


def scour(connection: driver.Connection) -> None:
    """Rewrite the database without anything that was deleted. Not inside a transaction; takes a second a 100 MB and as much room again."""
    connection.execute("INSERT INTO search(search) VALUES('optimize')")
    if connection.execute("SELECT 1 FROM sqlite_master WHERE name='sqlite_stat4'").fetchone():
        connection.execute("DELETE FROM sqlite_stat4")
    # In memory the copy would be as large as the database.
    connection.execute("PRAGMA temp_store=FILE")
    try:
        connection.execute("VACUUM")
    finally:
        connection.execute("PRAGMA temp_store=MEMORY")


def cut_wal(connection: driver.Connection) -> bool:
    """Fold the WAL into the database and empty it. False if a reader still needs it: SQLite would wait for him in the writer's own turn."""
    patience = connection.execute("PRAGMA busy_timeout").fetchone()[0]
    connection.execute("PRAGMA busy_timeout=0").fetchall()
    try:
        busy, _, _ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    finally:
        connection.execute(f"PRAGMA busy_timeout={patience}").fetchall()
    return not busy


async def emptied(run: Callable[[Callable[[driver.Connection], bool]], Awaitable[bool]]) -> bool:
    """Empty the WAL of the connection that `run` runs functions on; readers are short, so it is tried for some seconds. False if one still needs it."""
    for _ in range(TRIES):
        if await run(cut_wal):
            return True
        await asyncio.sleep(PAUSE_S)
    return False


def mentions(connection: driver.Connection, sought: Sequence[bytes]) -> list[Mention]:
    """Every column of every table that still holds something of what is sought; reads the whole database."""
    found = []
    tables = connection.execute(
        "SELECT name FROM sqlite_master WHERE type='table' AND name NOT LIKE 'search%' ORDER BY name"
    ).fetchall()
    for (table,) in tables:
        columns = [row[1] for row in connection.execute(f"PRAGMA table_info({table})").fetchall()]
        for column in columns:
            condition = " OR ".join(f"instr(CAST({column} AS BLOB),?)>0" for _ in sought)
            rows = connection.execute(f"SELECT count(*) FROM {table} WHERE {condition}", tuple(sought)).fetchone()[0]
            if rows:
                found.append(Mention(table, column, rows))
    return found


def _containers(connection: Connection, doc: str) -> set[str]:
    """The files a document came in, whichever of them brought it first; those inside one another, all."""
    found = {
        row[0]
        for row in connection.execute(
            "WITH RECURSIVE above(doc) AS (SELECT parent FROM document WHERE doc=? AND parent IS NOT NULL "
            "UNION SELECT parent FROM document JOIN above USING(doc) WHERE parent IS NOT NULL) SELECT doc FROM above", (doc,)
        ).fetchall()
    }  # fmt: skip
    for job, path in connection.execute("SELECT job, path FROM source WHERE doc=?", (doc,)).fetchall():
        for end in (place for place, character in enumerate(path) if character == "!"):
            found |= {
                row[0]
                for row in connection.execute(
                    "SELECT doc FROM source WHERE job=? AND path=?", (job, path[:end])
                ).fetchall()
            }
    return found


def _lists(connection: Connection, docs: Iterable[str], holds: Callable[[bytes], bool]) -> set[str]:
    """Lists that came in the jobs of the documents and speak of the subject: the half of a note that is not its parent leaves no other trace."""
    jobs = {
        row[0] for doc in docs for row in connection.execute("SELECT job FROM source WHERE doc=?", (doc,)).fetchall()
    }
    rows: list[Any] = []
    for job in jobs:
        rows += connection.execute(
            "SELECT document.doc, document.sha FROM source JOIN document USING(tenant,doc) WHERE source.job=? AND document.family IN ('csv','batch')",
            (job,),
        ).fetchall()
    return {doc for doc, sha in dict(rows).items() if holds(bytes(sha))}


def _is_held(connection: Connection, doc: str) -> bool:
    """Whether a message still works on the document; dead letters and the bin do not."""
    found = connection.execute(
        "SELECT 1 FROM msg JOIN queue ON queue.id=msg.queue WHERE msg.doc=? AND queue.dlq IS NOT NULL LIMIT 1", (doc,)
    ).fetchone()
    return found is not None


def _erase_messages(tx: Transaction, condition: str, value: str | bytes, named: list[bytes | None]) -> int:
    """Delete dead letters and what lies in the bin. Returns how many."""
    gone = tx.rows(
        f"DELETE FROM msg WHERE {condition} AND queue IN (SELECT id FROM queue WHERE dlq IS NULL) RETURNING queue, state, sha",
        (value,),
    )
    for queue, state, sha in gone:
        tx.count(counter(queue, State(state)), -1)
        named.append(sha)
    if gone:
        tx.touch("queues", "dead_letters")
    return len(gone)


def _erase_keys(tx: Transaction, condition: str, values: Sequence[Any], named: list[bytes | None]) -> int:
    """Delete keys of any namespace. Returns how many."""
    gone = tx.rows(f"DELETE FROM kv WHERE {condition} RETURNING ver, sha", values)
    if gone:
        tx.raise_floor("kv", max(row[0] for row in gone))
        named += [row[1] for row in gone]
        tx.touch("kv")
    return len(gone)
