"""HTTP as an attacker writes it: bytes on a socket of 127.0.0.1, and what came back."""

from __future__ import annotations

import json
import os
import socket
import sqlite3
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from tests.nexus_tui.cli.running import Nexus

PATIENCE_S = 15.0
HEARTBEAT = "readyz:heartbeat"
BOUNDARY = "nexus-boundary"
MULTIPART = f"Content-Type: multipart/form-data; boundary={BOUNDARY}"
JSON = "Content-Type: application/json"


class Answer(NamedTuple):
    """One answer, or what there was of it; status 0 is a connection that closed without one."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Wire:
    """A served data directory."""

    directory: Path
    address: str
    token: str
    port: int = field(init=False)

    def __post_init__(self) -> None:
        self.port = int(self.address.rpartition(":")[2])

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def bearer(self) -> str:
        return f"Authorization: Bearer {self.token}"

    def connect(self, patience: float = PATIENCE_S) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=patience)

    def raw(self, content: bytes, patience: float = PATIENCE_S) -> bytes:
        """All that comes back until the server closes, or `patience` seconds of silence."""
        with self.connect(patience) as connection:
            # It may have its answer before its end, and the server no ear for the rest.
            with suppress(OSError):
                connection.sendall(content)
            return drained(connection)

    def ask(
        self, method: str, target: str, *headers: str, body: bytes = b"", host: str | None = None, bearer: str | None = None, length: bool = True, patience: float = PATIENCE_S
    ) -> Answer:
        """One request on a connection of its own; `host` and `bearer` are whole header lines, empty for none."""
        lines = [f"{method} {target} HTTP/1.1", f"Host: {self.host}" if host is None else host, self.bearer if bearer is None else bearer, *headers]
        if length:
            lines.append(f"Content-Length: {len(body)}")
        lines.append("Connection: close")
        head = "\r\n".join(line for line in lines if line) + "\r\n\r\n"
        return answer(self.raw(head.encode("latin-1") + body, patience))

    def ingest(self, body: bytes, *headers: str) -> Answer:
        return self.ask("POST", "/api/ingest", *(headers or (MULTIPART,)), body=body)

    def rows(self) -> dict[str, list[Any]]:
        """Every row of every table but the heartbeat that `/readyz` writes by itself."""
        with sqlite3.connect(f"file:{self.directory / 'nexus.db'}?mode=ro", uri=True) as database:
            names = [row[0] for row in database.execute("SELECT name FROM sqlite_master WHERE type='table' AND name NOT LIKE 'search_%' ORDER BY name")]
            found = {name: [tuple(row) for row in database.execute(f"SELECT * FROM {name}")] for name in names}
        found["kv"] = [row for row in found["kv"] if HEARTBEAT not in row]
        return found

    def files(self) -> list[str]:
        """What lies among the blobs, and on its way in; folders too."""
        places = (self.directory / "blobs", self.directory / "incoming")
        # What is removed meanwhile is passed over, which `Path.rglob` does not.
        return sorted(
            str((Path(folder) / name).relative_to(self.directory)) for place in places for folder, folders, names in os.walk(place) for name in (*folders, *names)
        )

    def standing(self) -> tuple[dict[str, list[Any]], list[str]]:
        """Rows and files together: equal before and after is no side effect."""
        return self.rows(), self.files()

    def log(self, event: str | None = None) -> list[dict[str, Any]]:
        """The lines of the log so far."""
        path = self.directory / "logs" / "nexus.jsonl"
        lines = [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
        return [line for line in lines if event is None or line["event"] == event]


def wire(nexus: Nexus, address: str) -> Wire:
    return Wire(nexus.directory, address, (nexus.directory / "api.token").read_text())


def drained(connection: socket.socket) -> bytes:
    content = b""
    try:
        while piece := connection.recv(65536):
            content += piece
    except OSError:
        pass
    return content


def answer(content: bytes) -> Answer:
    head, _, body = content.partition(b"\r\n\r\n")
    if not head.startswith(b"HTTP/1."):
        return Answer(0, {}, b"")
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    return Answer(int(first.split(" ")[1]), headers, body)


def answers(content: bytes) -> list[Answer]:
    """All answers on one connection, one behind the other."""
    found = []
    while content:
        one = answer(content)
        length = int(one.headers.get("content-length", len(one.body)))
        found.append(one._replace(body=one.body[:length]))
        content = one.body[length:]
    return found


def coded(answered: Answer, status: int, code: str) -> None:
    """That an answer has its status, its code, and says what to do."""
    assert answered.status == status, answered
    assert answered.headers["content-type"] == "application/json"
    told = answered.json
    assert told["code"] == code and told["message"] and told["title"] and told["hint"], told


def issues(answered: Answer) -> list[str]:
    coded(answered, 400, "NX-H03")
    found: list[str] = answered.json["issues"]
    return found


def part(content: bytes, name: str | None = "file", filename: str | None = None, *more: str) -> bytes:
    shown = "form-data" + ("" if name is None else f'; name="{name}"') + ("" if filename is None else f'; filename="{filename}"')
    head = "\r\n".join([f"--{BOUNDARY}", f"Content-Disposition: {shown}", *more])
    return head.encode() + b"\r\n\r\n" + content + b"\r\n"


def form(*parts: bytes, end: bool = True) -> bytes:
    return b"".join(parts) + (f"--{BOUNDARY}--\r\n".encode() if end else b"")


TENANT = part(b"default", "tenantId")
