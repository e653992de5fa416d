"""Build the program that needs no Python: a folder `nexus` with an executable, and the same as an archive.

    python packaging/pyinstaller/build_binary.py [--wheelhouse DIR] [--output DIR]

Works in a virtual environment of its own that is thrown away, made from the locked requirements (runtime.txt, package.txt) and the wheel, so that nothing of the caller's environment
gets in. The program runs on systems whose C library is not older than that of the machine that built it.
"""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import subprocess
import sys
import tarfile
import tempfile
import venv
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(REPOSITORY), str(REPOSITORY / "packaging")]

import distributions

from nexus_tui.version import VERSION

SPEC = Path(__file__).with_name("nexus.spec")
LOCKS = [REPOSITORY / "requirements" / name for name in ("runtime.txt", "package.txt")]


def build(wheelhouse: Path | None, output: Path) -> tuple[Path, Path]:
    """Returns the executable and the archive."""
    output.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "venv"
        _, wheel = distributions.build(Path(folder) / "dist")
        venv.create(home, with_pip=False)
        python = str(home / "bin" / "python")
        installing = [
            sys.executable,
            "-m",
            "pip",
            "--python",
            python,
            "--disable-pip-version-check",
            "install",
            "--quiet",
        ]
        source = ["--no-index", "--find-links", str(wheelhouse)] if wheelhouse is not None else []
        run([*installing, *source, "--require-hashes", *(part for lock in LOCKS for part in ("-r", str(lock)))])
        run([*installing, "--no-index", "--no-deps", str(wheel)])
        working = Path(folder) / "work"
        run(
            [
                python,
                "-I",
                "-m",
                "PyInstaller",
                "--noconfirm",
                "--log-level=WARN",
                f"--workpath={working}",
                f"--distpath={folder}/out",
                str(SPEC),
            ]
        )
        shutil.rmtree(output / "nexus", ignore_errors=True)
        shutil.copytree(Path(folder) / "out" / "nexus", output / "nexus", symlinks=True)
    name = f"nexus-{VERSION}-{platform.system().lower()}-{platform.machine()}"
    archive = output / f"{name}.tar.gz"
    with tarfile.open(archive, "w:gz") as packed:
        packed.add(output / "nexus", arcname=name)
    return output / "nexus" / "nexus", archive


def run(command: list[str]) -> None:
    """Run a command away from the checkout, which must not be what is frozen; ends with its complaint."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    ran = subprocess.run(command, cwd="/", env=environment, capture_output=True, text=True, check=False)
    if ran.returncode != 0:
        raise SystemExit(f"{command[0]} ended with {ran.returncode}:\n{ran.stdout}{ran.stderr}")


def main() -> None:
    parser = argparse.ArgumentParser(description="Build the program that needs no Python.")
    parser.add_argument("--wheelhouse", type=Path, help="folder of the locked wheels; the registry otherwise")
    parser.add_argument("--output", type=Path, default=REPOSITORY / "dist")
    options = parser.parse_args()
    for path in build(options.wheelhouse, options.output):
        print(path)


if __name__ == "__main__":
    main()
