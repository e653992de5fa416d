"""A small GitHub on 127.0.0.1: answers as it is told, and remembers what it was asked."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

TOKEN = "ghp_canary0123456789canary0123456789"

#: A status that is none: the connection ends without an answer.
BREAKS_OFF = 0


@dataclass
class GitHub:
    """What is answered next, and what came. `hold` keeps answers back until it is set."""

    address: str = ""
    status: int = 201
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes | None = None
    asked: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)
    hold: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self.hold.set()

    def answers(self, status: int, body: bytes | None = None, **headers: str) -> None:
        self.status, self.body = status, body
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}

    def issue(self) -> bytes:
        number = len(self.asked)
        return json.dumps({"number": number, "html_url": f"https://github.com/acme/nexus/issues/{number}"}).encode()


@contextmanager
def github() -> Iterator[GitHub]:
    """Serve until the block ends."""
    there = GitHub()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            content = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            there.asked.append((self.path, {name.lower(): value for name, value in self.headers.items()}, content))
            there.hold.wait(60)
            if there.status == BREAKS_OFF:
                return
            body = there.issue() if there.status == 201 and there.body is None else there.body or b'{"message":"no"}'
            try:
                self.send_response(there.status)
                for name, value in there.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)
            except OSError:
                pass  # whoever asked has gone

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    there.address = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield there
    finally:
        there.hold.set()
        server.shutdown()
        server.server_close()
        thread.join(10)
