"""Keys and values: Cloudflare KV's limits and orders, expiry to the millisecond, versions that never repeat."""

from __future__ import annotations

from typing import Any

import pytest

from store import kv, sweep
from store.errors import InvalidKey, Refusal, TooLarge
from store.kv import Namespace
from tests.store.harness import NOON, Database

STATE = Namespace.STATE


def put(database: Database, key: str, value: bytes = b"v", **options: Any) -> None:
    database.run(lambda tx: kv.put(tx, STATE, key, value, **options))


def get(database: Database, key: str, now: int = NOON) -> kv.Entry | None:
    return kv.get(database.connection, now, STATE, key)


def listed(database: Database, prefix: str = "", now: int = NOON, limit: int = kv.MOST_LISTED) -> list[str]:
    found: list[str] = []
    cursor: str | None = None
    while True:
        page = kv.listing(database.connection, now, STATE, prefix, cursor, limit)
        assert len(page.entries) <= limit
        found += [entry.key for entry in page.entries]
        cursor = page.cursor
        if cursor is None:
            return found


@pytest.mark.parametrize("key", ["", ".", "..", "x" * 513, "ã" * 257, "a\ud800"])
def test_a_key_the_cloud_would_refuse_is_refused(database: Database, key: str) -> None:
    with pytest.raises(InvalidKey):
        put(database, key)
    assert database.value("SELECT count(*) FROM kv") == 0


@pytest.mark.parametrize("key", ["x" * 512, "ã" * 256, "...", "a b", "job:1", "\U0010ffff" * 128, "a\x00b"])
def test_any_other_key_is_kept_as_it_is(database: Database, key: str) -> None:
    put(database, key)
    assert get(database, key) is not None
    assert listed(database) == [key]


def test_a_value_has_at_most_25_mib_and_lies_in_a_blob_above_64_kib(database: Database) -> None:
    put(database, "inline", b"x" * kv.INLINE)
    with pytest.raises(TooLarge):
        put(database, "inline", b"x" * (kv.INLINE + 1))
    database.run(lambda tx: kv.put(tx, STATE, "large", None, sha=b"s" * 32, size=25 * 1024 * 1024))
    with pytest.raises(TooLarge):
        database.run(lambda tx: kv.put(tx, STATE, "larger", None, sha=b"s" * 32, size=25 * 1024 * 1024 + 1))
    with pytest.raises(TooLarge):
        database.run(lambda tx: kv.put(tx, STATE, "nothing", None))
    large = get(database, "large")
    assert large is not None and (large.value, large.sha, large.size) == (None, b"s" * 32, 25 * 1024 * 1024)
    assert listed(database) == ["inline", "large"]


def test_metadata_is_json_of_at_most_1024_bytes(database: Database) -> None:
    longest = '"' + "ã" * 511 + '"'
    assert len(longest.encode()) == 1024
    put(database, "k", metadata=longest)
    with pytest.raises(TooLarge):
        put(database, "k", metadata='"' + "ã" * 511 + 'x"')
    with pytest.raises(Refusal):
        put(database, "k", metadata="{no json")
    entry = get(database, "k")
    assert entry is not None and entry.meta == longest


def test_a_put_replaces_value_metadata_and_expiration(database: Database) -> None:
    put(database, "k", b"old", metadata='{"a":1}', expires=NOON + 1000)
    put(database, "k", b"new")
    entry = get(database, "k", NOON + 10**9)
    assert entry is not None and (entry.value, entry.meta, entry.exp) == (b"new", None, None)


def test_a_key_is_absent_from_the_very_millisecond_it_expires_at_swept_or_not(database: Database) -> None:
    put(database, "k", expires=NOON + 1000)
    put(database, "kept")
    for now, keys in ((NOON + 999, ["k", "kept"]), (NOON + 1000, ["kept"]), (NOON + 1001, ["kept"])):
        assert (get(database, "k", now) is not None) == ("k" in keys)
        assert list(kv.get_many(database.connection, now, STATE, ["k", "kept"])) == keys
        assert listed(database, now=now) == keys
    assert not database.run(lambda tx: kv.expire_at(tx, NOON + 1000, STATE, "k", None)), "what expired cannot be prolonged"
    assert database.run(lambda tx: kv.expire_at(tx, NOON + 999, STATE, "k", None))
    assert get(database, "k", NOON + 10**9) is not None


