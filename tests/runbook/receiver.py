"""A receiver of telemetry on 127.0.0.1: keeps what is posted, answers as it is told to."""

from __future__ import annotations

import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Receiver:
    """What came in: path, headers with lower-case names, body."""

    port: int = 0
    #: The answer to every request; negative ones are not answered within that many seconds.
    status: int = 200
    #: The body of every answer.
    answer: bytes = b""
    scheme: str = "http"
    posts: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)
    #: Requests so far, however they were answered.
    asked: int = 0

    @property
    def address(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.port}"

    @property
    def taken(self) -> list[bytes]:
        """Bodies that were answered well."""
        return [body for _, _, body in self.posts]


@contextmanager
def receiving(port: int = 0, secured: ssl.SSLContext | None = None) -> Iterator[Receiver]:
    """Receive until the block ends, over TLS if it is `secured`; the same port again stands for the receiver that comes back."""
    receiver = Receiver(scheme="http" if secured is None else "https")

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            receiver.asked += 1
            if receiver.status < 0:
                time.sleep(-receiver.status)
                self.close_connection = True
                return
            if receiver.status < 300:
                receiver.posts.append((self.path, {name.lower(): value for name, value in self.headers.items()}, body))
            self.send_response(receiver.status)
            self.send_header("Content-Length", str(len(receiver.answer)))
            self.end_headers()
            self.wfile.write(receiver.answer)

        def log_message(self, *arguments: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    if secured is not None:
        server.socket = secured.wrap_socket(server.socket, server_side=True)
    server.daemon_threads = True
    receiver.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
