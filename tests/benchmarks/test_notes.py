"""The notes of the benchmark are different, and valid as far as a note that nobody but its issuer can sign may be."""

from __future__ import annotations

import re

from benchmarks import notes
from engine.extraction.documents import extract
from engine.fiscal.identifiers import AccessKey, cnpj_valid, key_check_digit

COUNT = 40


def test_every_variant_differs_in_key_number_parties_and_bytes() -> None:
    """Nothing may be recognised as known or as a duplicate."""
    made = notes.variants(COUNT)
    assert len({name for name, _ in made}) == COUNT
    assert len({content for _, content in made}) == COUNT
    keys = [AccessKey.parse(name[:44]) for name, _ in made]
    assert len({key.number_identity for key in keys if key is not None}) == COUNT


def test_keys_have_the_right_check_digit_and_issuers_a_valid_cnpj() -> None:
    """The key stands in the name, in the identifier and in the protocol."""
    for name, content in notes.variants(COUNT):
        key = name[:44]
        assert key[43] == key_check_digit(key[:43])
        assert cnpj_valid(key[6:20])
        assert content.count(key.encode()) >= 2


def test_the_product_reads_every_sample_variant_as_a_note() -> None:
    """One of each sample."""
    for name, content in notes.variants(len(notes.samples())):
        extraction = extract(content, name)
        assert extraction.status == "parsed", (name, extraction.error)
        assert extraction.note is not None


def test_amounts_are_multiplied_with_their_own_decimals() -> None:
    """A whole factor keeps the digits after the point."""
    text = "<vProd>0.10</vProd><vUnCom>12.3456</vUnCom><vFrete>0</vFrete><pICMS>18.00</pICMS><verProc>3.10</verProc>"
    changed = notes.AMOUNT.sub(lambda amount: notes._multiplied(amount, 3), text)
    assert changed == "<vProd>0.30</vProd><vUnCom>37.0368</vUnCom><vFrete>0</vFrete><pICMS>18.00</pICMS><verProc>3.10</verProc>"
    assert re.search(notes.AMOUNT, "<verProc>3.10</verProc>") is None
