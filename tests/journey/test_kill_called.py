"""`kill -9` where somebody is called or need not be: each step is taken once, a yes counts once given, and a digest is told once."""

from __future__ import annotations

import signal

import aiohttp
import pytest
from tests.journey.conftest import Json
from tests.journey.test_kill import CALLED
from tests.journey.test_kill_quiet import House, house

__all__ = ["house"]

RECEIVER = {"kind": "webhook", "secret": "env:CHAT_SECRET"}


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    return sqlite_url


def told(house: House, channel: str) -> list[Json]:
    return [message for message in house.chat.told if message["conversation"].startswith(f"{channel}:")]


async def test_an_escalation_a_digest_and_an_acknowledgement_survive(house: House) -> None:
    acknowledged, escalated, gathered = CALLED
    house.more = {
        "channels": [{"name": name, "url": house.chat.url, **RECEIVER} for name in ("chat", "anna", "paper")],
        "receivers": [{"name": "reader", "channels": ["paper"], "digest": {"every": "5m"}}],
        "routes": {"receivers": ["chat", "reader"]},
        "escalations": [{"name": "night", "matchers": ['severity="warning"'], "steps": [{"after": "2m", "receiver": "anna"}]}],
    }
    house.is_broken("disk", code=1)
    for point in (escalated, gathered):
        await house.kill_at(point)
        assert told(house, "anna" if point == escalated else "paper") == [], f"{point}: it was not written down"

    dying = await house.start(crash_at=acknowledged)
    await house.until(lambda: house.call("GET", "/api/incidents"))
    with pytest.raises(aiohttp.ClientError):
        await house.call("POST", "/api/incidents/1/acknowledgement", {})
    assert await house.died(dying) == -signal.SIGKILL

    await house.start()
    await house.until(lambda: house.get("/api/incidents"))
    assert await house.events("incident.acknowledged") == []
    await house.call("POST", "/api/incidents/1/acknowledgement", {})
    await house.call("POST", "/api/incidents/1/acknowledgement", {})

    async def all_told() -> bool:
        return all(told(house, name) for name in ("chat", "anna", "paper"))

    await house.until(all_told)
    house.is_well("disk")
    await house.incidents("resolved")
    rang = [message for message in house.chat.told if not message["replaces"]]
    assert sorted(message["conversation"].partition(":")[0] for message in rang) == ["anna", "chat", "paper"], "each was told once"
    assert [len(await house.events(name)) for name in ("incident.unanswered", "incident.acknowledged")] == [1, 1]
