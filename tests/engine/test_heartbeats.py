"""Heartbeats: what reports again and again is left in peace, what falls silent is told once, and its return ends that."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from tests.engine.conftest import OnCall

from stead.domain.heartbeat import Signal
from stead.engine import heartbeats

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
BACKUP = {"name": "backup", "title": "the backup of nas", "every": "2h", "grace": "30m", "token": "env:BACKUP_TOKEN"}

pytestmark = pytest.mark.parametrize("on_call", [{"heartbeats": [BACKUP]}], indirect=True)


@pytest.fixture(autouse=True)
def _secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BACKUP_TOKEN", "correct-horse")


async def ping(on_call: OnCall, signal: Signal = Signal.SUCCESS, *, after: timedelta = MINUTE, **more: Any) -> str:
    """The state that it has then."""
    pulse = await on_call.stead.change(heartbeats.ping, name="backup", signal=signal, **more)
    await on_call.passes(after)
    return pulse.state.value


async def test_what_reports_in_time_is_left_in_peace_and_its_silence_is_told_once_and_ended_by_its_return(on_call: OnCall) -> None:
    await ping(on_call, after=2 * HOUR)
    await ping(on_call, said="120 files", after=2 * HOUR + 29 * MINUTE)
    assert on_call.chat.messages == []
    await on_call.passes(2 * MINUTE)
    (told,) = on_call.chat.messages
    assert told.message.title == "the backup of nas has not reported since 11:00 UTC"
    assert any("120 files" in block.text for block in told.message.blocks)
    await on_call.passes(2 * HOUR)
    await ping(on_call)
    assert on_call.chat.reasons[-1] == "resolved"
    assert len(on_call.chat.messages) == 1
    assert list((await on_call.incidents()).values()) == ["resolved"]


async def test_one_that_was_never_heard_of_waits_for_its_first_time_and_grace(on_call: OnCall) -> None:
    await on_call.passes(2 * HOUR + 29 * MINUTE)
    assert await on_call.incidents() == {}
    await on_call.passes(2 * MINUTE)
    (title,) = await on_call.incidents()
    assert "the backup of nas has never reported, and is waited for since" in title


async def test_a_run_that_begins_has_to_end_within_the_grace(on_call: OnCall) -> None:
    await ping(on_call)
    assert await ping(on_call, Signal.START, after=20 * MINUTE) == "started"
    assert await ping(on_call, after=MINUTE) == "up"
    assert await on_call.incidents() == {}
    await ping(on_call, Signal.START, after=31 * MINUTE)
    (title,) = await on_call.incidents()
    assert "the backup of nas began at" in title
    assert "and has not ended" in title


async def test_a_failure_is_told_at_once_with_its_last_words_and_without_their_secrets(on_call: OnCall) -> None:
    words = "x" * 5000 + "\nRESTIC_PASSWORD=hunter2-and-more\nFatal: wrong password"
    assert await ping(on_call, Signal.FAIL, code=3, said=words) == "down"
    (told,) = on_call.chat.messages
    assert "the backup of nas failed with exit code 3" in told.message.title
    whole = str(await on_call.incident())
    assert "Fatal: wrong password" in whole
    assert "hunter2" not in whole
    assert "x" * 1001 not in whole
    assert await ping(on_call, Signal.LOG, said="trying again") == "down"
    assert await ping(on_call) == "up"
    assert list((await on_call.incidents()).values()) == ["resolved"]


async def test_a_restart_keeps_what_was_heard_and_gives_the_grace_once_more(on_call: OnCall) -> None:
    await ping(on_call)
    await on_call.stead.stop()
    on_call.clock.advance(5 * HOUR)
    on_call.stead = on_call._stead()
    await on_call.stead.start()
    await on_call.passes(29 * MINUTE)
    assert await on_call.incidents() == {}, "it may have tried while nobody listened"
    await on_call.passes(2 * MINUTE)
    assert list((await on_call.incidents()).values()) == ["open"]
    await on_call.restart()
    await on_call.passes(MINUTE)
    assert list((await on_call.incidents()).values()) == ["open"], "once is enough"
    on_call.settings = on_call.settings.model_copy(update={"heartbeats": ()})
    await on_call.restart()
    await on_call.passes(MINUTE)
    assert list((await on_call.incidents()).values()) == ["resolved"], "it is not expected any more"
