"""Build the Debian package: Nexus with a virtual environment of its own in /usr/lib/nexus, the unit, the user, the manual page.

    python packaging/deb/build_deb.py [--python /usr/bin/python3] [--wheelhouse DIR] [--output DIR]

`--python` is the interpreter of the system the package is for; the package depends on its minor version, for which the compiled wheels are. Wheels come from DIR, made by
`make wheelhouse`, or from the registry; either way only with the hashes of requirements/runtime.txt. Installing the package reaches for no network: everything is inside.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(REPOSITORY), str(REPOSITORY / "packaging"), str(REPOSITORY / "packaging" / "deb")]

import distributions
import manpage

from nexus_tui.version import VERSION

RECIPE = REPOSITORY / "packaging"
LOCK = REPOSITORY / "requirements" / "runtime.txt"
NAME = "nexus-tui"
HOME = Path("usr/lib/nexus")

#: Nothing of a caller's Python (PYTHONPATH, user site) gets in. It finds its environment beside itself, wherever the package was unpacked.
LAUNCHER = """\
#!/bin/sh
exec "$(dirname "$(readlink -f "$0")")/python3" -I -m nexus_tui "$@"
"""

CONTROL = """\
Package: {name}
Version: {version}
Architecture: {architecture}
Maintainer: Nexus developers <nexus@example.invalid>
Installed-Size: {kib}
Depends: python3 (>= {minor}), python3 (<< {next}~), libc6
Recommends: systemd
Section: misc
Priority: optional
Description: local-first appliance for Brazilian fiscal documents
 Takes in NF-e and other fiscal documents and turns them into audited,
 classified, booked and reconciled reports, on this machine and offline.
 A terminal UI, a command line and a service over one SQLite database.
