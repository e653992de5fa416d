"""The filter grammar: every qualifier finds what it names and nothing else; values are never SQL; mistakes name the nearest word."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from engine.errors import BadFilter
from engine.facade import filters
from engine.facade.filters import QUALIFIERS, STATES, parse
from engine.runtime.standing import TERMINAL
from tests.engine.facade.house import NOTE, House

NOW = 1_800_000_000_000


async def test_every_qualifier_finds_what_it_names(working: House) -> None:
    objects = await working.process("nfe", "lists")
    engine = working.engine
    job = objects[0]["traceId"]
    first = next(value for value in objects if value["file"].endswith(NOTE))

    def found(true: Callable[[dict[str, Any]], bool]) -> set[str]:
        return {value["docId"] for value in objects if true(value)}

    async def ask(filter: str) -> set[str]:
        return set(await engine.documents.ids(filter, "*"))

    def issuer(value: dict[str, Any]) -> str:
        return value["issuer"]["id"] or ""

    wanted: dict[str, set[str]] = {
        "state:done": found(lambda value: value["state"] == "done"),
        "state:done,duplicate": found(lambda value: value["state"] in ("done", "duplicate")),
        "state:active": set(),
        "status:erro": found(lambda value: value["status"] == "ERRO"),
        "kind:nfe_xml": found(lambda value: value["kind"] == "NFE_XML"),
        "family:nfe": found(lambda value: value["family"] == "nfe"),
        f"issuer:{issuer(first)}": found(lambda value: issuer(value) == issuer(first)),
        f"issuer:{issuer(first)[:8]}": found(lambda value: issuer(value).startswith(issuer(first)[:8])),
        f"recipient:{first['recipient']['id']}": found(lambda value: value["recipient"]["id"] == first["recipient"]["id"]),
        f"cfop:{first['cfops'][0]}": found(lambda value: first["cfops"][0] in value["cfops"]),
        "cfop:5": found(lambda value: any(cfop.startswith("5") for cfop in value["cfops"])),
        f"ncm:{first['ncms'][0]}": found(lambda value: first["ncms"][0] in value["ncms"]),
        f"period:{first['issuedAt'][:7]}": found(lambda value: (value["issuedAt"] or "").startswith(first["issuedAt"][:7])),
        "since:2024": found(lambda value: (value["issuedAt"] or "") >= "2024"),
        "tenant:default": found(lambda value: True),
        "tenant:other": set(),
        "finding:tot-20": found(lambda value: any(finding["code"] == "TOT-20" for finding in value["findings"])),
        f"trace:{job}": found(lambda value: value["traceId"] == job),
        f"job:{job}": found(lambda value: True),
        f"doc:{first['docId'][:6]}": found(lambda value: value["docId"].startswith(first["docId"][:6])),
        f"key:{first['accessKey']}": found(lambda value: value["accessKey"] == first["accessKey"]),
        "queue:audit": set(),
        "error:anything": set(),
        "age>1s": set(),
        first["number"]: found(lambda value: value["number"] == first["number"] or first["number"] in (value["accessKey"] or "")),
        f"family:nfe state:done {first['number']}": found(lambda value: value["docId"] == first["docId"]),
    }
    assert {name.partition(":")[0] for name in wanted if ":" in name} >= set(QUALIFIERS)
    for filter, expected in wanted.items():
        assert await ask(filter) == expected, filter
    assert wanted["status:erro"]
    assert wanted["finding:tot-20"]


async def test_quotes_hold_a_value_together(working: House) -> None:
    await working.process(f"nfe/{NOTE}")
    rows = await working.rows("SELECT issuer_name FROM document")
    words = rows[0][0].split()
    both = f"{words[0]} {words[1]}"
    assert await working.engine.documents.count(f'"{both}"', "*") == 1
    assert await working.engine.documents.count(f'"{words[1]} {words[0]}"', "*") == 0
    assert await working.engine.documents.count(f"{words[1]} {words[0]}", "*") == 1


@pytest.mark.parametrize(
    "text",
    [
        "%", "_", "%%", "name:\\", "'; DROP TABLE document; --", '" OR 1=1 --', "x' OR '1'='1", "state:done') OR (1=1", "issuer:' OR 1=1 --",
        "tenant:default' OR '1'='1", "family:nfe\x00", "cfop:%", "job:x) OR (1=1", "finding:' UNION SELECT 1", "queue:' OR 1=1 --", "error:%",
    ],
)  # fmt: skip
async def test_what_looks_like_sql_finds_nothing_or_is_refused(idle: House, text: str) -> None:
    await idle.add(f"nfe/{NOTE}")
    try:
        found = await idle.engine.documents.ids(text, "default")
    except BadFilter:
        found = ()
    assert found == ()
    assert await idle.engine.documents.count("", "*") == 1


async def test_age_finds_what_should_be_at_its_end_by_now(idle: House) -> None:
    await idle.add(f"nfe/{NOTE}")
    await idle.store.write(lambda tx: tx.execute("UPDATE document SET added=added-90000"))
    count = idle.engine.documents.count
    assert [await count(f"age>{value}", "*") for value in ("30s", "1m", "2m", "1h", "1d")] == [1, 1, 0, 0, 0]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("stat:done", "did you mean state:?"),
        ("STAET:done", "did you mean state:?"),
        ("zzz:1", "there are state:"),
        ("state:don", "did you mean done?"),
        ("state:done,ducplicate", "did you mean duplicate?"),
        ("status:alrta", "did you mean ALERTA?"),
        ("state:", "state: needs a value."),
        ("age>soon", "say how long"),
        ("age>", "say how long"),
        ('"open', "No closing quotation"),
    ],
)
def test_a_mistake_is_named_with_the_nearest_word(text: str, said: str) -> None:
    with pytest.raises(BadFilter) as caught:
        parse(text, NOW)
    assert said in str(caught.value)
    assert caught.value.exit_code == 2


def test_an_empty_filter_is_everything() -> None:
    assert parse("  ", NOW) == filters.EVERYTHING


def test_the_states_of_the_filter_are_those_of_documents() -> None:
    assert set(STATES) == set(filters.ACTIVE) | TERMINAL
