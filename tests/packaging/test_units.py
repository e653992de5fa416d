"""The units: what they say, what systemd thinks of them, and `nexus install-service`."""

from __future__ import annotations

import configparser
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from nexus_tui import unit
from tests.nexus_tui.cli.conftest import Call
from tests.nexus_tui.cli.running import Nexus
from tests.packaging.building import PACKAGING, ran

UNIT = PACKAGING / "systemd" / "nexus.service"
BOOTED = unit.BOOTED.is_dir()
needs_analyze = pytest.mark.skipif(
    shutil.which("systemd-analyze") is None, reason="no systemd-analyze: apt-get install systemd"
)


def settings(text: str) -> dict[str, list[str]]:
    """Every setting of a unit, by its name; those that are given twice have two values."""
    found: dict[str, list[str]] = {}
    for line in text.splitlines():
        if line and not line.startswith(("#", "[")):
            name, _, value = line.partition("=")
            found.setdefault(name, []).append(value)
    return found


def test_what_the_packages_ship_is_what_the_command_writes() -> None:
    assert UNIT.read_text(encoding="utf-8") == unit.system_unit()
    assert UNIT.with_name("nexus.sysusers").read_text(encoding="utf-8") == unit.SYSUSERS


def test_a_unit_has_the_sections_systemd_reads() -> None:
    for text in (unit.system_unit(), unit.user_unit(("/usr/bin/nexus",), Path("/data"))):
        parsed = configparser.ConfigParser(strict=False, interpolation=None)
        parsed.read_string(text)
        assert parsed.sections() == ["Unit", "Service", "Install"]


def test_the_service_is_confined() -> None:
    said = settings(UNIT.read_text(encoding="utf-8"))
    wanted = {
        "Type": "notify", "WatchdogSec": "60", "User": "nexus", "UMask": "0077", "StateDirectory": "nexus", "ConfigurationDirectory": "nexus",
        "ProtectSystem": "strict", "ProtectHome": "yes", "NoNewPrivileges": "yes", "PrivateTmp": "yes", "PrivateDevices": "yes",
        "CapabilityBoundingSet": "", "MemoryDenyWriteExecute": "yes", "SystemCallArchitectures": "native", "KillMode": "mixed",
    }  # fmt: skip
    assert {name: said[name] for name in wanted} == {name: [value] for name, value in wanted.items()}
    assert said["SystemCallFilter"] == ["@system-service", "~@privileged"]
    # Nothing of the network is allowed to hold the start up.
    assert not {"After", "Wants", "Requires"} & set(said)


def test_the_users_service_has_nothing_that_needs_root() -> None:
    said = settings(unit.user_unit(("/usr/bin/nexus",), Path("/data")))
    assert not {
        "User",
        "ProtectSystem",
        "ProtectHome",
        "PrivateDevices",
        "CapabilityBoundingSet",
        "StateDirectory",
        "ProtectClock",
    } & set(said)
    assert said["WantedBy"] == ["default.target"]


def test_words_of_a_unit_are_not_expanded() -> None:
    said = settings(unit.system_unit(("/opt/my nexus/100%",), Path('/srv/a "b" $HOME\\c')))
    assert said["ExecStart"] == [r'"/opt/my nexus/100%%" run --data-dir "/srv/a \"b\" $$HOME\\c"']
    assert said["ReadWritePaths"] == [r'"/srv/a \"b\" $HOME\\c"']
    assert "StateDirectory" not in said


