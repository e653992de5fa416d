"""The systemd units of `nexus run`: their text, where they go, and writing them. packaging/systemd/ holds the texts as the .deb ships them.

The system's service has a user of its own, sees nothing of the machine but its data directory, and is restarted when its loop hangs
(systemd.exec(5), systemd.service(5)). A user's service keeps what an unprivileged service manager can enforce.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from engine.errors import NoServiceManager, NotInstalled, OutOfReach

STATE = Path("/var/lib/nexus")
COMMAND = ("/usr/bin/nexus",)
#: What sd_booted(3) looks at.
BOOTED = Path("/run/systemd/system")
#: What ProtectHome and PrivateTmp hide from the system's service.
HIDDEN = tuple(map(Path, ("/home", "/root", "/run/user", "/tmp", "/var/tmp")))  # noqa: S108

SYSTEM_STEPS = ("systemd-sysusers", "systemctl daemon-reload", "systemctl enable --now nexus", "systemctl status nexus")
USER_STEPS = (
    "systemctl --user daemon-reload",
    "systemctl --user enable --now nexus",
    "loginctl enable-linger",
    "systemctl --user status nexus",
)

SYSUSERS = 'u nexus - "Nexus" /var/lib/nexus\n'

_LIFE = """\
Type=notify
WatchdogSec=60
# An update may have to copy and migrate a large database first.
TimeoutStartSec=30min
TimeoutStopSec=2min
# 2 and 78 are mistakes in the call or the configuration; everything else may be over next time. A box nobody looks at never gives up.
Restart=on-failure
RestartSec=5
RestartPreventExitStatus=2 78
# The engine stops its own extraction processes, and survives one that took too much memory.
KillMode=mixed
OOMPolicy=continue
LimitCORE=0
UMask=0077
"""

_FILTERED = """\
NoNewPrivileges=yes
LockPersonality=yes
MemoryDenyWriteExecute=yes
# Extraction leaves the network for an empty one of its own.
RestrictNamespaces=user net
RestrictRealtime=yes
RestrictSUIDSGID=yes
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallFilter=~@privileged
SystemCallErrorNumber=EPERM
"""

_HIDDEN = """\
ProtectSystem=strict
ProtectHome=yes
PrivateTmp=yes
PrivateDevices=yes
ProtectProc=invisible
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
CapabilityBoundingSet=
AmbientCapabilities=
KeyringMode=private
RemoveIPC=yes
"""

_HEAD = """\
[Unit]
Description=Nexus, fiscal documents
Documentation=man:nexus(1)
# The network is never waited for.
StartLimitIntervalSec=0
"""

State = Literal["dry_run", "created", "replaced", "unchanged"]


@dataclass(frozen=True, slots=True)
class Service:
    """Files of a service, the unit first, and what to type once they are there."""

    files: tuple[tuple[Path, str], ...]
    steps: tuple[str, ...]


def system_unit(command: Sequence[str] = COMMAND, directory: Path = STATE) -> str:
    """The unit for the whole machine. A `directory` elsewhere than `STATE` must exist and belong to the user `nexus`."""
    if directory == STATE:
        where, state = "", "StateDirectory=nexus\nStateDirectoryMode=0700\n"
    else:
        where, state = f"RequiresMountsFor={_quoted(directory)}\n", f"ReadWritePaths={_quoted(directory)}\n"
    return (
        f"{_HEAD}{where}\n[Service]\nUser=nexus\nGroup=nexus\n{_run(command, directory)}"
        f"{state}ConfigurationDirectory=nexus\n# Where config.toml is looked for: /etc/nexus.\nEnvironment=XDG_CONFIG_HOME=%E\n{_LIFE}\n"
        "# Folders to watch are opened in a drop-in (systemctl edit nexus): ReadWritePaths=/srv/notas, and access for the user nexus.\n"
        "# Secrets come in as credentials: LoadCredentialEncrypted=NAME:/etc/nexus/NAME.cred.\n"
        f"{_HIDDEN}{_FILTERED}\n[Install]\nWantedBy=multi-user.target\n"
    )


def user_unit(command: Sequence[str], directory: Path) -> str:
    """The unit of one user; it runs from login, or from boot where the user lingers."""
    return f"{_HEAD}\n[Service]\n{_run(command, directory)}{_LIFE}\n{_FILTERED}\n[Install]\nWantedBy=default.target\n"


def for_system(command: Sequence[str], directory: Path = STATE) -> Service:
    """The machine's service and its user."""
    unit = (Path("/etc/systemd/system/nexus.service"), system_unit(command, directory))
    return Service((unit, (Path("/etc/sysusers.d/nexus.conf"), SYSUSERS)), SYSTEM_STEPS)


def for_user(command: Sequence[str], directory: Path, configuration: Path) -> Service:
    """A user's service; `configuration` is ~/.config or what stands for it."""
    return Service(((configuration / "systemd/user/nexus.service", user_unit(command, directory)),), USER_STEPS)


def this_command() -> tuple[str, ...]:
    """What starts the Nexus that runs now: its script, the frozen program, or its interpreter."""
    if getattr(sys, "frozen", False):
        return (sys.executable,)
    beside = Path(sys.executable).with_name("nexus")
    for script in (Path(sys.argv[0]), beside):
        if script.name == "nexus" and os.access(script, os.X_OK):
            return (str(script.absolute()),)
    return (sys.executable, "-m", "nexus_tui")


def managed() -> None:
    """Raise `NoServiceManager` where systemd does not run the machine."""
    if not BOOTED.is_dir():
        raise NoServiceManager("systemd does not run this machine.")


def reachable(programs: Iterable[Path]) -> None:
    """Raise `OutOfReach` if the system's service could not see a program: it is in somebody's home or a folder for temporary files."""
    for path in {seen for program in programs for seen in (program.absolute(), program.resolve())}:
        if any(path.is_relative_to(hidden) for hidden in HIDDEN):
            raise OutOfReach(f"The service cannot see {path}.")


def install(service: Service, root: Path | None) -> list[tuple[Path, State]]:
    """Write the files of a service, below `root` if it is an image's. Raises `NotInstalled`."""
    return [(target, _write(target, text)) for path, text in service.files for target in [placed(path, root)]]


def placed(path: Path, root: Path | None) -> Path:
    """Where a file of this machine is in an image."""
    return path if root is None else root / path.relative_to("/")


def _write(path: Path, text: str) -> State:
    try:
        before = path.read_text(encoding="utf-8") if path.exists() else None
        if before == text:
            return "unchanged"
        path.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
        made = path.with_name(f".{path.name}.new")
        made.write_text(text, encoding="utf-8")
        made.chmod(0o644)
        made.replace(path)
    except OSError as error:
        raise NotInstalled(f"{path} cannot be written: {error.strerror}.") from error
    return "created" if before is None else "replaced"


def _run(command: Sequence[str], directory: Path) -> str:
    line = " ".join(_quoted(word, dollars=True) for word in (*command, "run", "--data-dir", str(directory)))
    return f"ExecStart={line}\n"


def _quoted(value: str | Path, *, dollars: bool = False) -> str:
    """A word of a unit: specifiers and variables are not expanded in it (systemd.syntax(7), systemd.unit(5))."""
    text = str(value).replace("%", "%%")
    if dollars:
        text = text.replace("$", "$$")
    if text and not set(text) & set(" \t\n\"'\\;"):
        return text
    for character, escape in (("\\", "\\\\"), ('"', '\\"'), ("\n", "\\n"), ("\t", "\\t")):
        text = text.replace(character, escape)
    return f'"{text}"'
