"""The service for real: the package is installed into a copy of this machine, systemd boots in it and runs the unit with all its confinement.

Needs root, systemd and a kernel that lets a second systemd boot in namespaces; what is missing is said by the reason of the skip. Nothing of this machine is changed.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from tests.packaging.building import NOTES, PACKAGING, slow
from tests.packaging.test_deb import needs_dpkg, package

__all__ = ["package"]

BOOT = Path(__file__).with_name("boot.sh")
SYSTEMD = Path("/lib/systemd/systemd")
OFF = "systemctl --no-block poweroff -f -f\n"

UNIT = """\
[Unit]
Wants={wants}
[Service]
Type=oneshot
ExecStart=/bin/bash /share/probe
"""

PREPARE = """\
#!/bin/bash
set -e
dpkg --force-depends -i /share/nexus.deb
mkdir -p /etc/systemd/system/nexus.service.d
printf '[Service]\\nWatchdogSec=3\\nRestartSec=1\\n' > /etc/systemd/system/nexus.service.d/quick.conf
chmod -R a+rX /share/notes
"""

PROBE = """\
exec 2>/share/probe.log
set -x
cd /
said() { cat > "/share/$1"; }
shows() { systemctl show nexus --property "$1" --value; }
nexus() { runuser -u nexus -- /usr/bin/nexus "$@" --data-dir /var/lib/nexus --json; }
waits() { for _ in $(seq 150); do eval "$1" && return; sleep 0.2; done; }

systemctl start nexus
systemctl show nexus | said started
first=$(shows MainPID)
cat /proc/$first/status | said confinement
nexus status | said status
nexus add /share/notes | said added
waits 'nexus status | grep -q "\\"pipeline.finalized\\": 114"'
nexus status | said processed
nexus config path | said configuration
for one in $(cat /sys/fs/cgroup/system.slice/nexus.service/cgroup.procs); do
    echo "$(readlink /proc/$one/ns/net) $(tr '\\0' ' ' < /proc/$one/cmdline)"
