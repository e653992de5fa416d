"""Keys against a plain Python model."""

from __future__ import annotations

from dataclasses import dataclass, replace

from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule

from store import kv, sweep
from store.kv import Namespace
from tests.store.model_base import Machine

#: In byte order "￿" sorts before an emoji, in UTF-16 after it; the last lies above a bound of a few top code points.
KEYS = ["a", "b", "ação", "a:1", "￿", "\U0001f600", "a" + "\U0010ffff" * 5]

keys = st.sampled_from(KEYS)
few_keys = st.sampled_from(KEYS[:2])
namespaces = st.sampled_from([Namespace.STATE, Namespace.LOCAL])
times_to_live = st.sampled_from([None, 1, 1_000, 60_000])


@dataclass(frozen=True)
class Key:
    value: bytes
    meta: str | None
    exp: int | None
    ver: int


class KeyMachine(Machine):
    """Put, delete, expire, sweep, list."""

    def __init__(self) -> None:
        super().__init__()
        self.keys: dict[tuple[Namespace, str], Key] = {}
        self.versions: dict[tuple[Namespace, str], int] = {}

    def moments(self) -> set[int]:
        return super().moments() | {key.exp for key in self.keys.values() if key.exp is not None}

    def live(self, key: Key | None) -> bool:
        return key is not None and (key.exp is None or key.exp > self.now)

    @rule(ns=namespaces, key=keys, value=st.binary(max_size=8), ttl=times_to_live, meta=st.sampled_from([None, '{"a":1}']))
    def put(self, ns: Namespace, key: str, value: bytes, ttl: int | None, meta: str | None) -> None:
        expires = None if ttl is None else self.now + ttl
        done, _ = self.attempt(lambda tx: kv.put(tx, ns, key, value, expires=expires, metadata=meta))
        if done:
            ver = self.database.value("SELECT ver FROM kv WHERE ns=? AND key=?", ns, key)
            assert ver > self.versions.get((ns, key), 0), "a version came twice"
            self.versions[ns, key] = ver
            self.keys[ns, key] = Key(value, meta, expires, ver)

    @rule(ns=namespaces, key=few_keys)
    def delete(self, ns: Namespace, key: str) -> None:
        done, _ = self.attempt(lambda tx: kv.delete(tx, ns, key))
        if done:
            self.keys.pop((ns, key), None)

    @rule(ns=namespaces, key=keys, ttl=times_to_live)
    def change_expiry(self, ns: Namespace, key: str, ttl: int | None) -> None:
        expires = None if ttl is None else self.now + ttl
        done, found = self.attempt(lambda tx: kv.expire_at(tx, self.now, ns, key, expires))
        if done:
            before = self.keys.get((ns, key))
            assert found == self.live(before)
            if before is not None and self.live(before):
                self.keys[ns, key] = replace(before, exp=expires)

    @rule()
    def sweep_keys(self) -> None:
        done, _ = self.attempt(lambda tx: sweep.sweep(tx, self.now, lambda: 0.0))
        if done:
            self.swept()

    def swept(self) -> None:
        super().swept()
        self.keys = {name: key for name, key in self.keys.items() if self.live(key)}
        assert self.database.value("SELECT count(*) FROM kv") == len(self.keys)

    @rule(ns=namespaces, prefix=st.sampled_from(["", "a", "z", "a:"]), limit=st.integers(1, 3))
    def list_by_pages(self, ns: Namespace, prefix: str, limit: int) -> None:
        found: list[str] = []
        cursor = None
        while True:
            page = kv.listing(self.database.connection, self.now, ns, prefix, cursor, limit)
            found += [entry.key for entry in page.entries]
            cursor = page.cursor
            if cursor is None:
                break
        expected = [key for (space, key), held in self.keys.items() if space is ns and key.startswith(prefix) and self.live(held)]
        assert found == sorted(expected, key=str.encode)


    @invariant()
    def live_keys_are_read_and_only_they(self) -> None:
        """(f)"""
        for ns in (Namespace.STATE, Namespace.LOCAL):
            expected = {
                key: (held.value, held.meta, held.exp, held.ver)
                for (space, key), held in self.keys.items()
                if space is ns and self.live(held)
            }
            found = kv.get_many(self.database.connection, self.now, ns, KEYS)
            assert {key: (entry.value, entry.meta, entry.exp, entry.ver) for key, entry in found.items()} == expected
            for key in KEYS:
                assert kv.get(self.database.connection, self.now, ns, key) == found.get(key)
