"""The manual page nexus(1), from the commands themselves."""

from __future__ import annotations

import re
import sys
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPOSITORY))

import typer

from nexus_tui.cli.main import app
from nexus_tui.cli.reference import commands
from nexus_tui.version import VERSION

HEAD = """\
.TH NEXUS 1 "" "nexus {version}" "User Commands"
.SH NAME
nexus \\- local-first appliance for Brazilian fiscal documents
.SH SYNOPSIS
.B nexus
[\\fICOMMAND\\fR] [\\fIOPTIONS\\fR]
.SH DESCRIPTION
Files go in; audited, explained, classified, booked and reconciled reports come out, offline.
Without a command the terminal UI opens: on the engine that runs on the data directory, or on one of its own.
Every command has
.BR \\-\\-json ,
.B \\-\\-lang
and
.BR \\-\\-help .
.SH COMMANDS
"""

TAIL = """\
.SH EXIT STATUS
0 done; 1 some documents failed; 2 usage; 69 unavailable; 75 the data directory is in use by a process that does not answer; 78 configuration.
.SH ENVIRONMENT
.TP
.B NEXUS_DATA_DIR
The data directory.
.TP
.B NEXUS_LANG
Language of output: pt or en.
.TP
.B NOTIFY_SOCKET, WATCHDOG_USEC
Set by systemd(1): where the service says that it is ready, stops, and lives.
.SH FILES
.TP
.I /var/lib/nexus
Data of the service.
.TP
.I /etc/nexus
Its configuration.
.SH SEE ALSO
.BR systemctl (1)
"""


def render() -> str:
    """The whole page in man(7)."""
    root = typer.main.get_command(app)
    told = [f".TP\n.B {_plain(' '.join(path))}\n{_plain(command.help or '')}\n" for path, command in commands(root)]
    return HEAD.format(version=_plain(VERSION)) + "".join(told) + TAIL


def _plain(text: str) -> str:
    """Text in which nothing is a request of the formatter."""
    text = re.sub(r"\s+", " ", text.strip()).replace("\\", "\\e").replace("-", "\\-")
    return f"\\&{text}" if text[:1] in (".", "'") else text


if __name__ == "__main__":
    sys.stdout.write(render())
