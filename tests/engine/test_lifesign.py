"""The sign of life is sent while everything works, and stays out as soon as something does not."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from aiohttp import web
from tests.engine.conftest import OnCall, broken

from stead.app import lifesign
from stead.app.lifesign import LifesignSettings
from stead.clocks import SteppedClock
from stead.domain.errors import PermanentError
from stead.domain.finding import FindingState
from stead.secrets import SecretRef
from stead.store import due

MINUTE = timedelta(minutes=1)

ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
async def beats(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[asyncio.Queue[str]]:
    """What somebody else hears, on loopback."""
    heard: asyncio.Queue[str] = asyncio.Queue()

    async def hear(request: web.Request) -> web.Response:
        heard.put_nowait(f"{request.method} {request.path}")
        return web.Response()

    app = web.Application()
    app.router.add_route("*", "/ping/7f3", hear)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    monkeypatch.setenv("HEARTBEAT_URL", f"http://{host}:{port}/ping/7f3")
    yield heard
    await runner.cleanup()


@ON_SQLITE
@pytest.mark.parametrize("on_call", [{"heartbeat": {"url": "env:HEARTBEAT_URL", "method": "POST"}}], indirect=True)
async def test_a_service_that_works_says_so_again_and_again(beats: asyncio.Queue[str], on_call: OnCall) -> None:
    async with asyncio.timeout(30):
        assert await beats.get() == "POST /ping/7f3"
        await on_call.passes(MINUTE)
        assert await beats.get() == "POST /ping/7f3"


@ON_SQLITE
async def test_what_does_not_work_is_named_and_nothing_is_sent(on_call: OnCall) -> None:
    async def wrong() -> str:
        return await on_call.stead.store.run(lifesign.wrong, on_call.clock.now(), ("home",), ("chat",))

    assert await wrong() == ""
    on_call.chat.fails = PermanentError("the bot was removed")
    await on_call.sees(broken("Pod", "api"), after=MINUTE)
    assert await wrong() == "no channel takes what is to be said"
    on_call.chat.fails = None
    blind = broken("Host", "home", "reach", state=FindingState.BLIND, summary="home cannot be looked at: no answer")
    await on_call.sees(blind, after=MINUTE)
    assert await wrong() == "nothing of home can be seen: home cannot be looked at: no answer"
    await on_call.sees(gone=[blind], after=MINUTE)
    assert await wrong() == ""
    await on_call.stead.stop()
    await on_call.stead.store.run(lambda c: due.schedule(c, "forget", "x", on_call.clock.now() - 3 * MINUTE, "late"))
    assert (await wrong()).endswith("has not begun")


async def _asleep(clock: SteppedClock) -> None:
    while clock.next_due() is None:
        await asyncio.sleep(0)


async def test_while_something_is_wrong_nobody_is_told_that_it_works(beats: asyncio.Queue[str], clock: SteppedClock) -> None:
    answers = iter(["the disk is full", "the disk is full", "", "cancelled"])
    asked: asyncio.Queue[str] = asyncio.Queue()

    async def wrong() -> str:
        asked.put_nowait(answer := next(answers))
        return answer

    settings = LifesignSettings(url=SecretRef("env:HEARTBEAT_URL"))
    following = asyncio.create_task(lifesign.follow(settings, clock, wrong))
    async with asyncio.timeout(30):
        for _ in range(2):
            await asked.get()
            assert beats.empty()
            await _asleep(clock)
            clock.advance(MINUTE)
        assert await beats.get() == "GET /ping/7f3"
        await _asleep(clock)
        clock.advance(MINUTE)
        for answer in ("", "cancelled"):
            assert await asked.get() == answer
    assert beats.empty()
    following.cancel()
    await asyncio.gather(following, return_exceptions=True)