"""


def build(python: Path, wheelhouse: Path | None, output: Path) -> Path:
    """Returns the package."""
    output.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder) / "tree"
        tree.mkdir(mode=0o755)
        _, wheel = distributions.build(Path(folder) / "dist")
        environment(tree, python, wheel, wheelhouse)
        files(tree)
        control(tree, python)
        for path in tree.rglob("*"):
            if not path.is_symlink():
                path.chmod(0o755 if path.is_dir() or os.access(path, os.X_OK) else 0o644)
        package = output / f"{NAME}_{version()}_{architecture()}.deb"
        run(
            ["dpkg-deb", "--root-owner-group", "-Zxz", "--build", str(tree), str(package)],
            SOURCE_DATE_EPOCH=str(distributions.source_date()),
        )
        return package


def environment(tree: Path, python: Path, wheel: Path, wheelhouse: Path | None) -> None:
    """The virtual environment with the locked wheels and Nexus, without anything that names the place where it was built."""
    home = tree / HOME
    run([str(python), "-m", "venv", "--without-pip", "--symlinks", str(home)])
    installing = [
        sys.executable,
        "-m",
        "pip",
        "--python",
        str(home / "bin" / "python3"),
        "--disable-pip-version-check",
        "install",
        "--quiet",
        "--no-compile",
    ]
    source = ["--no-index", "--find-links", str(wheelhouse)] if wheelhouse is not None else []
    run([*installing, *source, "--only-binary", ":all:", "--require-hashes", "-r", str(LOCK)])
    run([*installing, "--no-index", "--no-deps", str(wheel)])
    configuration = home / "pyvenv.cfg"
    lines = configuration.read_text(encoding="utf-8").splitlines()
    configuration.write_text(
        "".join(f"{line}\n" for line in lines if not line.startswith("command ")), encoding="utf-8"
    )
    for script in (home / "bin").iterdir():
        if not script.name.startswith("python"):
            script.unlink()
    shutil.rmtree(home / "include", ignore_errors=True)
    for path in home.rglob("direct_url.json"):
        path.unlink()
    launcher = home / "bin" / "nexus"
    launcher.write_text(LAUNCHER, encoding="utf-8")
    launcher.chmod(0o755)
    # The service may not write here, and a package's files do not change between its versions.
    compiling = [
        "-m",
        "compileall",
        "-q",
        "--invalidation-mode",
        "unchecked-hash",
        "-s",
        str(tree),
        "-p",
        "/",
        str(home / "lib"),
    ]
    run([str(home / "bin" / "python3"), *compiling])


def files(tree: Path) -> None:
    """What stands beside the environment: command, unit, user, configuration folder, manual page, papers."""
    (tree / "usr/bin").mkdir(parents=True)
    (tree / "usr/bin/nexus").symlink_to("../lib/nexus/bin/nexus")
    (tree / "etc/nexus").mkdir(parents=True)
    place(RECIPE / "systemd" / "nexus.service", tree / "usr/lib/systemd/system/nexus.service")
    place(RECIPE / "systemd" / "nexus.sysusers", tree / "usr/lib/sysusers.d/nexus.conf")
    papers = tree / "usr/share/doc" / NAME
    place(RECIPE / "deb" / "README.Debian", papers / "README.Debian")
    place(REPOSITORY / "LICENSE", papers / "copyright")
    packed(papers / "changelog.gz", (REPOSITORY / "CHANGELOG.md").read_text(encoding="utf-8"))
    packed(tree / "usr/share/man/man1/nexus.1.gz", manpage.render())


def control(tree: Path, python: Path) -> None:
    """The package's own description, its scripts, and the sums of its files."""
    folder = tree / "DEBIAN"
    inside = sorted(path for path in tree.rglob("*") if path.is_file() and not path.is_symlink())
    minor = int(run([str(python), "-c", "import sys; print(sys.version_info.minor)"]))
    folder.mkdir()
    (folder / "control").write_text(
        CONTROL.format(
            name=NAME, version=version(), architecture=architecture(), minor=f"3.{minor}", next=f"3.{minor + 1}",
            kib=sum(-(-path.stat().st_size // 1024) for path in inside),
        ),
        encoding="utf-8",
    )  # fmt: skip
    sums = (
        f"{hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()}  {path.relative_to(tree)}\n"
        for path in inside
    )
    (folder / "md5sums").write_text("".join(sums), encoding="utf-8")
    for name in ("postinst", "prerm", "postrm"):
        place(RECIPE / "deb" / name, folder / name)
        (folder / name).chmod(0o755)


def version() -> str:
    """Ours as Debian orders it: a release candidate comes before its release."""
    for word in ("rc", "b", "a", ".dev"):
        if word in VERSION:
            return VERSION.replace(word, f"~{word.lstrip('.')}", 1)
    return VERSION


def architecture() -> str:
    """Debian's name of this machine's kind."""
    return run(["dpkg", "--print-architecture"])


def place(source: Path, target: Path) -> None:
    """Copy a file to where it goes."""
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)


def packed(target: Path, text: str) -> None:
    """Write a text compressed, without the time."""
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(gzip.compress(text.encode(), 9, mtime=0))


def run(command: list[str], **more: str) -> str:
    """Run a command; returns what it printed, ends with its complaint."""
    ran = subprocess.run(command, env=os.environ | more, capture_output=True, text=True, check=False)
    if ran.returncode != 0:
        raise SystemExit(f"{command[0]} ended with {ran.returncode}:\n{ran.stdout}{ran.stderr}")
    return ran.stdout.strip()


def main() -> None:
    parser = argparse.ArgumentParser(description="Build the Debian package.")
    parser.add_argument(
        "--python", type=Path, default=Path("/usr/bin/python3"), help="interpreter of the system the package is for"
    )
    parser.add_argument("--wheelhouse", type=Path, help="folder of the locked wheels; the registry otherwise")
    parser.add_argument("--output", type=Path, default=REPOSITORY / "dist")
    options = parser.parse_args()
    print(build(options.python, options.wheelhouse, options.output))


if __name__ == "__main__":
    main()
