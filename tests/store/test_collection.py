"""Garbage collection: what a row names stays, whatever happens between looking and moving; the rest goes by way of the trash."""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest

from store import kv, queues, sweep
from store.blobs import Blob
from store.collection import GRACE_MS, Collector
from store.errors import NotFound
from store.kv import Namespace
from store.queues import Draft
from store.records import documents, results
from store.store import Store
from store.transaction import Transaction
from tests.store.harness import ManualClock

HOUR = GRACE_MS


def age(store: Store, blob: Blob, clock: ManualClock, hours: float = 2) -> None:
    """Make the file that much older than the clock says it is now."""
    moment = clock.wall_ms() / 1000 - hours * 3600
    os.utime(store.blobs.path(blob.sha), (moment, moment))


async def put(store: Store, clock: ManualClock, content: bytes) -> Blob:
    blob = await store.blobs.put(content)
    age(store, blob, clock)
    return blob


async def once_round(store: Store) -> int:
    collector = Collector(store)
    trashed = 0
    for _ in range(max(1, len(store.blobs.folders()))):
        trashed += (await collector.step()).trashed
    return trashed


def document(tx: Transaction, doc: str, **columns: bytes) -> None:
    row = {
        "tenant": "default", "doc": doc, "name": "n", "kind": "NFE_XML", "family": "NFE", "state": "queued", "sha": b"-" * 32, "size": 1, "added": 1,
        "job": "j",
    }  # fmt: skip
    documents.insert(tx, {**row, **columns})


def half(tx: Transaction, sha: bytes) -> None:
    tx.execute(
        "INSERT INTO half(job,tenant,key,role,container,container_sha,place,label,sha,size) VALUES('j','t','k','r','c',?,1,'l',?,1)",
        (b"-" * 32, sha),
    )


NAMED: dict[str, Callable[[Transaction, Blob], object]] = {
    "document": lambda tx, blob: document(tx, "d1", sha=blob.sha),
    "header of a document": lambda tx, blob: document(tx, "d2", header_sha=blob.sha),
    "half of a note": lambda tx, blob: half(tx, blob.sha),
    "key": lambda tx, blob: kv.put(tx, Namespace.STATE, "k", None, sha=blob.sha, size=blob.size),
    "message": lambda tx, blob: queues.send(tx, 1, [Draft(queue=queues.ensure(tx, "parse", 1).id, body=None, sha=blob.sha)]),
    "report": lambda tx, blob: results.put_report(tx, "default", "d", results.Report("t", 1, blob.sha, blob.size, None)),
}


@pytest.mark.parametrize("kind", NAMED)
async def test_what_a_row_names_stays(store: Store, clock: ManualClock, kind: str) -> None:
    named, loose = await put(store, clock, b"named"), await put(store, clock, b"loose")
    await store.write(lambda tx: NAMED[kind](tx, named))
    assert await once_round(store) == 1
    assert store.blobs.read(named.sha) == b"named"
    with pytest.raises(NotFound):
        store.blobs.read(loose.sha)


async def test_a_key_that_was_swept_lets_its_blob_go(store: Store, clock: ManualClock) -> None:
    blob = await put(store, clock, b"value")
    expires = clock.wall_ms() + 1
    await store.write(lambda tx: kv.put(tx, Namespace.STATE, "k", None, sha=blob.sha, size=blob.size, expires=expires))
    assert await once_round(store) == 0
    clock.advance(1)
    await store.write(lambda tx: sweep.sweep(tx, clock.wall_ms(), clock.monotonic))
    assert await once_round(store) == 1


async def test_a_file_put_within_the_hour_is_left_alone_also_if_it_was_there_before(store: Store, clock: ManualClock) -> None:
    blob = await store.blobs.put(b"on its way")
    age(store, blob, clock, hours=0.5)
    assert await once_round(store) == 0
    clock.now = int(store.blobs.path(blob.sha).stat().st_mtime * 1000) + 2 * HOUR
    assert await once_round(store) == 1
    blob = await put(store, clock, b"on its way")
    clock.now = int(os.path.getmtime(__file__) * 1000)
    os.utime(store.blobs.path(blob.sha), (1, 1))
    await store.blobs.put(b"on its way")
    assert store.blobs.path(blob.sha).stat().st_mtime > 1_000_000, "a second put dates the file anew"


async def test_the_trash_is_emptied_an_hour_later(store: Store, clock: ManualClock) -> None:
    blob = await put(store, clock, b"loose")
    assert await once_round(store) == 1
    collector = Collector(store)
    clock.advance(HOUR)
    assert (await collector.step()).emptied == 0
    store.blobs.confirm(blob.sha)
    store.blobs.discard(blob.sha, clock.wall_ms() - HOUR - 1)
    assert (await collector.step()).emptied == 1
    with pytest.raises(NotFound):
        store.blobs.confirm(blob.sha)


@pytest.mark.parametrize("when", ["after the listing", "after the look from outside", "in the same batch"])
async def test_a_row_that_names_the_file_in_between_keeps_it(
    store: Store, clock: ManualClock, when: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    blob = await put(store, clock, b"raced")

    def name_it(tx: Transaction) -> None:
        store.blobs.confirm(blob.sha)
        document(tx, "d", sha=blob.sha)

    if when == "after the listing":
        stored = store.blobs.stored

        async def aside(function: Callable[[], object]) -> object:
            found = function()
            if found == [blob.sha]:
                await store.write(name_it)
            return found

        monkeypatch.setattr(store, "aside", aside)
        assert stored(blob.sha.hex()[:2]) == [blob.sha]
    elif when == "after the look from outside":
        read = store.read

        async def looked(query: Callable[..., object]) -> object:
            found = await read(query)
            await store.write(name_it)
            return found

        monkeypatch.setattr(store, "read", looked)
    else:
        write = store.write

        async def together(operation: Callable[[Transaction], object]) -> object:
            moved = write(operation)
            naming = write(name_it)
            await naming
            return await moved

        monkeypatch.setattr(store, "write", together)
    await once_round(store)
    monkeypatch.undo()
    assert store.blobs.read(blob.sha) == b"raced"
    found = await store.read(lambda connection: documents.find(connection, "d"))
    assert found is not None and found.sha == blob.sha


async def test_a_step_is_one_folder_and_the_steps_go_round(store: Store, clock: ManualClock) -> None:
    for n in range(30):
        await put(store, clock, b"loose %d" % n)
    folders = store.blobs.folders()
    collector = Collector(store)
    seen = [(await collector.step()).seen for _ in folders]
    assert sum(seen) == 30 and max(seen) < 30
    assert (await collector.step()).seen == 0, "the first folder again"


async def test_nothing_stored_is_nothing_to_do(store: Store) -> None:
    assert await Collector(store).step() == (0, 0, 0)
