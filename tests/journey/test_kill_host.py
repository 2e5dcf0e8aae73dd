"""`kill -9` around actions of a host: what is sent once is never sent twice, and what may be done twice comes to the same end.

The service is the real command. The host's programs are scripts that stand first in its PATH, and keep what was done in files beside them.
"""

from __future__ import annotations

import os
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.journey.conftest import Json, World

from stead.app.discover import shelves

BEFORE = ("act.before-intent", "remediate.before-intent-commit", "act.after-intent", "remediate.before-apply")
"""Points before the command is sent. Nobody who comes after the last of them can know that."""

AFTER = ("remediate.after-apply", "act.before-outcome", "remediate.before-outcome-commit", "verify.before-proof-commit")
"""Points after it was sent."""

CHECKS = ("failed_units", "engine_containers", "disk")
VERBS = ("restart_unit", "restart_container", "free_disk")

PROGRAMS = {
    "sudo": 'shift 2; exec "$@"',
    "logger": "exit 0",
    "podman": "exit 127",
    "systemctl": """
        case "$*" in
          list-units*) for unit in *.service; do grep -q failed $unit && echo "$unit loaded failed failed A unit"; done; exit 0 ;;
          restart*) echo active > $3; echo $3 >> restarted ;;
          show*) name=$4
            printf 'Id=%s\\nLoadState=loaded\\nActiveState=%s\\nType=simple\\nInvocationID=run-%s\\n' $name $(cat $name) $(counted $name) ;;
        esac""",
    "docker": """
        began='"2026-01-05T08:00:00Z"'
        case "$*" in
          ps*) printf '%064d\\n' 1 2 ;;
          *RestartPolicy*) for name in *.container; do echo "/$name|$(cat $name)|1|false|always|0||$began|$began|\\"\\""; done ;;
          inspect*) printf 'abababababababab|2026-01-05T0%s:00:00Z|%s|\\n' $(counted $7) $(cat $7) ;;
          restart*) echo running > $3; echo $3 >> restarted ;;
        esac""",
    "df": """
        used=$(cat used); case "$*" in *-i*) used=1 ;; esac
        printf 'Filesystem Type 1024-blocks Used Available Capacity Mounted on\\n/dev/vda1 ext4 100 %s 50 %s%% /\\n' $used $used""",
    "journalctl": """
        case "$*" in
          *disk-usage*) echo "Archived and active journals take up 1.8G in the file system." ;;
          *vacuum*) echo 40 > used; echo journal >> restarted ;;
        esac""",
}
BEGINNING = '#!/bin/sh\ncd {machine}\ncounted() {{ grep -c "^$1$" restarted; }}\n'


class Host(World):
    """A machine instead of a cluster: units and containers that are files with their state, and a disk."""

    async def __aenter__(self) -> Host:
        self.machine = self.folder / "machine"
        self.machine.mkdir()
        (self.machine / "restarted").touch()
        self.set(used="40", **{"web.service": "active", "db.service": "active", "web.container": "running", "db.container": "running"})
        (self.folder / "bin").mkdir()
        for name, script in PROGRAMS.items():
            place = self.folder / "bin" / name
            place.write_text(BEGINNING.format(machine=self.machine) + script)
            place.chmod(0o755)
        self.environment["PATH"] = f"{self.folder / 'bin'}:{os.environ['PATH']}"
        await self._open_chat()
        self._origin = time.time()
        return self

    def set(self, **states: str) -> None:
        for name, state in states.items():
            (self.machine / name).write_text(f"{state}\n")

    def times(self, what: str) -> int:
        """How often its command was run."""
        return (self.machine / "restarted").read_text().splitlines().count(what)

    async def ends(self, about: str, *states: str) -> list[str]:
        """The states of all actions on this, once each is one of these and what became of it was told."""

        async def ended() -> list[str] | None:
            whole = [await self.get(f"/api/incidents/{row['id']}") for row in await self.get("/api/incidents?all=true")]
            told = all(d["state"] != "queued" for incident in whole for d in incident["deliveries"])
            found = [action["state"] for incident in whole if about in str(incident["findings"]) for action in incident["actions"]]
            return found if found and told and set(found) <= {*states} else None

        return await self.until(ended)

    def _watched(self) -> Json:
        return {
            "estates": [{"kind": "host", "id": "nas", "acts": {}}],
            "checks": {"disabled": sorted({*shelves().host_checks} - {*CHECKS})},
            "timing": {"speed": 60.0, "origin": self._origin},
            "policy": {"version": 1, "rules": [{"id": "ours", "verdict": "allow", "when": {"verb": list(VERBS)}}]},
        }


@pytest.fixture
async def host(tmp_path: Path, database_url: str) -> AsyncIterator[Host]:
    async with Host(tmp_path, database_url) as made:
        yield made


@pytest.mark.parametrize(("kind", "broken"), [("service", "failed"), ("container", "exited")])
async def test_what_is_sent_once_is_never_sent_twice(host: Host, kind: str, broken: str) -> None:
    web, db = f"web.{kind}", f"db.{kind}"
    host.set(**{web: broken})
    for point in BEFORE:
        await host.dies_at(point)
    assert host.times(web) == 0

    live = await host.start()
    assert await host.ends(web, "unknown") == ["unknown"]
    assert "sent, outcome unknown" in str(host.chat.last(web)), "whoever comes after it says so, and a person has to look"
    host.set(**{web: "running" if kind == "container" else "active"})
    live.kill()
    await live.wait()

    host.set(**{db: broken})
    for point in AFTER:
        await host.dies_at(point)
    await host.start()
    assert await host.ends(db, "proven") == ["proven"]
    assert (host.times(web), host.times(db)) == (0, 1)
    assert host.chat.last(db)["state"] == "resolved"


async def test_what_may_be_done_twice_comes_to_the_same_end(host: Host) -> None:
    host.set(used="92")
    for point in (*BEFORE, *AFTER):
        await host.dies_at(point)

    await host.start()
    assert await host.ends("disk", "proven") == ["proven"]
    assert host.times("journal") == 2, "once before the crash that nobody could see behind, and once after it"
