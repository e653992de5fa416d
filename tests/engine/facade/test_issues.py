"""What is wrong with a body is told whole and bounded, in a time that does not grow with what is behind the first thousands."""

from __future__ import annotations

import time

import pytest

from engine.contract.calls import IngestRequest
from engine.contract.payloads import PipelineOptions
from engine.facade import issues

GOOD = b'{"name":"a","mimeType":"b","sizeBytes":1}'


@pytest.mark.parametrize(
    ("documents", "said"),
    [
        ([b"{}"] * 300_000, "documents[0].name: required"),
        ([GOOD] * 90_000 + [b"{}"], "tenantId: required"),
        ([b'{"name":3,"mimeType":[],"sizeBytes":-1,"tags":[' + b",".join([b"1"] * 50_000) + b"]}"] * 10, "documents[0].name: expected text that is not empty, found 3"),
        ([b'"' + b"x" * 3_000_000 + b'"'], "documents[0]: expected an object, found text"),
    ],
    ids=["empty", "good", "tags", "long"],
)
def test_a_body_of_any_size_is_told_quickly(documents: list[bytes], said: str) -> None:
    body = b'{"documents":[' + b",".join(documents) + b"]}"
    began = time.process_time()
    found = issues.of(IngestRequest, body)
    assert time.process_time() - began < 3
    assert said in found and len(found) <= issues.MOST + 1 and sum(map(len, found)) < 5000


def test_what_is_beyond_the_bound_is_counted_as_far_as_it_is_looked_for() -> None:
    found = issues.of(IngestRequest, b'{"tenantId":"t","documents":[' + b",".join([b"{}"] * 10) + b"]}")
    assert len(found) == issues.MOST + 1 and found[-1] == f"and {30 - issues.MOST} more"


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b'{"a":1,"a":1}', ("a: given twice",)),
        (b'{"a":1,"b":{"c":1,"c":2},"d":[{"e":1,"e":1}]}', ("c: given twice", "e: given twice")),
        (b'{"a":1,"b":{"a":1}}', ()),
        (b"{", ()),
        (b'{"a":' + b"9" * 5000 + b"}", ()),
        (b"[" * 5000 + b"]" * 5000, ()),
    ],
)
def test_a_key_that_comes_twice_is_told(body: bytes, told: tuple[str, ...]) -> None:
    assert issues.repeated(body) == told


def test_a_key_that_is_not_known_is_told_with_the_nearest() -> None:
    told = issues.surplus(PipelineOptions, b'{"dryrun":true,"priority":"low","zzzzzz":1}', "options")
    assert told == ("options.dryrun: not known, the nearest is dryRun", "options.zzzzzz: not known")
