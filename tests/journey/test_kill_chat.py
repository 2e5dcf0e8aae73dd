"""`kill -9` on the way of what somebody writes in a chat: the provider brings it again, and it counts once and is answered once."""

from __future__ import annotations

import signal

import pytest
from tests.channels.fake_telegram import HOME, TOKEN, TelegramServer
from tests.journey.test_kill import CHAT
from tests.journey.test_kill_quiet import House, house

from stead.testing.two_way_chat import ANN

__all__ = ["house"]


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    return sqlite_url


async def test_a_command_survives(house: House) -> None:
    house.is_well("disk")
    telegram = TelegramServer()
    await telegram.start()
    try:
        house.environment = {"BOT": TOKEN}
        house.more = {
            "channels": [{"name": "tg", "kind": "telegram", "token": "env:BOT", "chat": HOME, "base_url": telegram.url}],
            "people": [{"name": "ann", "role": "approver", "identities": {"telegram": ANN.id}}],
        }
        for point in CHAT:
            dying = await house.start(crash_at=point)
            if point == CHAT[0]:
                await telegram.write("/stop the cellar is wet", by=ANN)
            assert await house.died(dying) == -signal.SIGKILL, point

        await house.start()

        async def answered() -> bool:
            return bool(telegram.shown) and not telegram.waiting

        await house.until(answered)
        assert [text for text in telegram.shown if "Stead is stopped" in text] == telegram.shown
        assert len(telegram.shown) == 1
        (stopped,) = await house.events("stop.thrown")
        assert "the cellar is wet" in str(stopped)
    finally:
        await telegram.stop()
