"""A file with several documents is split without touching a letter of them."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from lxml import etree

from engine.extraction.documents import extract
from engine.extraction.nfe.digest import digest_of
from engine.extraction.xml_parser import UnreadableError, parse
from engine.extraction.xml_split import split_documents

Document = Callable[[str], bytes]

NFE = "http://www.portalfiscal.inf.br/nfe"
KEY = "35180834128745000152550010000474281920007498"
EVENT = (
    f'<{{tag}} versao="1.00" xmlns="{NFE}"><infEvento><chNFe>{KEY}</chNFe><tpEvento>{{type}}</tpEvento>'
    "<nSeqEvento>1</nSeqEvento></infEvento></{tag}>"
)


def event(tag: str, kind: str = "110111") -> str:
    return EVENT.format(tag=tag, type=kind)


@pytest.fixture
def note(document: Document) -> str:
    return document("vnf_divergente.xml").decode().partition("?>\n")[2] or document("vnf_divergente.xml").decode()


def body(note: str, tag: str) -> str:
    return note[note.index(f"<{tag}") : note.index(f"</{tag}>") + len(tag) + 3]


def test_a_single_document_comes_back_whole(document: Document) -> None:
    content = document("vnf_divergente.xml")
    (only,) = split_documents(content)
    assert (only.index, only.content, only.family) == (1, content, "nfe")


def test_a_lot_is_split_in_order_and_keeps_every_digest(document: Document) -> None:
    names = ["IbsCbs.xml", "IbsCbsMonofasico.xml"]
    bodies = [body(document(name).decode(), "NFe") for name in names]
    lot = f'<enviNFe xmlns="{NFE}" versao="4.00"><idLote>1</idLote>{"".join(bodies)}</enviNFe>'.encode()
    children = split_documents(lot)
    assert [child.index for child in children] == [1, 2]
    for child, name in zip(children, names, strict=True):
        alone = extract(document(name), name).note
        split = extract(child.content, name).note
        assert alone
        assert split
        assert (split.access_key, split.digest, split.signature_digest) == (
            alone.access_key,
            alone.digest,
            alone.signature_digest,
        )


def test_a_note_with_its_event_makes_two(note: str) -> None:
    bundle = note.replace("</nfeProc>", event("retEvento") + "</nfeProc>").encode()
    first, second = split_documents(bundle)
    assert (first.family, second.family) == ("nfe", "event")
    whole = extract(first.content, "a").note
    assert whole
    assert whole.protocol
    assert whole.protocol.status == "100"
    facts = extract(second.content, "b").facts
    assert facts
    assert facts.event
    assert (facts.event.type, facts.event.target) == ("110111", KEY)


def test_request_and_answer_of_an_event_are_one_document() -> None:
    pair = f'<procEventoNFe xmlns="{NFE}">{event("evento")}{event("retEvento")}</procEventoNFe>'.encode()
    assert len(split_documents(pair)) == 1
    two = f'<lote xmlns="{NFE}">{event("evento", "110110")}{event("evento")}{event("retEvento")}</lote>'.encode()
    first, second = split_documents(two)
    assert b"retEvento" not in first.content
    assert b"retEvento" in second.content


def test_an_answer_to_another_request_stays_alone() -> None:
    content = f'<lote xmlns="{NFE}">{event("evento", "110110")}{event("retEvento")}</lote>'.encode()
    assert len(split_documents(content)) == 2


def test_a_protocol_goes_with_the_note_it_names(document: Document) -> None:
    bodies = [body(document(name).decode(), "NFe") for name in ("IbsCbs.xml", "IbsCbsMonofasico.xml")]
    first_key = parse(bodies[0].encode()).root[0].get("Id", "")[3:]
    protocol = f"<protNFe><infProt><chNFe>{first_key}</chNFe><cStat>100</cStat></infProt></protNFe>"
    first, second = split_documents(f'<lote xmlns="{NFE}">{"".join(bodies)}{protocol}</lote>'.encode())
    assert b"protNFe" in first.content
    assert b"protNFe" not in second.content


def test_prefixes_declared_above_survive(note: str) -> None:
    plain = body(note, "NFe").replace(f' xmlns="{NFE}"', "", 1)
    prefixed = plain.replace("</", "</n:").replace("<", "<n:").replace("<n:/n:", "</n:")
    lot = f'<n:lote xmlns:n="{NFE}">{prefixed}{prefixed}</n:lote>'.encode()
    for child in split_documents(lot):
        root = etree.fromstring(child.content)
        assert root.tag == f"{{{NFE}}}NFe"
        found = extract(child.content, "a").note
        assert found
        assert found.access_key == KEY


def test_many_halves_are_paired_in_linear_time() -> None:
    halves = "".join(f"<NFe><infNFe Id='NFe{n:044}'/></NFe>" for n in range(3000)) + "<protNFe/>" * 3000
    assert len(split_documents(f"<lote>{halves}</lote>".encode())) == 3000


def test_what_cannot_be_read_is_refused() -> None:
    with pytest.raises(UnreadableError):
        split_documents(b"<a><b></a>")


def test_a_batch_is_not_read_as_one_document(note: str) -> None:
    sheet = body(note, "NFe")
    found = extract(f"<lote>{sheet}{sheet}</lote>".encode(), "lote.xml")
    assert (found.family, found.state) == ("batch", "unsupported")
    assert found.error
    assert found.error.code == "several_documents"


def test_the_digest_survives_a_wrapper_with_other_namespaces(note: str) -> None:
    sheet = body(note, "NFe")
    soap = f'<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body>{sheet}</s:Body></s:Envelope>'
    infos = [next(parse(text.encode()).root.iter("{*}infNFe")) for text in (sheet, soap, note)]
    assert len({digest_of(info) for info in infos}) == 1
