"""The canonical form is libxml2's, however much of it is taken as it stands."""

from __future__ import annotations

import copy

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from engine.extraction.nfe.digest import canonical

NFE = "http://www.portalfiscal.inf.br/nfe"


def official(element: etree._Element) -> bytes:
    alone = copy.deepcopy(element)
    alone.tail = None
    return etree.tostring(etree.ElementTree(alone), method="c14n", exclusive=True, with_comments=False)


def info_of(sheet: str) -> etree._Element:
    return next(etree.fromstring(sheet.encode()).iter("{*}infNFe"))


def inside(content: str, attributes: str = 'Id="NFe1" versao="4.00"') -> str:
    return f'<NFe xmlns="{NFE}"><infNFe {attributes}>{content}</infNFe> </NFe>'


@pytest.mark.parametrize(
    "sheet",
    [
        inside("<ide><cUF>35</cUF></ide>"),
        inside("", 'versao="4.00" Id="NFe1"'),
        inside("<a/><b></b><c x='1'/><d x=''>/&gt;</d>"),
        inside("<xNome>A &amp; B</xNome>", ""),
        inside("<xNome>1 &lt; 2 &gt; 0</xNome>"),
        inside('<xNome>5" x="3" ação</xNome>'),
        inside("<x>&#13;\n\t&#9;&#160;&quot;&apos;</x>"),
        inside('<obsCont xCampo="a&#9;b&quot;&gt;&amp;"><xTexto>1</xTexto></obsCont>'),
        inside('<det versao="2" nItem="1" a="&lt;"/>'),
        inside("<![CDATA[<a/> & ]]><!-- c --><?pi x?>"),
        inside('<x xmlns="">1</x>'),
        inside('<x xml:space="preserve" b="1"> </x>'),
        inside(f'<y xmlns="{NFE}">1</y><n:z xmlns:n="urn:n" n:b="1" a="2"/>'),
        inside("<x>1</x>", 'Id="a&lt;b" outro="1"'),
        f'<s:E xmlns:s="urn:s" xmlns="{NFE}"><infNFe Id="NFe1"><s:x>1</s:x></infNFe></s:E>',
        f'<n:NFe xmlns:n="{NFE}"><n:infNFe Id="NFe1"><n:x>1</n:x></n:infNFe></n:NFe>',
        '<NFe><infNFe Id="NFe1"><x>1</x></infNFe></NFe>',
    ],
)
def test_the_canonical_form(sheet: str) -> None:
    info = info_of(sheet)
    before = etree.tostring(info)
    assert canonical(info) == official(info)
    assert etree.tostring(info) == before


_TEXT = st.text(st.sampled_from("a1é \"'&<>\n\r\t=/"), max_size=12)


@given(st.lists(st.tuples(_TEXT, st.lists(_TEXT, max_size=2), _TEXT), max_size=4))
@settings(deadline=None)
def test_the_canonical_form_of_any_text(parts: list[tuple[str, list[str], str]]) -> None:
    sheet = etree.Element(f"{{{NFE}}}NFe", nsmap={None: NFE})
    info = etree.SubElement(sheet, f"{{{NFE}}}infNFe", versao="4.00", Id="NFe1")
    for text, attributes, tail in parts:
        child = etree.SubElement(
            info, f"{{{NFE}}}x", {f"b{2 - place}": value for place, value in enumerate(attributes)}
        )
        child.text, child.tail = text, tail
    assert canonical(info) == official(info)


def test_a_long_name_is_no_trap() -> None:
    info = info_of(inside(f"<{'a' * 40_000} {'b' * 40_000}='/'>x</{'a' * 40_000}><e/>"))
    assert canonical(info) == official(info)
