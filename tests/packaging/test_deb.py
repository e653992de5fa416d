"""The Debian package: its scripts, its manual page, and, where there is time, the package itself unpacked, installed and run."""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
import subprocess
import sys
import tarfile
from io import BytesIO
from pathlib import Path

import pytest

from nexus_tui.version import VERSION
from tests.packaging.building import PACKAGING, ran, slow, wheelhouse, works

RECIPE = PACKAGING / "deb"
SYSTEM_PYTHON = Path("/usr/bin/python3")

needs_dpkg = pytest.mark.skipif(
    shutil.which("dpkg-deb") is None or not SYSTEM_PYTHON.exists(),
    reason="no dpkg-deb and system Python: apt-get install dpkg python3",
)


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package, for the system's Python."""
    output = tmp_path_factory.mktemp("deb")
    same = ran([SYSTEM_PYTHON, "-c", "import sys; print(sys.version_info[:2])"]) == f"{sys.version_info[:2]}\n"
    source = ["--wheelhouse", wheelhouse()] if same and wheelhouse() is not None else []
    ran([sys.executable, RECIPE / "build_deb.py", "--python", SYSTEM_PYTHON, "--output", output, *source], within_s=600)
    [built] = output.glob("*.deb")
    return built


@pytest.fixture(scope="module")
def tree(package: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Its files, unpacked somewhere else than they belong."""
    folder = tmp_path_factory.mktemp("unpacked") / "tree"
    ran(["dpkg-deb", "-x", package, folder])
    return folder


@pytest.mark.parametrize("name", ["postinst", "prerm", "postrm"])
def test_scripts_are_understood_by_a_plain_shell_and_reach_for_no_network(name: str) -> None:
    script = RECIPE / name
    text = script.read_text(encoding="utf-8")
    ran(["sh", "-n", script])
    assert text.startswith("#!/bin/sh\n")
    assert "\nset -e\n" in text
    assert not {"pip", "curl", "wget", "apt-get", "apt"} & set(text.split())


def test_purging_keeps_the_documents() -> None:
    assert "rm " not in (RECIPE / "postrm").read_text(encoding="utf-8")


@pytest.mark.skipif(shutil.which("groff") is None, reason="no groff: apt-get install groff-base")
def test_the_manual_page_has_every_command_and_no_fault(tmp_path: Path) -> None:
    import typer

    from nexus_tui.cli.main import app
    from nexus_tui.cli.reference import commands

    page = tmp_path / "nexus.1"
    page.write_text(ran([sys.executable, RECIPE / "manpage.py"]), encoding="utf-8")
    shown = subprocess.run(
        ["groff", "-k", "-man", "-Tutf8", "-P-cbou", "-ww", page], capture_output=True, text=True, check=True
    )
    assert shown.stderr == ""
    for path, _ in commands(typer.main.get_command(app)):
        assert f"\n       {' '.join(path)}\n" in shown.stdout


@slow
@needs_dpkg
def test_the_package_says_what_it_needs(package: Path) -> None:
    def field(name: str) -> str:
        return ran(["dpkg-deb", "--field", package, name]).strip()

    minor = int(ran([SYSTEM_PYTHON, "-c", "import sys; print(sys.version_info.minor)"]))
    assert field("Package") == "nexus-tui"
    assert field("Version") == VERSION
    assert field("Depends") == f"python3 (>= 3.{minor}), python3 (<< 3.{minor + 1}~), libc6"


@slow
@needs_dpkg
def test_the_package_puts_things_where_debian_has_them(package: Path, tree: Path) -> None:
    assert os.readlink(tree / "usr/bin/nexus") == "../lib/nexus/bin/nexus"
    unit = tree / "usr/lib/systemd/system/nexus.service"
    assert unit.read_bytes() == (PACKAGING / "systemd" / "nexus.service").read_bytes()
    assert (tree / "usr/lib/sysusers.d/nexus.conf").is_file()
    assert (tree / "usr/share/man/man1/nexus.1.gz").is_file()
    assert (tree / "etc/nexus").is_dir()
    assert not (tree / "var").exists()
    with tarfile.open(
        fileobj=BytesIO(subprocess.run(["dpkg-deb", "--fsys-tarfile", package], capture_output=True, check=True).stdout)
    ) as archive:
        members = archive.getmembers()
    assert {(one.uname, one.gname) for one in members} == {("root", "root")}
    assert [
        one.name
        for one in members
        if not one.issym() and one.mode & (stat.S_IWGRP | stat.S_IWOTH | stat.S_ISUID | stat.S_ISGID)
    ] == []


@slow
@needs_dpkg
def test_nothing_in_the_package_names_the_place_where_it_was_built(tree: Path) -> None:
    home = tree / "usr/lib/nexus"
    places = [str(Path(sys.prefix)).encode(), str(PACKAGING.parent).encode() + b"/", b"/tmp/"]
    known = (".so", ".pyc", ".py")
    texts = [path for path in home.rglob("*") if path.is_file() and not path.is_symlink() and path.suffix not in known]
    assert [str(path) for path in texts if any(place in path.read_bytes() for place in places[:2])] == []
    assert list(home.rglob("direct_url.json")) == []
    # Tracebacks name the file as it is installed.
    [compiled] = (home / "lib").rglob("nexus_tui/__pycache__/version.*.pyc")
    assert b"/usr/lib/nexus/lib/python3" in compiled.read_bytes()


@slow
@needs_dpkg
def test_the_sums_are_those_of_its_files(package: Path, tree: Path, tmp_path: Path) -> None:
    ran(["dpkg-deb", "-e", package, tmp_path / "control"])
    sums = dict(
        reversed(line.split("  ", 1))
        for line in (tmp_path / "control/md5sums").read_text(encoding="utf-8").splitlines()
    )
    assert set(sums) == {
        str(path.relative_to(tree)) for path in tree.rglob("*") if path.is_file() and not path.is_symlink()
    }
    assert all(hashlib.md5((tree / name).read_bytes()).hexdigest() == wanted for name, wanted in sums.items())


@slow
@needs_dpkg
def test_unpacked_anywhere_it_works_without_a_network(tree: Path, tmp_path: Path) -> None:
    works(tree / "usr/bin/nexus", tmp_path)
