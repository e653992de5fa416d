"""Keys, companies and events by hand: what is stored, what is declined, and why."""

from __future__ import annotations

import json
from typing import Any

import pytest

from engine.errors import BadInput
from engine.facade.commands import CommandResult, PutCompany
from store.kv import INLINE
from tests.engine.facade.house import NOTE, House

FILE = f"nfe/{NOTE}"


def codes(result: CommandResult) -> list[tuple[str, str]]:
    """Who was declined, and why."""
    return [(one.subject, one.code) for one in result.refused]


async def test_keys_live_expire_and_are_refused(idle: House) -> None:
    state = idle.engine.state
    assert (await state.put("a:1", b"one", ttl_s=60, metadata='{"x":1}')).done == 1
    assert (await state.put("a:2", b"x" * (INLINE + 1))).done == 1
    views, cursor = await state.keys(prefix="a:")
    assert ([view.key for view in views], cursor) == (["a:1", "a:2"], None)
    first, cursor = await state.keys(prefix="a:", limit=1)
    assert cursor is not None
    assert [view.key for view in (await state.keys(prefix="a:", cursor=cursor))[0]] == ["a:2"]
    found = await state.value("a:2")
    assert found is not None
    assert found[1] == b"x" * (INLINE + 1)
    view = (await state.value("a:1") or [None])[0]
    assert view == views[0]
    assert views[0].expires_ms is not None
    assert (await state.expire("a:1", None)).done == 1
    assert (await state.keys(prefix="a:1"))[0][0].expires_ms is None
    for result, code in (
        (await state.put("", b""), "NX-S20"),
        (await state.put("k", b"", space="KV"), "NX-E10"),
        (await state.put("k", b"", metadata="not json"), "NX-S19"),
        (await state.put("k", b"", ttl_s=0), "NX-E10"),
        (await state.put("k", b"", ttl_s=10**15), "NX-E10"),
        (await state.expire("none", 60), "NX-F11"),
    ):
        assert (result.done, [one.code for one in result.refused]) == (0, [code])
    with pytest.raises(BadInput):
        await state.keys("KV")
    assert (await state.delete(["a:1", "a:2", "a:3"])).done == 2
    assert (await state.keys())[0] == ()


async def test_a_sweep_by_hand_removes_what_has_expired(idle: House) -> None:
    state = idle.engine.state
    for number in range(3):
        await state.put(f"k{number}", b"", ttl_s=60)
    await idle.store.write(lambda tx: tx.execute("UPDATE kv SET exp=1 WHERE key<'k2'"))
    idle.store.next_expiry = 1
    assert [view.key for view in (await state.keys(prefix="k"))[0]] == ["k2"]
    assert (await state.sweep()).done == 2
    assert await idle.rows("SELECT key FROM kv WHERE key LIKE 'k_'") == [("k2",)]


async def test_companies_are_checked_and_change_the_viewpoint(working: House) -> None:
    companies = working.engine.companies
    for cnpj, told in (("34.128.745/0001-52", "34128745000152"), ("12.ABC.345/01DE-35", "12ABC34501DE35")):
        result = await companies.put(PutCompany(tenant="default", cnpj=cnpj, name="Nós", regime="real", uf="SP"))
        assert (result.done, result.data) == (1, {"cnpj": told})
    assert [company.cnpj for company in await companies.everyone("default")] == ["12ABC34501DE35", "34128745000152"]
    [value] = await working.process(FILE)
    assert value["role"] in ("issued", "received", "both")
    for bad in (PutCompany(tenant="default", cnpj="34128745000153"), PutCompany(tenant="default", cnpj="34128745000152", regime="lucro")):
        result = await companies.put(bad)
        assert (result.done, [one.code for one in result.refused]) == (0, ["NX-E10"])
    assert codes(await companies.remove("default", "11222333000181")) == [("11222333000181", "NX-F12")]
    assert (await companies.remove("default", "34.128.745/0001-52")).done == 1


EVENT: dict[str, Any] = {
    "name": "evt.doc.ingested",
    "headers": {"traceId": "t", "docId": "f" * 32, "idempotencyKey": "k", "attempt": 0, "timestamp": "2026-01-01T00:00:00Z"},
    "payload": {
        "docId": "f" * 32, "tenantId": "default", "source": "upload", "kind": "NFE_XML", "name": "x.xml", "sizeBytes": 1,
        "uploadedAt": "2026-01-01T00:00:00Z", "status": "parsed",
    },
}  # fmt: skip


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        (("name",), "evt.nothing", "name"),
        (("headers", "timestamp"), "yesterday", "timestamp"),
        (("headers", "attempt"), -1, "attempt"),
        (("payload", "kind"), "XML", "kind"),
        (("payload", "sizeBytes"), "1", "sizeBytes"),
        (("payload", "meta"), None, "meta"),
        (("version",), 2, "version"),
    ],
)
async def test_an_event_by_hand_is_checked_against_the_contract(idle: House, path: tuple[str, ...], value: Any, said: str) -> None:
    event = json.loads(json.dumps(EVENT))
    place = event
    for name in path[:-1]:
        place = place[name]
    place[path[-1]] = value
    result = await idle.engine.jobs.enqueue(event)
    assert result.done == 0
    assert (result.refused[0].code, said in result.refused[0].reason) == ("NX-E63" if said == "name" and value == "evt.nothing" else "NX-E14", True), result.refused[0].reason
    assert await idle.rows("SELECT count(*) FROM msg") == [(0,)]


async def test_an_event_by_hand_runs_even_though_its_step_is_done(working: House) -> None:
    [value] = await working.process(FILE)
    counters = await working.engine.state.counters()
    event = {
        **EVENT,
        "headers": EVENT["headers"] | {"traceId": value["traceId"], "docId": value["docId"]},
        "payload": EVENT["payload"] | {"docId": value["docId"], "name": NOTE, "sizeBytes": 1},
    }
    assert (await working.engine.jobs.enqueue(event)).done == 1
    finalized = counters["pipeline.finalized"] + 1

    async def ended() -> bool:
        return (await working.engine.state.counters())["pipeline.finalized"] == finalized

    await working.until(ended)
    assert (await working.engine.state.counters()).get("deduped", 0) == counters.get("deduped", 0)
