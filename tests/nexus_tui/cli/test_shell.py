"""The command line as a citizen of the shell: start-up, help, usage errors, streams that close, bare locales."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import typer

from nexus_tui.cli.main import app
from nexus_tui.cli.reference import commands
from nexus_tui.version import VERSION
from tests.nexus_tui.cli.conftest import Call
from tests.nexus_tui.cli.running import REPOSITORY, Nexus, environment

Worked = tuple[Nexus, list[dict[str, Any]]]

#: What `--version` must not pay for.
HEAVY = ("textual", "rich", "typer", "click", "httpx", "apscheduler", "msgspec", "lxml", "starlette", "uvicorn", "sqlite3", "pysqlite3", "asyncio", "store", "engine")
#: What the command line pays for only where it is used: a usage error or `--help` needs none of it.
LAZY = ("textual", "httpx", "apscheduler", "lxml", "starlette", "uvicorn", "pysqlite3", "nfelib")


@pytest.mark.quiet
def test_the_version_is_told_at_once() -> None:
    times = []
    for _ in range(5):
        began = time.perf_counter()
        ran = subprocess.run([sys.executable, "-m", "nexus_tui", "--version"], capture_output=True, env=environment(), check=True, timeout=30)
        times.append(time.perf_counter() - began)
        assert ran.stdout.decode() == f"nexus {VERSION}\n"
    # The best of five: a busy machine makes every one of them slower, never faster.
    assert min(times) <= 0.15


def imported(arguments: list[str]) -> set[str]:
    """The top-level modules that a call imports."""
    code = (
        "import sys\nsys.argv=['nexus',*sys.argv[1:]]\nfrom nexus_tui.__main__ import main\n"
        "try:\n main()\nexcept SystemExit: pass\nsys.stderr.write('\\n'+' '.join(sorted({name.partition('.')[0] for name in sys.modules})))"
    )
    ran = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, env=environment(), check=True, timeout=30)
    return set(ran.stderr.decode().splitlines()[-1].split())


def test_the_version_imports_nothing_heavy() -> None:
    assert imported(["--version"]) & set(HEAVY) == set()


@pytest.mark.parametrize("arguments", [["--help"], ["docs", "ls", "--nope"]])
def test_help_and_usage_errors_import_no_engine(arguments: list[str]) -> None:
    assert imported(arguments) & set(LAZY) == set()


COMMANDS = [path[1:] for path, _ in commands(typer.main.get_command(app))]


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_every_command_has_help_with_json_and_a_language(call: Call, path: tuple[str, ...]) -> None:
    out = call(None, *path, "--help").out
    assert out.startswith(f"Usage: nexus {' '.join(path)} ")
    assert "--json" in out
    assert "--lang" in out
    assert ("--data-dir" in out) == (path != ("demo",))


@pytest.mark.parametrize(
    "arguments", [("dosc",), ("docs", "sl"), ("docs",), ("docs", "ls", "--nope"), ("jobs", "ls", "--limit", "x"), ("jobs", "ls", "--limit", "0"), ("process",)]
)
def test_a_usage_error_is_2_with_nothing_on_stdout(call: Call, arguments: tuple[str, ...]) -> None:
    ended = call(None, *arguments, code=2)
    assert ended.out == ""
    assert "Usage: nexus" in ended.err


def test_the_nearest_command_is_named(call: Call) -> None:
    assert "Did you mean 'companies'?" in call(None, "companeis", code=2).err


def test_options_before_the_command_count(call: Call, worked: Worked) -> None:
    nexus, objects = worked
    before = call(None, "--data-dir", nexus.directory, "--lang", "pt", "docs", "ls", "family:zip", code=0)
    assert before.out.split()[0] == "documento"
    assert call(None, "--version").out == f"nexus {VERSION}\n"


def test_the_environment_names_the_data_directory_and_the_tenant(worked: Worked) -> None:
    nexus, objects = worked
    ran = subprocess.run(
        [sys.executable, "-m", "nexus_tui", "docs", "ls", "--json"], capture_output=True, timeout=30, check=True,
        env=environment(NEXUS_DATA_DIR=str(nexus.directory), NEXUS_TENANT="other"),
    )  # fmt: skip
    assert (ran.stdout, ran.stderr) == (b"", b"")


def test_without_a_terminal_there_is_no_ui(tmp_path: Path) -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "nexus_tui"], capture_output=True, stdin=subprocess.DEVNULL, timeout=30, check=False, env=environment(NEXUS_DATA_DIR=str(tmp_path))
    )
    assert (ran.returncode, ran.stdout) == (2, b"")
    assert b"needs a terminal" in ran.stderr
    assert list(tmp_path.iterdir()) == []


def test_who_stops_reading_is_no_error(worked: Worked) -> None:
    nexus, _ = worked
    for arguments in (("docs", "ls", "--json"), ("docs", "ls"), ("kv", "ls", "--json")):
        process = subprocess.Popen(nexus.line(arguments), stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment())
        assert process.stdout is not None
        process.stdout.close()
        assert process.stderr is not None
        assert process.stderr.read() == b""
        assert process.wait(20) == 0
        process.stderr.close()


@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize("arguments", [("docs", "ls"), ("docs", "ls", "--json"), ("status",), ("config", "path")], ids=" ".join)
def test_output_that_does_not_fit_the_disk_is_a_coded_error(worked: Worked, arguments: tuple[str, ...], unbuffered: str) -> None:
    nexus, _ = worked
    with Path("/dev/full").open("wb") as full:
        ran = subprocess.run(
            nexus.line(arguments), stdout=full, stderr=subprocess.PIPE, timeout=30, check=False, env=environment(PYTHONUNBUFFERED=unbuffered)
        )
    assert ran.returncode == 69
    assert b"NX-E25" in ran.stderr
    assert b"Traceback" not in ran.stderr


def test_closed_streams_are_no_error(worked: Worked) -> None:
    nexus, _ = worked
    line = " ".join(nexus.line(("docs", "ls")))
    for closed in (">&-", "2>&-", ">&- 2>&- <&-"):
        assert subprocess.run(["/bin/sh", "-c", f"{line} {closed}"], capture_output=True, env=environment(), timeout=30, check=False).returncode == 0


@pytest.mark.parametrize(
    "bare", [{"LC_ALL": "C", "LANG": ""}, {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}, {"PYTHONIOENCODING": "latin-1"}], ids=["c", "ascii", "latin-1"]
)
def test_a_bare_locale_loses_no_letter_of_the_json(worked: Worked, bare: dict[str, str]) -> None:
    nexus, objects = worked
    ended = nexus.json("docs", "show", next(value["docId"] for value in objects if value["file"].endswith("nfe.xml")), env=bare)
    value = ended.object
    assert value["issuer"]["name"] in {one["issuer"]["name"] for one in objects}
    ran = subprocess.run(nexus.line(("docs", "show", value["docId"], "--lang", "pt")), capture_output=True, env=environment(**bare), timeout=30, check=False)
    assert (ran.returncode, ran.stderr) == (0, b"")
    assert ("número".encode() if "PYTHONIOENCODING" not in bare else "número".encode("latin-1")) in ran.stdout


def test_the_script_is_the_module() -> None:
    text = (REPOSITORY / "pyproject.toml").read_text(encoding="utf-8")
    assert 'nexus = "nexus_tui.__main__:main"' in text
