"""Two services on one PostgreSQL: one works, the other stands by; when the first is killed, it goes on with what is left to spend."""

from __future__ import annotations

import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.journey.conftest import Json
from tests.journey.test_kill_quiet import House

from stead.practice.model_server import Answer, model_server

BUDGETS = {"day": {"tokens": 1}}
"""One answer, whatever it costs: nothing may begin after it."""


@pytest.fixture
async def house(tmp_path: Path, postgres_url: str) -> AsyncIterator[House]:
    async with House(tmp_path, postgres_url) as made:
        yield made


async def test_two_services_spend_one_budget(house: House) -> None:
    house.is_well("disk")
    async with model_server(lambda _: Answer(text="Let me see.")) as server:
        house.models = [{"name": "practice", "kind": "openai", "model": "x", "base_url": server.url}]
        house.more = {"budgets": BUDGETS}
        first = await house.start(crash_at="investigate.model-recorded")
        await house.until(lambda: house.get("/api/status"))
        firsts_port = (house.folder / "port").read_text()

        house.more |= {"store": {"folder": str(house.folder / "second"), "url": house.database_url}}
        second = await house.start()
        seconds_port = (house.folder / "port").read_text()

        async def stands_by() -> bool:
            return "another process held this database" in house.log(second)

        await house.until(stands_by)
        (house.folder / "port").write_text(firsts_port)
        await house.call("POST", "/api/runs", {"goal": "health-check"})
        assert await house.died(first) == -signal.SIGKILL
        assert len(server.requests) == 1

        (house.folder / "port").write_text(seconds_port)
        assert (await house.until(lambda: ended(house, "R-1")))["ending"] == "out of budget"
        await house.call("POST", "/api/runs", {"goal": "health-check"})
        run = await house.until(lambda: ended(house, "R-2"))
    assert run["ending"] == "out of budget" and run["note"].startswith("the budget of the day: ")
    assert len(server.requests) == 1, "what the first had spent was not there for the second"


async def ended(house: House, run: str) -> Json | None:
    found = await house.get(f"/api/runs/{run}")
    return found if found["ending"] else None
