"""`kill -9` on the way of a job: each time counts once, a look is made again, and a program is not run twice behind anybody's back."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from tests.journey.conftest import Json
from tests.journey.test_kill import JOBS
from tests.journey.test_kill_quiet import House, house

__all__ = ["house"]


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    return sqlite_url


async def test_one_tick_of_three_jobs_survives_all_of_them(house: House) -> None:
    house.is_well("disk")
    folder = house.folder / "jobs"
    folder.mkdir()
    program = folder / "backup.sh"
    program.write_text("#!/bin/sh\necho it is done\n")
    program.chmod(0o755)
    house.more = {"jobs": {"stock": False, "folders": [str(folder)]}}
    first = await house.start()
    await house.until(lambda: house.get("/api/status"))
    await house.call("POST", "/api/jobs", {"jobs": _at_one_moment(house.now + timedelta(minutes=1))})
    await house.stop(first)
    for point in ("due.before-claim-commit", *JOBS):
        await house.dies_at(point)

    await house.start()

    async def all_ended() -> dict[str, list[Json]] | None:
        runs = {name: await house.get(f"/api/jobs/{name}/runs") for name in ("backup", "harmless", "look")}
        return runs if all(each and each[0]["ended_at"] for each in runs.values()) and len(house.chat.told) == 3 else None

    runs = await house.until(all_ended)
    assert {name: [run["state"] for run in each] for name, each in runs.items()} == {
        "backup": ["cut_off"],
        "harmless": ["done"],
        "look": ["done"],
    }, "one tick, one run"
    titles = sorted(message["message"]["title"] for message in house.chat.told)
    assert titles == [
        "backup: cut off: Stead stopped while it ran, so what it did is not known",
        "harmless: it is done",
        "look: all checks quiet in none, own-checks",
    ]


def _at_one_moment(at: datetime) -> list[Json]:
    schedule = f"at {at:%Y-%m-%dT%H:%M:%S}"
    script = {"kind": "script", "schedule": schedule, "script": "backup.sh"}
    return [
        {"name": "backup", **script},
        {"name": "harmless", **script, "repeatable": True},
        {"name": "look", "kind": "check", "schedule": schedule, "always": True},
    ]
