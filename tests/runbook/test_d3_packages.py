"""D3: what was installed says its version and the schema of its database, and comes with its unit. The packages themselves: `tests/packaging`."""

from __future__ import annotations

import json

from nexus_tui.version import VERSION
from store.migrate import latest
from tests.nexus_tui.cli.running import Nexus


def test_a_running_engine_says_version_and_schema(nexus: Nexus) -> None:
    with nexus.running():
        owner = json.loads((nexus.directory / "owner.json").read_text(encoding="utf-8"))
        assert (owner["version"], owner["schema"]) == (VERSION, latest())
        checks = {one["name"]: one for one in nexus.json("doctor", code=None).object["checks"]}
        assert checks["schema"]["observed"] == f"{latest()} / {latest()}"


def test_the_unit_of_this_nexus_can_be_printed_and_names_it(nexus: Nexus) -> None:
    told = nexus.json("install-service", "--dry-run").object
    unit, user = told["files"]
    assert (unit["file"], unit["state"], user["file"]) == (
        "/etc/systemd/system/nexus.service",
        "dry_run",
        "/etc/sysusers.d/nexus.conf",
    )
    assert f"run --data-dir {nexus.directory}\n" in unit["text"]
    assert "systemctl enable --now nexus" in told["next"]
    assert not nexus.directory.exists()
