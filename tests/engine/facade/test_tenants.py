"""A query with an explicit tenant never shows a row of another one; the operator's `*` shows all."""

from __future__ import annotations

from typing import Any

import pytest

from engine.errors import BadInput
from engine.facade.commands import PutCompany
from tests.engine.facade.house import NOTE, House, spread

OURS, THEIRS = "acme", "zeta"


async def test_no_query_of_a_tenant_shows_a_row_of_another(working: House) -> None:
    engine = working.engine
    ours = await working.process(f"nfe/{NOTE}", "nfe/nfce.xml", tenant=OURS)
    theirs = await working.process(f"nfe/{NOTE}", "nfe/v1.xml", tenant=THEIRS)
    await engine.companies.put(PutCompany(tenant=OURS, cnpj="34128745000152"))
    for tenant, own, foreign in ((OURS, ours, theirs), (THEIRS, theirs, ours)):
        ids = set(spread(own, "docId"))
        others = spread(foreign, "docId")
        documents = engine.documents
        assert {row.doc_id for row in (await documents.page("", tenant, None, 100)).rows} == ids
        assert {row.tenant for row in (await documents.page("", tenant, None, 100)).rows} == {tenant}
        assert set(await documents.ids("", tenant)) == ids
        assert await documents.count("", tenant) == len(await documents.anchors("", tenant, 1)) == (await documents.counts(tenant)).documents == 2
        assert {job.tenant for job in await engine.jobs.recent(tenant)} == {tenant}
        words = " ".join(("nfe", "nota"))
        assert {hit.doc_id for word in (*words.split(), "34128745000152") for hit in await engine.search.find(word, tenant)} <= ids
        for filter in (f"tenant:{THEIRS if tenant == OURS else OURS}", f"job:{foreign[0]['traceId']}", f"doc:{others[0]}", f"trace:{foreign[0]['traceId']}"):
            assert await documents.ids(filter, tenant) == (), filter
            assert await documents.count(filter, tenant) == 0
            assert await engine.search.find(filter, tenant) == ()
    assert await engine.companies.everyone(THEIRS) == ()
    assert await engine.documents.count("", "*") == 4
    assert {hit.doc_id for hit in await engine.search.find("34128745000152", "*")} == {ours[0]["docId"], theirs[0]["docId"]}


async def test_the_same_file_is_a_document_of_each_tenant(working: House) -> None:
    [ours] = await working.process(f"nfe/{NOTE}", tenant=OURS)
    [theirs] = await working.process(f"nfe/{NOTE}", tenant=THEIRS)
    assert ours["docId"] != theirs["docId"]
    assert ours["state"] == theirs["state"] == "done"
    assert ours["sha256"] == theirs["sha256"]


async def test_documents_of_two_tenants_are_not_reprocessed_under_one_job(working: House) -> None:
    [ours] = await working.process(f"nfe/{NOTE}", tenant=OURS)
    [theirs] = await working.process(f"nfe/{NOTE}", tenant=THEIRS)
    result = await working.engine.documents.reprocess([ours["docId"], theirs["docId"]])
    assert (result.done, [(one.subject, one.code) for one in result.refused]) == (1, [(theirs["docId"], "NX-F03")])
    await working.end(result.data["job"])


@pytest.mark.parametrize("tenant", ["*", ""])
async def test_nothing_can_belong_to_all_tenants(idle: House, tenant: str) -> None:
    with pytest.raises(BadInput):
        await idle.engine.jobs.open(tenant)
    result: Any = await idle.engine.companies.put(PutCompany(tenant=tenant, cnpj="34128745000152"))
    assert (result.done, result.refused[0].code) == (0, "NX-E10")
