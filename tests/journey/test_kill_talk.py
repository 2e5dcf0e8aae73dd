"""`kill -9` on the way of an answer to a person: the question is answered all the same, and paid for once."""

from __future__ import annotations

import contextlib
import signal

import aiohttp
import pytest
from tests.journey.conftest import Json
from tests.journey.test_kill import BROKEN_OFF, TALK
from tests.journey.test_kill_quiet import House, house

from stead.practice.model_server import Answer, model_server

__all__ = ["house"]


@pytest.mark.parametrize("point", TALK)
async def test_an_answer_survives_and_is_paid_for_once(house: House, point: str) -> None:
    async with model_server(lambda _: Answer(text="All is well.")) as server:
        house.models = [{"name": "practice", "kind": "openai", "model": "x", "base_url": server.url}]
        dying = await house.start(crash_at=point)
        session = await house.until(lambda: house.call("POST", "/api/sessions", {}))
        await house.call("POST", f"/api/sessions/{session['id']}/messages?wait=0", {"text": "how is it?"})
        assert await house.died(dying) == -signal.SIGKILL
        asked = len(server.requests)

        await house.start()

        async def answered() -> Json | None:
            told = await house.get(f"/api/sessions/{session['id']}")
            return told if "All is well." in str(told) else None

        told = await house.until(answered)
    assert len(server.requests) == asked, "what was paid for is not asked again"
    assert str(told).count("All is well.") == 1


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_call_that_was_broken_off_is_not_taken_up_again(house: House) -> None:
    async with model_server(lambda _: Answer(fail="hang")) as server:
        house.models = [{"name": "practice", "kind": "openai", "model": "x", "base_url": server.url}]
        dying = await house.start(crash_at=BROKEN_OFF[0])
        session = await house.until(lambda: house.call("POST", "/api/sessions", {}))
        asked = await house.call("POST", f"/api/sessions/{session['id']}/messages?wait=0", {"text": "how is it?"})

        async def under_way() -> bool:
            return bool(server.requests)

        await house.until(under_way)
        with contextlib.suppress(aiohttp.ClientError):  # It may die before it has answered.
            await house.call("POST", f"/api/runs/{asked['run']}/cancel", {})
        assert await house.died(dying) == -signal.SIGKILL

        await house.start()

        async def over() -> Json | None:
            run = await house.get(f"/api/runs/{asked['run']}")
            return run if run["steps"] else None

        run = await house.until(over)
    assert (run["ending"], len(server.requests)) == ("cancelled", 1)
    assert run["steps"][0]["failure"] == run["note"]