def test_listing_follows_the_bytes_not_the_alphabet(database: Database) -> None:
    keys = ["a", "Z", "é", "e", "￿", "\U0001f600", "ação", "acao", "a:2", "a:10", "\U0010ffff", "b\U0010ffff"]
    for key in keys:
        put(database, key)
    assert listed(database) == sorted(keys, key=str.encode)
    assert listed(database, limit=1) == sorted(keys, key=str.encode)
    assert listed(database, "a") == ["a", "a:10", "a:2", "acao", "ação"]


def test_a_prefix_finds_keys_that_go_on_with_the_last_code_point(database: Database) -> None:
    key = "a" + "\U0010ffff" * 6
    put(database, key)
    put(database, "b")
    assert listed(database, "a") == [key]
    assert listed(database) == [key, "b"]


def test_a_page_has_at_most_1000_keys_and_says_when_it_is_the_last(database: Database) -> None:
    for n in range(1001):
        put(database, f"k{n:04}")
    first = kv.listing(database.connection, NOON, STATE, limit=5000)
    assert len(first.entries) == 1000 and first.cursor is not None
    last = kv.listing(database.connection, NOON, STATE, cursor=first.cursor)
    assert [entry.key for entry in last.entries] == ["k1000"] and last.cursor is None
    assert len(kv.listing(database.connection, NOON, STATE, limit=0).entries) == 1


def test_pages_go_on_over_keys_that_vanish_between_them(database: Database) -> None:
    for key in "abcd":
        put(database, key)
    first = kv.listing(database.connection, NOON, STATE, limit=2)
    database.run(lambda tx: kv.delete(tx, STATE, "b"))
    second = kv.listing(database.connection, NOON, STATE, cursor=first.cursor, limit=2)
    assert [entry.key for entry in second.entries] == ["c", "d"] and second.cursor is None


def test_a_bulk_get_takes_at_most_100_keys(database: Database) -> None:
    put(database, "k1")
    found = kv.get_many(database.connection, NOON, STATE, [f"k{n}" for n in range(100)])
    assert set(found) == {"k1"}
    with pytest.raises(TooLarge):
        kv.get_many(database.connection, NOON, STATE, [f"k{n}" for n in range(101)])


def test_namespaces_do_not_see_each_other(database: Database) -> None:
    put(database, "k", b"state")
    database.run(lambda tx: kv.put(tx, Namespace.LOCAL, "k", b"local"))
    assert database.run(lambda tx: kv.delete(tx, Namespace.LOCKS, "k")) is False
    assert database.run(lambda tx: kv.delete(tx, Namespace.LOCAL, "k")) is True
    entry = get(database, "k")
    assert entry is not None and entry.value == b"state"


@pytest.mark.parametrize("how", ["delete", "sweep"])
def test_a_version_never_comes_twice_so_that_an_optimistic_write_cannot_be_fooled(database: Database, how: str) -> None:
    put(database, "k", b"first", expires=NOON + 1)
    put(database, "k", b"second", expires=NOON + 1)
    read = get(database, "k")
    assert read is not None
    if how == "delete":
        database.run(lambda tx: kv.delete(tx, STATE, "k"))
    else:
        database.run(lambda tx: sweep.sweep(tx, NOON + 1, lambda: 0.0))
    for _ in range(3):
        put(database, "k", b"another")
        entry = get(database, "k")
        assert entry is not None and entry.ver > read.ver


def test_the_next_expiry_is_the_soonest_and_known_to_the_transaction(database: Database) -> None:
    assert kv.next_expiry(database.connection) is None
    put(database, "never")
    put(database, "later", expires=NOON + 2000)

    def operation(tx: Any) -> int | None:
        kv.put(tx, STATE, "sooner", b"", expires=NOON + 1000)
        kv.put(tx, STATE, "latest", b"", expires=NOON + 3000)
        expiry: int | None = tx.expiry
        return expiry

    assert database.run(operation) == NOON + 1000
    assert kv.next_expiry(database.connection) == NOON + 1000
