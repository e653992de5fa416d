"""L4: no test passes thanks to a network."""

from __future__ import annotations

import socket

import pytest

#: An address for documentation (RFC 5737) that belongs to nobody.
NOBODY = ("192.0.2.1", 443)


def test_a_connection_that_leaves_the_machine_is_refused() -> None:
    with socket.socket() as outside, pytest.raises(AssertionError, match="reached for the network"):
        outside.connect(NOBODY)


def test_a_connection_on_the_machine_is_let_through() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as client:
        client.sendall(b"x")
        accepted, _ = server.accept()
        assert accepted.recv(1) == b"x"
        accepted.close()


def test_the_project_decides_with_one_command() -> None:
    from tests.packaging.building import REPOSITORY

    called = [
        line
        for line in (REPOSITORY / ".ci" / "run").read_text(encoding="utf-8").splitlines()
        if line.startswith("make ")
    ]
    assert called == ["make test", "make check"]
