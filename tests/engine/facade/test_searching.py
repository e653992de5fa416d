"""Full text: accents and case do not matter, words are prefixes, nothing of a query is an operator, qualifiers narrow."""

from __future__ import annotations

import pytest

from engine.errors import BadFilter
from tests.engine.facade.house import House


async def test_words_are_found_without_accents_in_any_case_as_prefixes(working: House) -> None:
    objects = await working.process("nfe", "lists")
    find = working.engine.search.find
    rows = await working.rows("SELECT document.doc, search.items FROM search JOIN document ON document.seq=search.rowid")
    assert len(rows) == len(objects)
    accented = next((doc, word) for doc, text in rows for word in text.split() if "Ã" in word.upper() or "Ç" in word.upper())
    doc, word = accented
    plain = word.upper().replace("Ã", "A").replace("Ç", "C").replace("Á", "A").replace("É", "E").replace("Ó", "O").replace("Õ", "O").strip(".,:;()/-")
    for spelled in (word, word.lower(), plain, plain.lower(), plain[:-1]):
        assert doc in {hit.doc_id for hit in await find(spelled)}, spelled
    hit = next(hit for hit in await find(word) if hit.doc_id == doc)
    assert "«" in hit.snippet
    assert await find("palavraquenaoexiste") == ()


async def test_qualifiers_narrow_words_and_stand_alone(working: House) -> None:
    objects = await working.process("nfe", "lists")
    find = working.engine.search.find
    everything = {hit.doc_id for hit in await find("state:done", limit=100)}
    assert everything == {value["docId"] for value in objects if value["state"] == "done"}
    first = next(value for value in objects if value["issuer"]["name"])
    word = first["issuer"]["name"].split()[0]
    wide = {hit.doc_id for hit in await find(word, limit=100)}
    narrow = {hit.doc_id for hit in await find(f"{word} doc:{first['docId']}", limit=100)}
    assert first["docId"] in wide
    assert narrow == {first["docId"]}
    assert await find(f"{word} doc:{first['docId']}", "someone else") == ()
    assert len(await find("state:done", limit=2)) == 2


@pytest.mark.parametrize("query", ["", "   ", '"', "'", "a AND", "NEAR(", "*", "a* OR b", "-", "(", "{a b}", "^x", "d'água"])
async def test_no_query_is_an_error_or_an_operator(idle: House, query: str) -> None:
    await idle.add("nfe/nfce.xml")
    assert await idle.engine.search.find(query) == ()


@pytest.mark.parametrize("query", ["title:x", "colour:red vinho", "state:don"])
async def test_a_column_of_the_index_is_no_qualifier(idle: House, query: str) -> None:
    with pytest.raises(BadFilter):
        await idle.engine.search.find(query)
