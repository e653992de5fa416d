"""The samples, processed once by the real pipeline, as the assistant reads them."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from engine.assistant.material import Material, load
from store.driver import Connection
from tests.engine.facade.house import house


@pytest.fixture(scope="session")
def materials(tmp_path_factory: pytest.TempPathFactory, data: Path) -> dict[str, Material]:
    """Every sample by the name of its file; notes of lists by their key."""

    async def processed() -> dict[str, Material]:
        async with house(tmp_path_factory.mktemp("assistant") / "data", data) as one:
            objects = await one.process("nfe", "lists")
            docs = [value["docId"] for value in objects]
            now, blob = one.store.clock.wall_ms(), one.store.blobs.read

            def query(connection: Connection) -> list[Material | None]:
                return [load(connection, doc, now, blob) for doc in docs]

            loaded = await one.store.read(query)
            return {
                value["file"].rpartition("!")[2].rpartition("/")[2]: material
                for value, material in zip(objects, loaded, strict=True)
                if material is not None
            }

    return asyncio.run(processed())