done | said processes
readlink /proc/self/ns/net | said network
as_service() { nsenter --target $first --mount setpriv --reuid nexus --regid nexus --clear-groups "$@"; }
as_service /bin/sh -c 'touch /usr/touched; touch /etc/nexus/touched; ls /home; ls /root; touch /var/lib/nexus/touched && echo data' 2>&1 | said reach
stat -c '%a %U %n' /var/lib/nexus /var/lib/nexus/* | said modes

# A loop that hangs shows no life: systemd ends the process and starts another.
kill -STOP $first
waits '[ "$(shows NRestarts)" = 1 ] && [ "$(shows ActiveState)" = active ]'
systemctl show nexus | said restarted

systemctl stop nexus
systemctl show nexus | said stopped

# What a restart cannot mend is not tried again.
echo 'no such setting' > /etc/nexus/config.toml
systemctl start nexus
sleep 3
systemctl show nexus | said refused
journalctl -u nexus --no-pager --output=cat | said journal
systemd-analyze verify nexus.service 2>&1 | said verified
"""


def booted(share: Path, unit: str, within_s: int) -> None:
    """Boot a copy of this machine into a unit that lies in `share`, until it powers off."""
    namespaces = ["--mount", "--pid", "--cgroup", "--uts", "--ipc", "--fork", "--kill-child"]
    subprocess.run(
        ["unshare", *namespaces, "bash", str(BOOT), str(share), unit],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=within_s,
        check=False,
    )


@pytest.fixture(scope="module")
def can_boot(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Skip, saying why, where systemd cannot be booted."""
    if os.geteuid() != 0:
        pytest.skip("not root: sudo make service-check boots the service")
    if not SYSTEMD.exists() or shutil.which("unshare") is None:
        pytest.skip("no systemd: apt-get install systemd")
    share = tmp_path_factory.mktemp("can-boot")
    (share / "can-boot.service").write_text(UNIT.format(wants=""), encoding="utf-8")
    (share / "probe").write_text(f"touch /share/up\n{OFF}", encoding="utf-8")
    try:
        booted(share, "can-boot.service", 60)
    except subprocess.TimeoutExpired:
        pytest.skip("this kernel lets no second systemd boot in namespaces")
    if not (share / "up").exists():
        pytest.skip("this kernel lets no second systemd boot in namespaces")


@pytest.fixture(scope="module")
def share(can_boot: None, package: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a service was seen to do, a file each."""
    share = tmp_path_factory.mktemp("share")
    shutil.copy(package, share / "nexus.deb")
    shutil.copytree(NOTES, share / "notes")
    share.chmod(0o755)
    (share / "prepare").write_text(PREPARE, encoding="utf-8")
    (share / "prepare").chmod(0o755)
    (share / "probe.service").write_text(UNIT.format(wants=""), encoding="utf-8")
    (share / "probe").write_text(PROBE + OFF, encoding="utf-8")
    with suppress(subprocess.TimeoutExpired):
        booted(share, "probe.service", 240)
    assert (share / "verified").exists(), "\n".join(path.read_text()[-3000:] for path in share.glob("pr*.log"))
    return share


def properties(share: Path, name: str) -> dict[str, str]:
    return dict(line.split("=", 1) for line in (share / name).read_text().splitlines())


def told(share: Path, name: str) -> Any:
    return json.loads((share / name).read_text())


@slow
@needs_dpkg
def test_the_service_is_ready_confined_and_processes_documents(share: Path) -> None:
    started = properties(share, "started")
    assert (started["ActiveState"], started["Type"], started["User"]) == ("active", "notify", "nexus")
    assert started["WatchdogUSec"] == "3s"
    status = (share / "confinement").read_text()
    assert re.search(r"^CapBnd:\t0+$", status, re.MULTILINE)
    assert re.search(r"^NoNewPrivs:\t1$", status, re.MULTILINE)
    assert re.search(r"^Seccomp:\t2$", status, re.MULTILINE)
    assert told(share, "status")["engine"] == {"state": "running", "pid": int(started["MainPID"])}
    counters = told(share, "processed")["counters"]
    # The 112 that `nexus demo` tells, and the two lists that some of them came in.
    assert counters["pipeline.finalized"] == counters["documents"] == 114
    assert counters.get("state:dead_lettered", 0) == 0


@slow
@needs_dpkg
def test_the_service_writes_its_data_and_nothing_else(share: Path) -> None:
    usr, etc, home, root, data = (
        line for line in (share / "reach").read_text().splitlines() if not line.startswith("+ ")
    )
    assert usr.endswith("Read-only file system")
    assert all(line.endswith("Permission denied") for line in (etc, home, root))
    assert data == "data"
    modes = [line.split() for line in (share / "modes").read_text().splitlines() if not line.endswith("/touched")]
    assert modes[0] == ["700", "nexus", "/var/lib/nexus"]
    assert {mode for mode, _, _ in modes} <= {"700", "600"}
    assert {user for _, user, _ in modes} == {"nexus"}


@slow
@needs_dpkg
def test_extraction_has_no_network_inside_the_service_either(share: Path) -> None:
    ours = (share / "network").read_text().strip()
    processes = (share / "processes").read_text().splitlines()
    workers = [line for line in processes if "sandbox.worker" in line]
    assert workers
    assert [line for line in workers if line.startswith(ours)] == []
    assert [line for line in processes if line.startswith(ours)] != []


@slow
@needs_dpkg
def test_a_service_whose_loop_hangs_is_started_again(share: Path) -> None:
    restarted = properties(share, "restarted")
    assert (restarted["NRestarts"], restarted["ActiveState"]) == ("1", "active")
    assert restarted["MainPID"] != properties(share, "started")["MainPID"]
    assert "Watchdog timeout" in (share / "journal").read_text()


@slow
@needs_dpkg
def test_stopping_is_a_good_end(share: Path) -> None:
    stopped = properties(share, "stopped")
    assert (stopped["ActiveState"], stopped["Result"], stopped["ExecMainStatus"]) == ("inactive", "success", "0")


@slow
@needs_dpkg
def test_the_service_reads_its_configuration_and_a_bad_one_ends_it_for_good(share: Path) -> None:
    refused = properties(share, "refused")
    assert (refused["ActiveState"], refused["ExecMainStatus"], refused["NRestarts"]) == ("failed", "78", "0")
    assert "/etc/nexus/config.toml" in (share / "journal").read_text()


@slow
@needs_dpkg
def test_systemd_finds_no_fault_in_the_installed_unit(share: Path) -> None:
    assert (share / "verified").read_text() == ""
    assert "Creating user 'nexus'" in (share / "prepare.log").read_text()
    assert (PACKAGING / "systemd" / "nexus.service").exists()
