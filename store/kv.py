"""Key-value namespaces with versions, expiry and metadata: Cloudflare KV's semantics, strongly consistent.

Keys have 1 to 512 bytes of UTF-8; values up to 25 MiB, above 64 KiB in a blob; metadata is JSON up to 1024 bytes. A put replaces
value, metadata and expiration. An expired key is absent when it is read, swept or not. Expiry is wall-clock milliseconds. `ver` rises with
every put of a key, also across a delete, and never repeats, which the cloud lacks: it carries optimistic writes.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from enum import IntEnum
from typing import NamedTuple

from store import driver
from store.errors import InvalidKey, Refusal, TooLarge
from store.transaction import Transaction

LONGEST_KEY = 512
LARGEST_VALUE = 25 * 1024 * 1024
LARGEST_METADATA = 1024
#: Values above this many bytes live in a blob: a 25 MB row would hold the writer for 182 ms.
INLINE = 64 * 1024
MOST_LISTED = 1000


class Namespace(IntEnum):
    """The KV namespaces."""

    #: Mirrors the deployment's KV_STATE.
    STATE = 1
    #: Mirrors the deployment's KV_LOCKS.
    LOCKS = 2
    #: Never leaves this machine.
    LOCAL = 3


class Entry(NamedTuple):
    """A live key. Exactly one of `value` and `sha` (a blob) is set."""

    key: str
    ver: int
    exp: int | None
    meta: str | None
    size: int
    sha: bytes | None
    value: bytes | None


class Listing(NamedTuple):
    """A page of keys in byte order."""

    entries: list[Entry]
    #: Pass it back for the next page; `None` when the listing is complete.
    cursor: str | None


COLUMNS = "key, ver, exp, meta, size, sha, val"
LIVE = "(exp IS NULL OR exp>?)"


def check_key(key: str) -> None:
    """Refuse a key the cloud would refuse."""
    try:
        size = len(key.encode())
    except UnicodeEncodeError:  # a lone surrogate
        size = 0
    if not 0 < size <= LONGEST_KEY or key in (".", ".."):
        raise InvalidKey(f"{key[:40]!r} is no valid key.")


def get(connection: Transaction | driver.Connection, now: int, namespace: Namespace, key: str) -> Entry | None:
    """The entry, or `None` if the key is absent or expired."""
    row = connection.execute(f"SELECT {COLUMNS} FROM kv WHERE ns=? AND key=? AND {LIVE}", (namespace, key, now)).fetchone()
    return None if row is None else Entry._make(row)


def get_many(connection: Transaction | driver.Connection, now: int, namespace: Namespace, keys: Sequence[str]) -> dict[str, Entry]:
    """The live entries among at most 100 keys."""
    if len(keys) > 100:
        raise TooLarge("A bulk get takes at most 100 keys.")
    marks = ",".join("?" * len(keys))
    rows = connection.execute(f"SELECT {COLUMNS} FROM kv WHERE ns=? AND key IN ({marks}) AND {LIVE}", (namespace, *keys, now)).fetchall()
    return {row[0]: Entry._make(row) for row in rows}


PUT = (
    "INSERT INTO kv(ns,key,ver,exp,meta,size,sha,val) VALUES(?,?,1+(SELECT n FROM floor WHERE name='kv'),?,?,?,?,?) "
    "ON CONFLICT(ns,key) DO UPDATE SET ver=ver+1, exp=excluded.exp, meta=excluded.meta, size=excluded.size, sha=excluded.sha, val=excluded.val"
)


def put(
    tx: Transaction,
    namespace: Namespace,
    key: str,
    value: bytes | None,
    *,
    sha: bytes | None = None,
    size: int | None = None,
    expires: int | None = None,
    metadata: str | None = None,
) -> None:
    """Write a key. A value above `INLINE` bytes must come as the `sha` and `size` of a blob that is already durable."""
    check_key(key)
    length = len(value) if value is not None else size
    if length is None or length > LARGEST_VALUE or (value is not None and length > INLINE):
        raise TooLarge(f"{key!r} has {length} bytes.")
    if metadata is not None and len(metadata.encode()) > LARGEST_METADATA:
        raise TooLarge(f"The metadata of {key!r} is larger than {LARGEST_METADATA} bytes.")
    if metadata is not None and not _is_json(metadata):
        raise Refusal(f"The metadata of {key!r} is not JSON.")
    tx.execute(PUT, (namespace, key, expires, metadata, length, sha, value))
    if expires is not None:
        tx.expires(expires)
    tx.touch("kv")


def delete(tx: Transaction, namespace: Namespace, key: str) -> bool:
    """Delete a key. True if there was one."""
    gone = tx.rows("DELETE FROM kv WHERE ns=? AND key=? RETURNING ver", (namespace, key))
    if not gone:
        return False
    tx.raise_floor("kv", gone[0][0])
    tx.touch("kv")
    return True


def expire_at(tx: Transaction, now: int, namespace: Namespace, key: str, expires: int | None) -> bool:
    """Change only when a live key expires. True if there was one."""
    tx.touch("kv")
    if expires is not None:
        tx.expires(expires)
    return tx.execute(f"UPDATE kv SET exp=? WHERE ns=? AND key=? AND {LIVE}", (expires, namespace, key, now)).rowcount > 0


def expire_again(tx: Transaction, namespace: Namespace, key: str, expires: int | None, instead_of: int | None) -> bool:
    """Take back a change of when a key expires, unless it was changed again; also of one that has expired by it and is not swept yet. True if that was done."""
    tx.touch("kv")
    if expires is not None:
        tx.expires(expires)
    return tx.execute("UPDATE kv SET exp=? WHERE ns=? AND key=? AND exp IS ?", (expires, namespace, key, instead_of)).rowcount > 0


def expire_below(
    tx: Transaction, now: int, namespace: Namespace, prefix: str, expires: int | None, after: str, limit: int
) -> list[tuple[str, int | None]]:
    """Change when live keys with a prefix expire, at most `limit` of those behind `after`. Returns the keys, in order, and when they expired before."""
    keys = [
        (row[0], row[1])
        for row in tx.rows(
            f"SELECT key, exp FROM kv WHERE ns=? AND key>=? AND key>? AND key<? AND {LIVE} ORDER BY key LIMIT ?",
            (namespace, prefix, after, _after(prefix), now, limit),
        )
    ]
    tx.executemany("UPDATE kv SET exp=? WHERE ns=? AND key=?", [(expires, namespace, key) for key, _ in keys])
    if keys and expires is not None:
        tx.expires(expires)
    tx.touch("kv")
    return keys


def listing(
    connection: Transaction | driver.Connection, now: int, namespace: Namespace, prefix: str = "", cursor: str | None = None, limit: int = MOST_LISTED
) -> Listing:
    """Live keys with a prefix in the order of their UTF-8 bytes, without their values."""
    limit = max(1, min(limit, MOST_LISTED))
    rows = connection.execute(
        f"SELECT key, ver, exp, meta, size, sha, NULL FROM kv WHERE ns=? AND key>=? AND key>? AND key<? AND {LIVE} ORDER BY key LIMIT ?",
        (namespace, prefix, cursor or "", _after(prefix), now, limit + 1),
    ).fetchall()
    entries = [Entry._make(row) for row in rows[:limit]]
    return Listing(entries, entries[-1].key if len(rows) > limit else None)


def next_expiry(connection: Transaction | driver.Connection) -> int | None:
    """When the next key expires."""
    expiry: int | None = connection.execute("SELECT min(exp) FROM kv WHERE exp IS NOT NULL").fetchone()[0]
    return expiry


def _after(prefix: str) -> str:
    """A bound above every key with the prefix: longer than any key, of the code point after which none sorts."""
    return prefix + "\U0010ffff" * (LONGEST_KEY // 4 + 1)


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True
