"""Different real NF-e in any number: variants of the sample notes that nfelib ships (MIT), each with its own number, key, parties and values.

A variant keeps its sample's layout, items and arithmetic. Changed are the number and the random code, hence the key with its check digit;
issuer and recipient (valid CNPJ, name); every amount, by a whole factor; and the digest of the signed part. The RSA value of the signature
is the sample's: nobody but the issuer can make another one.
"""

from __future__ import annotations

import base64
import hashlib
import importlib.util
import re
from pathlib import Path

from lxml import etree

from engine.fiscal.identifiers import cnpj_check_digits, key_check_digit

NAMESPACE = "{http://www.portalfiscal.inf.br/nfe}"
DIGEST = "{http://www.w3.org/2000/09/xmldsig#}DigestValue"
IDENTIFIER = re.compile(r'Id="NFe(\d{44})"')
AMOUNT = re.compile(r"<(v[A-Z]\w*)>(\d+)(?:\.(\d+))?</\1>")
#: Amounts are multiplied by 1 … 3: larger factors would multiply the samples' own rounding into differences.
FACTORS = 3


def samples() -> list[Path]:
    """The authorised NF-e of layout 4.00 in nfelib's wheel that have a whole key, without importing nfelib."""
    found = importlib.util.find_spec("nfelib")
    assert found is not None and found.submodule_search_locations is not None
    folder = Path(found.submodule_search_locations[0]) / "nfe/samples/v4_0"
    return [path for path in sorted(folder.rglob("*.xml")) if IDENTIFIER.search(text := path.read_text("utf-8")) and "<protNFe" in text]


def variants(count: int) -> list[tuple[str, bytes]]:
    """`count` notes as (file name, bytes), the samples in turn."""
    texts = [path.read_text(encoding="utf-8") for path in samples()]
    return [_variant(texts[number % len(texts)], number) for number in range(count)]


def write(folder: Path, count: int) -> list[Path]:
    """The variants as files; returns their paths in order."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for name, content in variants(count):
        path = folder / name
        path.write_bytes(content)
        paths.append(path)
    return paths


def _variant(text: str, number: int) -> tuple[str, bytes]:
    found = IDENTIFIER.search(text)
    assert found is not None
    old_key = found[1]
    issuer = cnpj(2 * number + 1)
    note_number = 100_000 + number
    code = f"{(number * 7919 + 12_345_678) % 100_000_000:08d}"
    body = f"{old_key[:6]}{issuer}{old_key[20:25]}{note_number:09d}{old_key[34]}{code}"
    key = body + key_check_digit(body)
    text = text.replace(old_key, key)
    for tag, value in (("nNF", str(note_number)), ("cNF", code), ("cDV", key[43])):
        text = re.sub(rf"<{tag}>\d+</{tag}>", f"<{tag}>{value}</{tag}>", text, count=1)
    text = _party(text, "emit", issuer, f"Fornecedor {number:04d} Ltda")
    text = _party(text, "dest", cnpj(2 * number + 2), f"Cliente {number:04d} S.A.")
    factor = 1 + number % FACTORS
    text = AMOUNT.sub(lambda amount: _multiplied(amount, factor), text)
    return f"{key}-procNFe.xml", _digested(text.encode())


def cnpj(number: int) -> str:
    """A valid CNPJ, different for every number."""
    body = f"{10_000_000 + number * 37:08d}0001"
    return body + cnpj_check_digits(body)


def _party(text: str, tag: str, identifier: str, name: str) -> str:
    """Another identifier (where it is a CNPJ) and another name inside `tag`."""
    found = re.search(rf"<{tag}>.*?</{tag}>", text, re.DOTALL)
    if found is None:
        return text
    changed = re.sub(r"<CNPJ>\d{14}</CNPJ>", f"<CNPJ>{identifier}</CNPJ>", found[0], count=1)
    changed = re.sub(r"<xNome>[^<]*</xNome>", f"<xNome>{name}</xNome>", changed, count=1)
    return text[: found.start()] + changed + text[found.end() :]


def _multiplied(amount: re.Match[str], factor: int) -> str:
    tag, whole, decimals = amount[1], amount[2], amount[3] or ""
    digits = str(int(whole + decimals) * factor).rjust(len(decimals) + 1, "0")
    value = f"{digits[: -len(decimals)]}.{digits[-len(decimals) :]}" if decimals else digits
    return f"<{tag}>{value}</{tag}>"


def _digested(content: bytes) -> bytes:
    """The digest of infNFe in the signature and in the protocol, as it is after the change."""
    tree = etree.fromstring(content)
    signed = tree.find(f"{NAMESPACE}NFe/{NAMESPACE}infNFe")
    assert signed is not None
    digest = base64.b64encode(hashlib.sha1(etree.tostring(signed, method="c14n")).digest()).decode()
    for tag in (DIGEST, f"{NAMESPACE}digVal"):
        for element in tree.iter(tag):
            element.text = digest
    return etree.tostring(tree, encoding="utf-8", xml_declaration=True)