@needs_analyze
@pytest.mark.parametrize("user", [False, True], ids=["system", "user"])
def test_systemd_finds_no_fault(user: bool, tmp_path: Path) -> None:
    """Also where nothing runs under systemd; the manual page and the user are not here, so neither is asked for."""
    text = unit.user_unit(("/bin/true",), Path("/data")) if user else unit.system_unit(("/bin/true",))
    file = tmp_path / "nexus.service"
    file.write_text(text.replace("Documentation=man:nexus(1)\n", ""), encoding="utf-8")
    judged = subprocess.run(
        ["systemd-analyze", *(["--user"] if user else []), "--man=no", "verify", file], capture_output=True, text=True, timeout=60, check=False,
        env={"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "XDG_RUNTIME_DIR": str(tmp_path)},
    )  # fmt: skip
    complaints = [line for line in judged.stderr.splitlines() if "nexus.service" in line]
    assert complaints == [], judged.stderr


@needs_analyze
def test_systemd_finds_little_exposed() -> None:
    """Twenty of a hundred: what remains is the network, its own user namespace, and its own files."""
    ran(["systemd-analyze", "--no-pager", "security", "--offline=true", "--threshold=20", UNIT])


def test_a_dry_run_prints_the_unit_alone(nexus: Nexus) -> None:
    told = nexus("install-service", "--dry-run", "--executable", "/usr/bin/nexus")
    assert told.out == unit.system_unit(unit.COMMAND, nexus.directory)
    assert told.err == ""
    assert not nexus.directory.exists()


def test_without_a_data_directory_the_service_has_that_of_the_system() -> None:
    from tests.nexus_tui.cli.running import environment

    out = ran(
        [sys.executable, "-m", "nexus_tui", "install-service", "--dry-run", "--executable", "/usr/bin/nexus"],
        env=environment(),
    )
    assert out == UNIT.read_text(encoding="utf-8")


@pytest.mark.skipif(BOOTED, reason="systemd runs this machine, nothing is to be written into it")
def test_without_systemd_nothing_is_written_and_the_next_step_is_said(call: Call, nexus: Nexus) -> None:
    told = call(nexus, "install-service", code=69)
    assert "No systemd (NX-E60)" in told.err
    assert "--dry-run" in told.err
    assert call(nexus, "install-service", "--user", "--json", code=69).out == ""


def test_installed_into_an_image_twice_it_is_as_it_was(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NEXUS_DATA_DIR")
    image = tmp_path / "image"
    line = ("install-service", "--root", image, "--executable", "/usr/bin/nexus", "--json")
    first = call(None, *line).object
    file = image / "etc/systemd/system/nexus.service"
    assert [one["state"] for one in first["files"]] == ["created", "created"]
    assert file.read_text(encoding="utf-8") == UNIT.read_text(encoding="utf-8")
    assert file.stat().st_mode & 0o777 == 0o644
    assert "systemctl enable --now nexus" in first["next"]
    assert [one["state"] for one in call(None, *line).object["files"]] == ["unchanged", "unchanged"]
    file.write_text("[Service]\n", encoding="utf-8")
    assert [one["state"] for one in call(None, *line).object["files"]] == ["replaced", "unchanged"]
    assert [path.name for path in file.parent.iterdir()] == ["nexus.service"]


def test_the_users_service_goes_where_the_user_has_units(
    call: Call, nexus: Nexus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", "/home/ana/.config")
    told = call(nexus, "install-service", "--user", "--root", tmp_path / "image", "--lang", "pt")
    file = tmp_path / "image/home/ana/.config/systemd/user/nexus.service"
    said = settings(file.read_text(encoding="utf-8"))
    command = shlex.split(said["ExecStart"][0])
    assert command[-3:] == ["run", "--data-dir", str(nexus.directory)]
    assert shutil.which(command[0]) is not None
    assert "Agora rode:" in told.out
    assert "systemctl --user enable --now nexus" in told.out


@pytest.mark.parametrize("program", ["/home/ana/.venv/bin/nexus", "/" + "root/bin/nexus", "/tmp/nexus"])
def test_a_program_that_the_service_could_not_see_is_refused(
    program: str, call: Call, nexus: Nexus, tmp_path: Path
) -> None:
    told = call(nexus, "install-service", "--root", tmp_path / "image", "--executable", program, code=78)
    assert f"(NX-E61): The service cannot see {program}." in told.err
    assert not (tmp_path / "image").exists()


def test_a_place_that_cannot_be_written_is_told(call: Call, nexus: Nexus, tmp_path: Path) -> None:
    (tmp_path / "image").write_text("no folder", encoding="utf-8")
    told = call(nexus, "install-service", "--root", tmp_path / "image", "--executable", "/usr/bin/nexus", code=69)
    assert "NX-E62" in told.err
