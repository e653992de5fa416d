"""What a service manager hears: from the module, and from a real `nexus run`."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from nexus_tui.notify import ALIVE, READY, SIGNS, STOPPING, ServiceManager
from tests.nexus_tui.cli.running import PATIENCE_S, Nexus, environment, first_line


class Ear:
    """The service manager's end of the socket."""

    def __init__(self, address: str) -> None:
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind("\0" + address[1:] if address.startswith("@") else address)
        self.address = address

    def heard(self, within_s: float = PATIENCE_S) -> str:
        self.socket.settimeout(within_s)
        return self.socket.recv(4096).decode()

    def silent(self, for_s: float) -> bool:
        """Whether nothing new comes; what had come before is thrown away."""
        self.drain()
        try:
            self.heard(for_s)
        except TimeoutError:
            return True
        return False

    def drain(self) -> None:
        self.socket.setblocking(False)
        try:
            while True:
                self.socket.recv(4096)
        except BlockingIOError:
            return


@pytest.fixture(params=["path", "abstract"])
def ear(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Ear]:
    ear = Ear(str(tmp_path / "notify") if request.param == "path" else f"@nexus-test-{os.getpid()}")
    yield ear
    ear.socket.close()


def test_a_message_is_one_datagram_of_lines(ear: Ear) -> None:
    assert ServiceManager.of({"NOTIFY_SOCKET": ear.address}).tell(READY, "STATUS=é")
    assert ear.heard() == "READY=1\nSTATUS=é"


def test_what_this_process_starts_does_not_inherit_the_socket(ear: Ear) -> None:
    variables = {"NOTIFY_SOCKET": ear.address, "WATCHDOG_USEC": "30000000", "WATCHDOG_PID": str(os.getpid()), "PATH": "/bin"}
    assert ServiceManager.of(variables).every_s == 30 / SIGNS
    assert variables == {"PATH": "/bin"}


@pytest.mark.parametrize("address", ["", "relative", "vsock:2:1234"])
def test_an_address_that_is_no_socket_of_this_machine_is_left_alone(address: str) -> None:
    assert not ServiceManager.of({"NOTIFY_SOCKET": address}).tell(READY)


def test_a_service_manager_that_is_gone_or_does_not_read_is_no_error(tmp_path: Path) -> None:
    assert not ServiceManager.of({"NOTIFY_SOCKET": str(tmp_path / "gone")}).tell(READY)
    ear = Ear(str(tmp_path / "deaf"))
    manager = ServiceManager.of({"NOTIFY_SOCKET": ear.address})
    while manager.tell("STATUS=" + "x" * 1000):
        pass
    ear.socket.close()


@pytest.mark.parametrize(
    ("usec", "pid", "every_s"),
    [("0", None, None), ("", None, None), ("soon", None, None), ("3000000", "1", None), ("3000000", "", 1.0), (None, None, None)],
)
def test_life_is_shown_only_to_who_waits_for_it(usec: str | None, pid: str | None, every_s: float | None) -> None:
    given = {"NOTIFY_SOCKET": "/x", "WATCHDOG_USEC": usec, "WATCHDOG_PID": pid}
    assert ServiceManager.of({name: value for name, value in given.items() if value is not None}).every_s == every_s
    assert ServiceManager.of({name: value for name, value in given.items() if value is not None and name != "NOTIFY_SOCKET"}).every_s is None


async def test_a_loop_that_hangs_shows_no_life(tmp_path: Path) -> None:
    ear = Ear(str(tmp_path / "notify"))
    living = asyncio.ensure_future(ServiceManager.of({"NOTIFY_SOCKET": ear.address, "WATCHDOG_USEC": "60000"}).live())
    await asyncio.sleep(0.1)
    assert ear.heard(0) == ALIVE
    ear.drain()
    time.sleep(0.2)
    assert ear.silent(0.05)
    await asyncio.sleep(0.05)
    assert ear.heard(0) == ALIVE
    living.cancel()
    ear.socket.close()


def started(nexus: Nexus, ear: Ear, **more: str) -> subprocess.Popen[bytes]:
    line = nexus.line(("run", "--json"))
    return subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment(NOTIFY_SOCKET=ear.address, **more))


def ended(process: subprocess.Popen[Any]) -> int:
    process.send_signal(signal.SIGCONT)
    process.terminate()
    code = process.wait(PATIENCE_S)
    for stream in (process.stdout, process.stderr):
        assert stream is not None
        stream.close()
    return code


def test_a_service_is_ready_when_its_engine_takes_commands_and_says_when_it_stops(tmp_path: Path, ear: Ear) -> None:
    nexus = Nexus(tmp_path / "data")
    process = started(nexus, ear)
    try:
        assert ear.heard() == READY
        assert nexus.json("status").object["engine"] == {"state": "running", "pid": process.pid}
        process.terminate()
        assert ear.heard() == STOPPING
        assert process.wait(PATIENCE_S) == 0
    finally:
        ended(process)


def test_a_service_that_fails_to_start_is_never_ready(tmp_path: Path, ear: Ear) -> None:
    nexus = Nexus(tmp_path / "data")
    with nexus.running():
        process = started(nexus, ear)
        assert process.wait(PATIENCE_S) == 75
        assert ear.silent(0.05)
        ended(process)


def test_a_running_service_shows_life_and_a_stopped_process_none(tmp_path: Path, ear: Ear) -> None:
    process = started(Nexus(tmp_path / "data"), ear, WATCHDOG_USEC="300000")
    try:
        first_line(process)
        while ear.heard(5) != READY:
            pass
        assert [ear.heard(2) for _ in range(3)] == [ALIVE] * 3
        process.send_signal(signal.SIGSTOP)
        time.sleep(0.1)
        assert ear.silent(0.5)
        process.send_signal(signal.SIGCONT)
        assert ear.heard(2) == ALIVE
    finally:
        assert ended(process) == 0
