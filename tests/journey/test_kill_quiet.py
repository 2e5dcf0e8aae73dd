"""`kill -9` where it is decided what is not said: silences, comings and goings, and what was broken when Stead came.

The service is the real command in a process of its own. What it watches are checks of one's own that say what the test has them say.
"""

from __future__ import annotations

import signal
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from tests.journey.conftest import SPEED, Json, World

INVENTORY = 7
"""More than Stead tells one by one at its first look."""


class House(World):
    """A world of a few programs, each well or broken."""

    async def __aenter__(self) -> House:
        self._checks = self.folder / "checks"
        self._checks.mkdir()
        await self._open_chat()
        self._origin = time.time()
        return self

    def is_broken(self, *names: str, code: int = 2) -> None:
        for name in names:
            path = self._checks / f"new-{name}"
            path.write_text(f"#!/bin/sh\necho {name} says {code}; exit {code}\n")
            path.chmod(0o755)
            path.replace(self._checks / f"{name}.sh")

    def is_well(self, *names: str) -> None:
        self.is_broken(*names, code=0)

    @property
    def now(self) -> datetime:
        """What time it is in the service."""
        return datetime.fromtimestamp(self._origin + (time.time() - self._origin) * SPEED, UTC)

    async def incidents(self, *states: str) -> list[Json]:
        """All there are, once there are some and each is in one of these states."""

        async def settled() -> list[Json] | None:
            rows = await self.get("/api/incidents?all=true")
            return rows if rows and all(row["state"] in states for row in rows) else None

        return await self.until(settled)

    async def kill_at(self, point: str) -> None:
        dying = await self.start(crash_at=point)
        assert await self.died(dying) == -signal.SIGKILL

    async def stop(self, process: Any) -> None:
        process.kill()
        await process.wait()

    async def events(self, name: str) -> list[Json]:
        return [event["data"] for event in await self.get("/api/events") if event["name"] == name]

    async def told(self, count: int) -> list[Json]:
        """What rang, once that many messages have."""

        async def rang() -> list[Json] | None:
            return rang if len(rang := self.rang) >= count else None

        return await self.until(rang)

    @property
    def rang(self) -> list[Json]:
        return [message for message in self.chat.told if not message["replaces"]]

    def _watched(self) -> Json:
        return {
            "estates": [{"kind": "probes", "id": "none", "probes": []}],
            "checks": {"folders": [str(self._checks)]},
            "timing": {"speed": SPEED, "origin": self._origin, "flap_times": 2, "flap_quiet": "1m"},
        }


@pytest.fixture
async def house(tmp_path: Path, database_url: str) -> AsyncIterator[House]:
    async with House(tmp_path, database_url) as made:
        yield made


async def test_a_silence_that_was_not_acknowledged_is_not_there_and_one_that_was_is(house: House) -> None:
    house.is_broken("disk")
    dying = await house.start(crash_at="silencing.before-commit")
    await house.told(1)
    wanted = {"matchers": ['check="disk.sh"'], "comment": "moving", "for": "1h"}
    with pytest.raises(aiohttp.ClientError):
        await house.call("POST", "/api/silences", wanted)
    assert await house.died(dying) == -signal.SIGKILL

    await house.start()
    assert await house.until(lambda: house.get("/api/incidents")) != []
    assert await house.get("/api/silences") == []
    made = await house.call("POST", "/api/silences", wanted)
    house.is_broken("disk", code=1)
    await house.until(lambda: house.events("finding.changed"))
    assert [row["id"] for row in await house.get("/api/silences")] == [made["id"]]
    assert len(house.chat.told) == 1, "what became of it was kept back"


async def test_the_end_of_a_silence_is_told_once(house: House) -> None:
    house.is_well("disk")
    first = await house.start()
    await house.until(lambda: house.get("/api/status"))
    await house.call("POST", "/api/silences", {"matchers": ['check="disk.sh"'], "for": "2m"})
    house.is_broken("disk")
    await house.incidents("open", "escalated")
    await house.stop(first)
    assert house.chat.told == []

    await house.kill_at("mutes.before-commit")
    assert house.chat.told == [], "its end was not written down"
    await house.start()
    (told,) = await house.told(1)
    assert (told["because"], "disk says 2" in told["message"]["title"]) == ("first", True)
    house.is_well("disk")
    await house.incidents("resolved")
    assert len(house.rang) == 1


async def test_an_inventory_is_one_message_and_each_thing_in_it_is_there_once(house: House) -> None:
    names = [f"thing-{n}" for n in range(INVENTORY)]
    house.is_broken(*names)
    await house.kill_at("adoption.before-inventory-commit")
    assert house.chat.told == []

    await house.start()
    (told,) = await house.told(1)
    assert told["message"]["title"] == f"{INVENTORY} things were broken before Stead came to own-checks"
    assert len(await house.incidents("open", "escalated")) == INVENTORY
    assert len(await house.events("estate.adopted")) == 1


async def test_a_choice_that_was_not_acknowledged_was_not_made_and_is_made_once(house: House) -> None:
    names = [f"thing-{n}" for n in range(INVENTORY)]
    house.is_broken(*names)
    dying = await house.start(crash_at="adoption.before-choice-commit")
    await house.told(1)
    choice = {"incidents": ["I-1"], "choice": "ignore", "reason": "a toy"}
    with pytest.raises(aiohttp.ClientError):
        await house.call("POST", "/api/adoption", choice)
    assert await house.died(dying) == -signal.SIGKILL

    await house.start()
    assert len(await house.until(lambda: house.get("/api/adoption"))) == INVENTORY
    await house.call("POST", "/api/adoption", choice)
    assert len(await house.get("/api/adoption")) == INVENTORY - 1
    assert len(await house.events("incident.adopted")) == 1

    async def edited() -> bool:
        return f"{INVENTORY - 1} things were" in house.chat.told[-1]["message"]["title"]

    await house.until(edited)
    assert len(house.rang) == 1, "one message, edited"


async def test_a_fault_that_comes_and_goes_is_counted_once_and_ends_once(house: House) -> None:
    house.is_broken("disk")
    first = await house.start()
    await house.told(1)
    house.is_well("disk")
    await house.incidents("resolved")
    house.is_broken("disk")
    await house.incidents("open", "escalated")
    await house.stop(first)

    house.is_well("disk")
    await house.kill_at("flaps.before-commit")
    second = await house.start()
    (row,) = await house.until(lambda: house.get("/api/incidents"))
    await house.until(lambda: house.events("incident.flapping"))
    assert row["state"] in ("open", "escalated")
    await house.stop(second)

    await house.kill_at("calm.before-commit")
    await house.start()
    await house.incidents("resolved")
    assert len(await house.events("incident.flapping")) == len(await house.events("incident.calm")) == 1

    async def over() -> bool:
        return house.chat.told[-1]["message"]["state"] == "resolved"

    await house.until(over)
    assert len(house.rang) == 1, "one message, edited"
