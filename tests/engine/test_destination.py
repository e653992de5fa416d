"""Which addresses a secret may be sent to."""

from __future__ import annotations

import pytest

from engine.destination import destination


@pytest.mark.parametrize(
    ("address", "loopback"),
    [
        ("https://api.github.com", False), ("https://api.github.com/", False), ("https://10.0.0.7:8443/x", False), ("http://127.0.0.1:4318", True),
        ("http://127.8.9.1", True), ("http://[::1]:80", True), ("http://[::ffff:127.0.0.1]", True), ("http://localhost:1", True), ("http://LOCALHOST", True),
        ("https://localhost", True), (" https://logs.example ", False),
    ],
)  # fmt: skip
def test_https_or_this_machine_is_a_destination(address: str, loopback: bool) -> None:
    found = destination(address)
    assert found is not None and found.loopback == loopback
    assert found.address == address.strip().rstrip("/")


@pytest.mark.parametrize(
    "address",
    [
        "", "logs", "ftp://logs.example", "http://logs.example", "http://localhost.evil.example", "http://127.0.0.1.evil.example", "http://127.0.0.1@evil.example",
        "https://user:pass@logs.example", "https://user@logs.example", "https://@logs.example", "http://[::1", "http://127.0.0.1:99999", "http://127.0.0.1:0",
        "https://logs.example:no", "https://", "http://2130706433", "http://0177.0.0.1", "http://0x7f.1", "http://localhost.", "https://logs.example?key=1",
        "https://logs.example#x", "//logs.example", "http://0.0.0.0", "http://169.254.169.254",
    ],
)  # fmt: skip
def test_whatever_else_it_looks_like_is_none(address: str) -> None:
    """Numbers in other writings, names that begin like this machine's, credentials in front of the host."""
    assert destination(address) is None
