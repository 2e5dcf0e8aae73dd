"""Discord: the whole two-way suite against its wire on loopback, and what is Discord's alone."""

from __future__ import annotations

import asyncio
import re
import threading
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.channels.discord_objects import BOT, DIRECT, HOME, user
from tests.channels.fake_discord import TOKEN, FakeDiscord

from stead.channels.discord import Discord, DiscordSettings, discord, escape
from stead.channels.discord_gateway import library
from stead.clocks import SystemClock
from stead.domain.delivery import Attachment, Place
from stead.domain.errors import PermanentError, TemporaryError, UserError
from stead.domain.inbound import Sender
from stead.ports import Channel
from stead.testing.channel_conformance import Fault, a_message, delivery
from stead.testing.two_way_conformance import ANN, Ears, TwoWayConformance, TwoWayRig, listening, until


@pytest.fixture
async def server(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[FakeDiscord]:
    monkeypatch.setenv("DISCORD_TOKEN", TOKEN)
    async with FakeDiscord() as made:
        yield made


def opened(server: FakeDiscord, **settings: Any) -> Discord:
    given = {"token": "env:DISCORD_TOKEN", "channel": HOME, "api": server.api, **settings}
    channel = discord.open("ops", DiscordSettings.model_validate(given), SystemClock())
    assert isinstance(channel, Discord)
    return channel


def shown(content: str) -> str:
    """What a person reads: without fences, stars and the escapes of Discord's Markdown."""
    lines: list[str] = []
    code = False
    for line in content.split("\n"):
        if line == "```":
            code = not code
        else:
            lines.append(line if code else re.sub(r"\\([\\*_~`|\[\]<>#])|\*\*", r"\1", line))
    return "\n".join(lines)


class DiscordRig(TwoWayRig):
    limit = 2000
    tells = frozenset(Fault)
    redelivers = False
    toasts = True

    def __init__(self, server: FakeDiscord) -> None:
        self.server = server
        self.channel: Channel = opened(server)

    def _mine(self) -> list[dict[str, Any]]:
        return [m for m in self.server.messages.values() if m["author"]["id"] == BOT]

    def shown(self) -> Sequence[str]:
        assert all(len(m["content"]) <= 2000 for m in self._mine())
        latest = sorted(self._mine(), key=lambda m: m["edited_timestamp"] or m["timestamp"])
        return [shown(m["content"]) for m in latest]

    def files(self) -> Sequence[Attachment]:
        kept = [self.server.files[a["id"]] for m in self._mine() for a in m["attachments"]]
        return [Attachment(name=name, media_type=media_type, data=data) for name, media_type, data in kept]

    def answers(self) -> Sequence[str]:
        return [*self.server.toasts, *(shown(m["content"]) for m in self._mine() if "message_reference" in m)]

    def fail(self, fault: Fault) -> None:
        busy = {"message": "You are being rate limited.", "retry_after": 7.0, "global": False}
        replies = {
            Fault.BUSY: (429, busy, {"Retry-After": "7"}),
            Fault.GONE: (404, {"message": "Unknown Channel", "code": 10003}, {}),
            Fault.CUT: None,
        }
        self.server.script.append(replies[fault])

    async def writes(
        self, text: str, *, by: Sender = ANN, under: str = "", files: Sequence[Attachment] = (), group: bool = False, meant: bool = False
    ) -> None:
        who = user(by.id, by.name, bot=by.bot)
        said = f"<@{BOT}> {text}" if meant else text
        given = tuple((f.name, f.media_type, f.data) for f in files)
        await self.server.write(said, by=who, group=group, under=under.split()[-1] if under else "", files=given)

    async def presses(self, remote: str, decision: str, *, by: Sender = ANN) -> None:
        await self.server.press(remote.split()[-1].partition(".")[2], decision, by=user(by.id, by.name))

    async def cut(self) -> None:
        await self.server.drop()

    async def reopened(self) -> Channel:
        await self.channel.close()
        self.server.sessions.clear()
        self.server.connected.clear()
        self.channel = opened(self.server)
        return self.channel


class TestDiscord(TwoWayConformance):
    @pytest.fixture
    def rig(self, server: FakeDiscord) -> DiscordRig:
        return DiscordRig(server)


async def test_a_message_whose_answer_got_lost_is_not_sent_twice(server: FakeDiscord) -> None:
    channel = opened(server)
    server.script.append(None)
    with pytest.raises(TemporaryError):
        await channel.send(delivery())
    await channel.send(delivery())
    assert len(server.messages) == 1


async def test_a_message_that_grows_and_shrinks_stays_in_its_place(server: FakeDiscord) -> None:
    channel = opened(server)
    long = a_message(blocks=tuple(replace(a_message().blocks[0], text=f"paragraph {n} " + "word " * 150) for n in range(6)))
    first = await channel.send(delivery())
    grown = await channel.send(delivery(2, message=long, replaces=first))
    assert grown.split()[0] == first
    assert len(grown.split()) > 1
    shrunk = await channel.send(delivery(3, replaces=grown))
    assert shrunk == first
    assert list(server.messages) == [first.partition(".")[2]]


async def test_a_message_that_somebody_deleted_is_sent_anew(server: FakeDiscord) -> None:
    channel = opened(server)
    first = await channel.send(delivery())
    server.messages.clear()
    again = await channel.send(delivery(2, replaces=first))
    assert again != first
    assert len(server.messages) == 1


async def test_what_was_written_while_stead_was_away_is_heard_once(server: FakeDiscord) -> None:
    ann, now = user(ANN.id, ANN.name), datetime.now(UTC)
    for text, ago in (("/long ago", 90), ("/status", 30), ("/jobs", 20)):
        server.missed(text, by=ann, at=now - timedelta(minutes=ago))
    channel, ears = opened(server), Ears("I do not know you.")
    channel.go_on_after(now - timedelta(hours=1))
    async with listening(channel, ears):
        await ears.hears(2)
        await server.write("/incidents", by=ann, group=True)
        await ears.hears(3)
        answers = [m for m in server.messages.values() if m["author"]["id"] == BOT]
    heard = [(one.text, one.direct, one.place.chat) for one in ears.heard]
    assert heard == [(text, False, HOME) for text in ("/status", "/jobs", "/incidents")]
    assert len(answers) <= 1, "an old word is not told that nobody knows who wrote it"


async def test_nobody_is_called_even_by_what_discord_alone_would_read_as_a_name(server: FakeDiscord) -> None:
    await opened(server).send(delivery(message=a_message(title="<@&123> [click](https://evil.example.com) # big")))
    (message,) = server.messages.values()
    assert r"\[click\](" in message["content"]
    assert escape("a_b https://example.com/a_b") == r"a\_b https://example.com/a_b"


async def test_an_answer_in_a_chat_of_two_goes_there(server: FakeDiscord) -> None:
    remote = await opened(server).send(replace(delivery(), place=Place(chat=DIRECT, message="")))
    assert remote.startswith(f"{DIRECT}.")


@pytest.mark.parametrize(
    ("denied", "token", "said"), [(0, "no.such.token", "does not know the bot's token"), (1 << 15, TOKEN, "Message Content Intent")]
)
async def test_what_a_person_must_mend_is_said_and_not_tried_for_ever(
    monkeypatch: pytest.MonkeyPatch, denied: int, token: str, said: str
) -> None:
    monkeypatch.setenv("DISCORD_TOKEN", token)
    async with FakeDiscord(denied_intents=denied) as server:
        channel = opened(server)
        with pytest.raises(PermanentError, match=said):
            await channel.listen(Ears().take)


async def test_a_press_that_could_not_be_kept_is_told_to_be_pressed_again(server: FakeDiscord) -> None:
    channel, ears = opened(server), Ears("done")
    remote = await channel.send(delivery(message=a_message()))
    ears.full = 1
    rig = DiscordRig(server)
    async with listening(channel, ears):
        await rig.presses(remote, "approve")
        await until(lambda: server.toasts, "whoever pressed was told nothing")
    assert "press again" in server.toasts[0]
    assert not ears.heard


@pytest.mark.parametrize("turns", range(8))
async def test_it_stops_even_when_told_to_just_as_it_is_connected(server: FakeDiscord, turns: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The library waits for its connection in a way that may lose a cancellation at that moment: it went on for ever."""
    connection = library("ops").gateway.DiscordWebSocket
    identify = connection.identify

    async def connected(socket: object) -> None:
        await identify(socket)
        task.cancel()
        for _ in range(turns):
            await asyncio.sleep(0)

    monkeypatch.setattr(connection, "identify", connected)
    task = asyncio.create_task(opened(server).listen(Ears().take))
    async with asyncio.timeout(30):
        await asyncio.wait((task,))
    assert task.cancelled()


async def test_it_leaves_nothing_behind_when_told_to_stop_again_while_it_stops(server: FakeDiscord) -> None:
    task = asyncio.create_task(opened(server).listen(Ears().take))
    async with asyncio.timeout(30):
        await server.connected.wait()
        while not task.done():
            task.cancel()
            await asyncio.sleep(0)
    assert task.cancelled()
    assert not [t for t in threading.enumerate() if "keep-alive" in t.name]


def test_a_home_that_is_none_is_named_by_its_reference(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISCORD_TOKEN", TOKEN)
    monkeypatch.setenv("DISCORD_HOME", "ops")
    settings = DiscordSettings.model_validate({"token": "env:DISCORD_TOKEN", "channel": "env:DISCORD_HOME"})
    with pytest.raises(UserError, match="`env:DISCORD_HOME` does not hold the id of a channel"):
        discord.open("ops", settings, SystemClock())


async def test_another_client_library_is_served_by_the_same_wire() -> None:
    """The fake is not made for one library: hikari connects, hears, asks with a button, and hears it pressed."""
    import hikari

    async with FakeDiscord() as server:
        intents = hikari.Intents.ALL_UNPRIVILEGED | hikari.Intents.MESSAGE_CONTENT
        bot = hikari.GatewayBot(TOKEN, rest_url=server.api, banner=None, logs=None, intents=intents)
        pressed: list[str] = []

        async def heard(event: hikari.DMMessageCreateEvent) -> None:
            row = bot.rest.build_message_action_row()
            row.add_interactive_button(hikari.ButtonStyle.SUCCESS, "st:17:approve:", label="Approve")
            await event.message.respond(f"you said {event.content}", component=row)

        async def interacted(event: hikari.InteractionCreateEvent) -> None:
            assert isinstance(event.interaction, hikari.ComponentInteraction)
            pressed.append(event.interaction.custom_id)
            await event.interaction.create_initial_response(hikari.ResponseType.MESSAGE_CREATE, "thanks")

        bot.subscribe(hikari.DMMessageCreateEvent, heard)
        bot.subscribe(hikari.InteractionCreateEvent, interacted)
        await bot.start(check_for_updates=False)
        try:
            await server.write("hello", by=user("1001", "Ann"), group=False)
            await until(lambda: len(server.messages) == 2, "hikari did not answer")
            await server.press(list(server.messages)[-1], "approve", by=user("1001", "Ann"))
            await until(lambda: server.toasts, "hikari did not answer the press")
        finally:
            await bot.close()
    assert pressed == ["st:17:approve:"]
    assert server.toasts == ["thanks"]
