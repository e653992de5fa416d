"""The assistant through the facade: answers, and knowledge prepared again."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pytest

from engine.contract import codec, keys
from engine.contract.calls import AssistantAnswer, ReportSummary
from engine.errors import BadQuestion
from engine.facade.assistant import answer_object
from store import kv
from store.errors import StoreError
from store.kv import Namespace
from tests.engine.facade.house import NOTE, House, MakeHouse

LISTS = ("lists/202401_NFs_Cabecalho.csv", "lists/202401_NFs_Itens.csv")


async def knowledge(house: House, doc: str) -> dict[str, str] | None:
    """The value of assistant:{docId}."""
    now = house.store.clock.wall_ms()
    entry = await house.store.read(lambda connection: kv.get(connection, now, Namespace.STATE, keys.assistant(doc)))
    return None if entry is None or entry.value is None else json.loads(entry.value)


async def stages(house: House, doc: str) -> list[tuple[str, int]]:
    return [
        tuple(row)
        for row in await house.rows("SELECT stage, run FROM step WHERE doc=? ORDER BY run, ended, stage", doc)
    ]


async def test_an_answer_has_the_wires_shape(working: House) -> None:
    [note] = await working.process(f"nfe/{NOTE}")
    answer = await working.engine.assistant.answer(note["docId"], "qual o total da nota?", "full", "pt")
    assert answer is not None
    wire = codec.decoder(AssistantAnswer)(codec.encode(answer_object(answer)))
    assert wire == AssistantAnswer(
        doc_id=note["docId"], scope="full", answer=answer.answer, knowledge=answer.knowledge, report_summary=ReportSummary(title=answer.title, generated_at=answer.generated_at)
    )  # fmt: skip
    report = json.loads(await working.engine.documents.report(note["docId"]) or b"")
    assert (answer.title, answer.generated_at) == (report["summary"]["title"], report["generatedAt"])
    known = await knowledge(working, note["docId"])
    assert known is not None and answer.knowledge.prepared_at == known["preparedAt"]
    assert not answer.stale


async def test_without_a_report_there_is_no_answer(idle: House) -> None:
    await idle.add(f"nfe/{NOTE}")
    [row] = await idle.rows("SELECT doc FROM document")
    assert await idle.engine.assistant.answer(row[0], "total", "full", "pt") is None
    assert await idle.engine.assistant.answer("nothing", "total", "full", "pt") is None


@pytest.mark.parametrize("question", ["", "   ", "x" * 501])
async def test_what_is_no_question_is_refused(idle: House, question: str) -> None:
    with pytest.raises(BadQuestion):
        await idle.engine.assistant.answer("nothing", question, "full", "pt")


async def test_all_documents_are_asked_and_those_that_know_answer(working: House) -> None:
    objects = await working.process(f"nfe/{NOTE}", "nfe/vnf_divergente.xml", "nfe/cte_exemplo.xml")
    by_doc = {value["docId"]: value for value in objects}
    answers = [one async for one in working.engine.assistant.answers("qual o total da nota?", "full", "en")]
    assert {one.doc_id for one in answers} == set(by_doc)
    assert all(f"R$ {Decimal(by_doc[one.doc_id]['total']):,.2f}" in one.answer for one in answers)


async def test_a_number_names_its_note_among_all(working: House) -> None:
    await working.process(f"nfe/{NOTE}", "nfe/vnf_divergente.xml")
    [answer] = [one async for one in working.engine.assistant.answers("total da nota 47605", "full", "pt")]
    assert answer.answered and "R$ 610,37" in answer.answer
    [abstained] = [one async for one in working.engine.assistant.answers("total da nota 99", "full", "pt")]
    assert not abstained.answered and abstained.unused == ("99",)


async def test_a_search_asks_the_index_which_documents(working: House) -> None:
    objects = await working.process(f"nfe/{NOTE}", "nfe/vnf_divergente.xml", *LISTS)
    wanted = {value["docId"] for value in objects if value["file"].endswith(NOTE)}
    found = [one async for one in working.engine.assistant.answers("procure gergelim", "full", "pt")]
    assert {one.doc_id for one in found} == wanted
    assert [one.text for one in found[0].citations] == ["GRANOLA MACA & GERGELIM 800G"]
    assert [one async for one in working.engine.assistant.answers("procure parafusadeira", "full", "pt")] == []


async def test_tenants_do_not_answer_for_each_other(working: House) -> None:
    await working.process(f"nfe/{NOTE}", tenant="one")
    assert [one async for one in working.engine.assistant.answers("total", "full", "pt", "two")] == []
    assert len([one async for one in working.engine.assistant.answers("total", "full", "pt", "one")]) == 1


async def test_a_rebuild_runs_the_assistant_and_the_end_and_nothing_else(working: House) -> None:
    [note] = await working.process(f"nfe/{NOTE}")
    doc = note["docId"]
    before, report, ran = (
        await knowledge(working, doc),
        await working.engine.documents.report(doc),
        await stages(working, doc),
    )
    assert before is not None
    result = await working.engine.assistant.rebuild([doc])
    assert (result.done, result.refused) == (1, ())
    await working.until(lambda: working.rows("SELECT 1 FROM step WHERE doc=? AND run=1 AND stage='A10'", doc))
    after = await knowledge(working, doc)
    assert after is not None and after["preparedAt"] > before["preparedAt"]
    assert after["watermark"] == before["watermark"]
    assert (await stages(working, doc))[len(ran) :] == [("A10", 1), ("A9", 1)] or (await stages(working, doc))[
        len(ran) :
    ] == [("A9", 1), ("A10", 1)]
    assert await working.engine.documents.report(doc) == report
    assert await working.engine.documents.object(doc, "en") == note | {"file": NOTE}
    assert not await working.rows("SELECT 1 FROM lock WHERE owner IS NOT NULL")


async def test_a_rebuild_forgets_the_key_at_once(build: MakeHouse) -> None:
    async with build() as one:
        [note] = await one.process(f"nfe/{NOTE}")
    async with build(work=False) as one:
        doc = note["docId"]
        ran = await one.engine.assistant.answer(doc, "total", "full", "pt")
        await one.engine.assistant.rebuild([doc])
        assert await knowledge(one, doc) is None
        # The index is there all the same; the moment is that of A9's last run.
        answer = await one.engine.assistant.answer(doc, "total", "full", "pt")
        assert answer is not None and ran is not None
        assert answer.answer == ran.answer
        assert answer.knowledge.prepared_at[:22] == ran.knowledge.prepared_at[:22]


async def test_a_large_report_is_rebuilt_by_reference(working: House, tmp_path: Path) -> None:
    text = (working.data / "nfe" / NOTE).read_text(encoding="utf-8")
    start, end = text.index("<det "), text.index("</det>") + len("</det>")
    many = "".join(
        text[start:end].replace('nItem="1"', f'nItem="{number}"').replace("<CFOP>5910", "<CFOP>9999")
        for number in range(1, 400)
    )
    large = tmp_path / "large.xml"
    large.write_text(text[:start] + many + text[text.rindex("</det>") + len("</det>") :], encoding="utf-8")
    [note] = await working.process(large)
    content = await working.engine.documents.report(note["docId"])
    assert content is not None and len(content) > 64 * 1024
    assert (await working.engine.assistant.rebuild([note["docId"]])).done == 1
    await working.until(lambda: working.rows("SELECT 1 FROM step WHERE doc=? AND run=1 AND stage='A10'", note["docId"]))
    answer = await working.engine.assistant.answer(note["docId"], "quantos itens?", "full", "pt")
    assert answer is not None and answer.answer == "399 itens."


async def test_a_rebuild_declines_what_has_no_finished_report(idle: House) -> None:
    await idle.add(f"nfe/{NOTE}")
    [row] = await idle.rows("SELECT doc FROM document")
    result = await idle.engine.assistant.rebuild([row[0], "nothing"])
    assert result.done == 0
    assert [one.code for one in result.refused] == ["NX-F02", "NX-F01"]
    await idle.engine.documents.cancel([row[0]])
    assert [one.code for one in (await idle.engine.assistant.rebuild([row[0]])).refused] == ["NX-F50"]


async def test_a_rebuild_waits_for_nobody_who_holds_the_lock(build: MakeHouse) -> None:
    async with build() as one:
        [note] = await one.process(f"nfe/{NOTE}")
        doc = note["docId"]
        await one.store.write(
            lambda tx: tx.execute("UPDATE lock SET owner='other', exp=? WHERE name=?", (2**60, keys.document_lock(doc)))
        )
        if not await one.rows("SELECT 1 FROM lock WHERE owner='other'"):
            await one.store.write(
                lambda tx: tx.execute(
                    "INSERT INTO lock(name,owner,fence,exp) VALUES(?,?,1,?)", (keys.document_lock(doc), "other", 2**60)
                )
            )
        assert [refusal.code for refusal in (await one.engine.assistant.rebuild([doc])).refused] == ["NX-F06"]
        assert await knowledge(one, doc) is not None


async def test_knowledge_of_an_earlier_report_is_told(working: House) -> None:
    [note] = await working.process(f"nfe/{NOTE}")
    doc = note["docId"]
    old = {
        "docId": doc,
        "embeddingsVersion": "fts/v1",
        "preparedAt": "2020-01-01T00:00:00.000Z",
        "watermark": "2020-01-01T00:00:00.000Z",
    }
    await working.store.write(lambda tx: kv.put(tx, Namespace.STATE, keys.assistant(doc), json.dumps(old).encode()))
    answer = await working.engine.assistant.answer(doc, "total", "full", "pt")
    assert answer is not None and answer.stale and answer.knowledge.prepared_at == old["preparedAt"]
    # A value that a person wrote and that fits nothing is no knowledge, and no reason to fail.
    await working.store.write(lambda tx: kv.put(tx, Namespace.STATE, keys.assistant(doc), b"{}"))
    answer = await working.engine.assistant.answer(doc, "total", "full", "pt")
    assert answer is not None and answer.answered and not answer.stale


async def test_a_damaged_report_is_not_answered_from(working: House) -> None:
    [note] = await working.process(f"nfe/{NOTE}")
    await working.store.write(lambda tx: tx.execute("UPDATE report SET val=? WHERE doc=?", (b"{}", note["docId"])))
    with pytest.raises(StoreError):
        await working.engine.assistant.answer(note["docId"], "total", "full", "pt")
    with pytest.raises(StoreError):
        await working.engine.assistant.rebuild([note["docId"]])
