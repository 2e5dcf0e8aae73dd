"""A chat and the running service: a button is pressed and the door is shut, a restart repeats nothing, and a channel proves itself."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from tests.gateway.conftest import Service, settings_for

from stead.app import discover
from stead.app.furnish import estates_of
from stead.app.wiring import Stead
from stead.cli.run import run
from stead.clocks import SteppedClock
from stead.gateway.server import Gateway
from stead.store import tokens
from stead.store.tokens import Scope
from stead.testing.two_way_chat import ANN, Server, TwoWayChat
from stead.testing.two_way_conformance import FILE

ANNS = [{"name": "ann", "role": "approver", "identities": {"chat": ANN.id}}]


@contextlib.asynccontextmanager
async def living(folder: Path, clock: SteppedClock, server: Server) -> AsyncIterator[tuple[Service, TwoWayChat]]:
    settings = settings_for(folder, people=ANNS)
    shelves = discover.shelves(settings.checks.folders)
    chat = TwoWayChat(server, "chat")
    stead = Stead(settings, clock=clock, shelves=shelves, estates=estates_of(settings, shelves, clock), channels={"chat": chat})
    gateway = Gateway(stead)
    gateway.bind()
    await stead.start()
    await gateway.start()
    admin = await stead.store.run(tokens.replace, "admin", frozenset({Scope.ADMIN}), now=clock.now())
    async with aiohttp.ClientSession() as http:
        try:
            yield Service(stead, gateway, clock, folder / "door", http, admin), chat
        finally:
            await gateway.stop()
            await stead.stop()


async def until(service: Service, true: Any) -> None:
    """Let time go on until this holds."""
    async with asyncio.timeout(120):
        while not true():
            if await service.stead.quiescent():
                service.clock.advance(timedelta(seconds=1))
            await asyncio.sleep(0.01)


Life = tuple[Service, TwoWayChat]


@pytest.fixture
async def born(tmp_path: Path, clock: SteppedClock, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Callable[[], Awaitable[Life]]]:
    """Begin a life, which ends the one before; the first has begun, before what it says is captured."""
    (tmp_path / "run").mkdir()
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "run"))
    server = Server(clock)
    async with contextlib.AsyncExitStack() as stack:
        first: list[Life] = [await stack.enter_async_context(living(tmp_path, clock, server))]

        async def begin() -> Life:
            if first:
                return first.pop()
            await stack.aclose()
            return await stack.enter_async_context(living(tmp_path, clock, server))

        yield begin


async def test_a_press_shuts_the_door_and_a_restart_repeats_nothing(
    born: Callable[[], Awaitable[Life]], capsys: pytest.CaptureFixture[str]
) -> None:
    service, chat = await born()
    server = chat.server
    service.door.write_text("wide open\n")
    await until(service, lambda: any(d.message.buttons for d in server.messages.values()))
    asking = next(remote for remote, d in server.messages.items() if d.message.buttons)
    assert "rm door" in chat.text(asking)
    press = server.press(asking, "approve")
    await service.happens("action.outcome")
    await until(service, lambda: "approved by person:ann" in chat.text(asking))
    assert server.answers[0].startswith("A-1 is approved by ann: close_door")

    status, listed = await service.get("/api/channels")
    assert (status, listed[0]["name"], listed[0]["listens"], listed[0]["dead"]) == (200, "chat", True, 0)
    server.broken = True
    server.news.set()
    async with asyncio.timeout(60):
        while not service.stead.reception.listeners.down():
            await asyncio.sleep(0.005)
    assert (await service.get("/api/status"))[1]["channels"][0]["why"] == "the chat's connection broke"
    await until(service, lambda: not service.stead.reception.listeners.down())

    options = ("--url", service.gateway.url, "--token", service.all_powerful)
    proving = asyncio.create_task(asyncio.to_thread(run, ["channels", "test", "chat", "--round-trip", *options]))
    await until(service, lambda: any(d.message.title == "A test" for d in server.messages.values()))
    sent = next(remote for remote, d in server.messages.items() if d.message.title == "A test")
    while (await service.get("/api/channels/log"))[1][0]["state"] != "sent":
        await asyncio.sleep(0.005)
    server.press(sent, "test")
    server.write("hello", under=sent)
    server.write("", under=sent, files=[FILE])
    assert await proving == 0
    shown = capsys.readouterr().out
    for step in (f"out: arrived as {sent}", "button: pressed by ann", "in: heard: hello", "file: heard: pods.txt (26 bytes)"):
        assert step in shown
    assert await asyncio.to_thread(run, ["channels", "log", "chat", *options]) == 0
    assert "A test" in capsys.readouterr().out
    assert await asyncio.to_thread(run, ["channels", "list", *options]) == 0
    assert await asyncio.to_thread(run, ["channels", "test", "nowhere", *options]) == 1
    assert "there is no channel `nowhere`" in capsys.readouterr().err
    assert (await service.post("/hooks/channels/chat", {}))[0] == 404
    answered = len(server.answers)

    server.send(press)  # the provider never heard that it arrived
    service, _ = await born()
    await until(service, lambda: not server.events)
    assert server.answers[answered:] == [server.answers[0]]
    outcomes = [event for event in await service.stead.events(limit=1000) if event["name"] == "action.intent"]
    assert len(outcomes) == 1
