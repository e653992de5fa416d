"""Reading a hostile document opens nothing and calls nobody; importing the reader does not drag in nfelib's code."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[3]

PROBE = """
import sys
sys.path.insert(0, {repository!r})
from engine.extraction import schemas
from engine.extraction.documents import extract
from engine.extraction.xml_split import split_documents
from engine.extraction.xml_parser import UnreadableError
schemas.load()
seen = []
def hook(event, arguments):
    if event in ("open", "socket.connect", "socket.getaddrinfo", "subprocess.Popen", "os.system", "import"):
        seen.append((event, str(arguments[0])))
contents = sys.stdin.buffer.read().split(b"\\0\\0\\0")
sys.addaudithook(hook)
for content in contents:
    found = extract(content, "a.xml")
    assert found.state in ("unreadable", "unsupported", "done"), found
    assert b"CANARY" not in repr(found).encode()
    try:
        split_documents(content)
    except UnreadableError:
        pass
opened = [what for what in seen if what[0] != "import"]
assert not opened, opened
assert "nfelib" not in sys.modules
print("clean")
"""


def test_no_file_is_opened_and_no_host_called(tmp_path: Path) -> None:
    """The canary is a named pipe: the audit hook cannot see libxml2 open a file, but to open a pipe nobody writes to
    hangs for ever.
    """
    pipe = tmp_path / "canary"
    os.mkfifo(pipe)
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        url = f"http://127.0.0.1:{server.getsockname()[1]}/x"
        hostile = [
            f'<!DOCTYPE a [<!ENTITY e SYSTEM "file://{pipe}">]><NFe><infNFe>&e;</infNFe></NFe>',
            f'<!DOCTYPE a SYSTEM "file://{pipe}"><NFe><infNFe/></NFe>',
            f'<!DOCTYPE a SYSTEM "{url}"><NFe><infNFe/></NFe>',
            f'<!DOCTYPE a [<!ENTITY % p SYSTEM "{url}">%p;]><NFe/>',
            f'<?xml-stylesheet href="{url}"?><NFe><infNFe versao="4.00"/></NFe>',
            f'<a xmlns:xi="http://www.w3.org/2001/XInclude"><xi:include href="file://{pipe}"/></a>',
            '<NFe xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns="http://www.portalfiscal.inf.br/nfe"'
            f' xsi:schemaLocation="u {url}">'
            f'<infNFe versao="4.00" xsi:noNamespaceSchemaLocation="{pipe}"/></NFe>',
        ]
        done = subprocess.run(
            [sys.executable, "-c", PROBE.format(repository=str(REPOSITORY))],
            input=b"\0\0\0".join(text.encode() for text in hostile),
            capture_output=True,
            timeout=30,
            check=False,
        )
        assert done.stdout.strip() == b"clean", done.stderr.decode()
        try:
            server.accept()
        except TimeoutError:
            return
        raise AssertionError("somebody called")


def test_the_reader_is_light_to_import() -> None:
    script = (
        "import sys, engine.extraction.documents;"
        " assert not {m.split('.')[0] for m in sys.modules} & {'nfelib', 'xsdata', 'httpx', 'textual', 'asyncio'}"
    )
    subprocess.run([sys.executable, "-c", script], cwd=REPOSITORY, check=True, timeout=30)
