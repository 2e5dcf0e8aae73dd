"""Telegram, against a fake of its Bot API that refuses what the real one refuses."""

from __future__ import annotations

import asyncio
import builtins
import io
import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.channels.fake_telegram import HOME, TOKEN, TelegramServer, visible

from stead.channels.pieces import Look, Piece, joined, parts, pieces
from stead.channels.telegram import Telegram, TelegramSettings, telegram
from stead.channels.telegram_words import LONGEST, shown, size
from stead.clocks import SystemClock
from stead.domain.delivery import Attachment, Block, BlockKind, Place
from stead.domain.errors import PermanentError, TemporaryError, UserError
from stead.domain.inbound import Sender
from stead.testing.channel_conformance import Fault, a_message, delivery
from stead.testing.two_way_chat import ANN
from stead.testing.two_way_conformance import PICTURE, Ears, TwoWayConformance, TwoWayRig, listening, until


def opened(server: TelegramServer, monkeypatch: pytest.MonkeyPatch, **more: object) -> Telegram:
    monkeypatch.setenv("BOT", TOKEN)
    keys = {"token": "env:BOT", "chat": HOME, "base_url": server.url, **more}
    channel = telegram.open("ops", TelegramSettings.model_validate(keys), SystemClock())
    assert isinstance(channel, Telegram)
    return channel


@pytest.fixture
async def server() -> AsyncIterator[TelegramServer]:
    made = TelegramServer()
    await made.start()
    yield made
    await made.stop()


class TelegramRig(TwoWayRig):
    limit = LONGEST
    tells = frozenset(Fault)
    redelivers = True
    toasts = True

    def __init__(self, server: TelegramServer, monkeypatch: pytest.MonkeyPatch) -> None:
        self.server, self.monkeypatch = server, monkeypatch
        self.channel = opened(server, monkeypatch)

    def shown(self) -> Sequence[str]:
        return self.server.shown

    def files(self) -> Sequence[Attachment]:
        return self.server.files

    def answers(self) -> Sequence[str]:
        return self.server.answers()

    def fail(self, fault: Fault) -> None:
        name = {Fault.BUSY: "busy", Fault.GONE: "gone", Fault.CUT: "cut"}[fault]
        setattr(self.server, name, 1)

    async def writes(
        self, text: str, *, by: Sender = ANN, under: str = "", files: Sequence[Attachment] = (), group: bool = False, meant: bool = False
    ) -> None:
        await self.server.write(
            f"{text} @Stead_bot" if meant else text, by=by, under=under.split()[-1] if under else "", files=files, group=group
        )

    async def presses(self, remote: str, decision: str, *, by: Sender = ANN) -> None:
        await self.server.press(remote.split()[-1], decision, by=by)

    async def cut(self) -> None:
        self.server.cut_poll = 1

    async def reopened(self) -> Telegram:
        await self.channel.close()
        self.channel = opened(self.server, self.monkeypatch)
        return self.channel


class TestTelegram(TwoWayConformance):
    @pytest.fixture
    async def rig(self, server: TelegramServer, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[TelegramRig]:
        made = TelegramRig(server, monkeypatch)
        yield made
        await made.channel.close()


@pytest.fixture
async def channel(server: TelegramServer, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Telegram]:
    made = opened(server, monkeypatch)
    yield made
    await made.close()


def long(lines: int) -> Block:
    return Block(kind=BlockKind.TEXT, text="\n".join(f"line-{n:04} of what was seen" for n in range(lines)))


async def test_a_text_that_grows_gets_more_messages_and_one_that_shrinks_fewer(channel: Telegram, server: TelegramServer) -> None:
    first = await channel.send(delivery())
    assert len(first.split()) == 1
    grown = await channel.send(delivery(2, message=a_message(blocks=(long(400),)), replaces=first))
    assert grown.split()[0] == first
    assert len(grown.split()) == len(server.messages) > 1
    assert "reply_markup" not in server.messages[HOME, int(first.partition(":")[2])], "the buttons are under the last part"
    assert await channel.send(delivery(3, replaces=grown)) == first
    assert len(server.messages) == 1
    assert await channel.send(delivery(4, replaces=first)) == first, "nothing changed, and that is no error"


async def test_a_message_that_somebody_deleted_is_sent_anew(channel: Telegram, server: TelegramServer) -> None:
    first = await channel.send(delivery())
    server.messages.clear()
    again = await channel.send(delivery(2, replaces=first))
    assert again != first
    assert len(server.messages) == 1


async def test_a_second_try_repeats_no_part(channel: Telegram, server: TelegramServer) -> None:
    wanted = delivery(message=a_message(blocks=(long(400),), attachments=(PICTURE,)))
    server.cut_after = 1
    with pytest.raises(TemporaryError):
        await channel.send(wanted)
    await channel.send(wanted)
    assert [text.rsplit("(", 1)[1] for text in server.shown] == [f"{n}/{len(server.shown)})" for n in range(1, len(server.shown) + 1)]
    assert len(server.files) == 1


async def test_a_topic_is_written_to_and_answered_in(server: TelegramServer, monkeypatch: pytest.MonkeyPatch) -> None:
    channel = opened(server, monkeypatch, thread=7)
    remote = await channel.send(delivery())
    assert server.messages[HOME, int(remote.partition(":")[2])]["message_thread_id"] == 7
    ears = Ears()
    async with listening(channel, ears):
        await server.write("why?", by=ANN, under=remote, group=True, thread=7)
        heard = await ears.hears()
    assert heard.place == Place(chat=str(HOME), thread="7", message=heard.place.message)
    answer = await channel.send(replace(delivery(2), place=heard.place))
    assert server.messages[HOME, int(answer.partition(":")[2])]["message_thread_id"] == 7
    await channel.close()


async def test_commands_to_other_bots_are_not_heard(channel: Telegram, server: TelegramServer) -> None:
    ears = Ears()
    async with listening(channel, ears):
        await server.write("/status@other_bot", by=ANN, group=True)
        await server.write("/status@stead_bot", by=ANN, group=True)
        heard = await ears.hears()
    assert (heard.text, heard.addressed, len(ears.heard)) == ("/status", True, 1)


async def test_nobody_is_called_by_name_and_no_page_is_looked_at(channel: Telegram, server: TelegramServer) -> None:
    text = "tell @somebody_real about https://example.com/secret"
    await channel.send(delivery(message=a_message(title=text, blocks=(Block(kind=BlockKind.TEXT, text=text),))))
    assert "@somebody" not in server.shown[0]
    assert server.calls[-1][1]["link_preview_options"] == {"is_disabled": True}


async def test_a_chat_that_became_another_names_the_new_one(channel: Telegram, server: TelegramServer) -> None:
    server.migrated = 77
    with pytest.raises(PermanentError, match="has become another, -77; write that as its `chat`"):
        await channel.send(delivery())


async def test_a_wrong_token_is_said_and_not_repeated(server: TelegramServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BOT", "999:wrong-and-secret")
    keys = TelegramSettings.model_validate({"token": "env:BOT", "chat": 5, "base_url": server.url})
    channel = telegram.open("ops", keys, SystemClock())
    with pytest.raises(PermanentError, match="does not know its token") as refused:
        await channel.send(delivery())
    assert "wrong-and-secret" not in str(refused.value)
    await channel.close()


async def test_a_webhook_is_known_by_its_secret_and_acknowledged_once_it_is_kept(
    server: TelegramServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOOK", "a-secret_token")
    channel = opened(server, monkeypatch, webhook={"url": "https://stead.example.com/hooks/channels/ops", "secret": "env:HOOK"})
    update = json.dumps(await server.write("hello", by=ANN)).encode()
    known = {"x-telegram-bot-api-secret-token": "a-secret_token"}
    assert (await channel.called(known, update)).status == 503, "nobody takes it yet: it is brought again"
    ears = Ears()
    async with listening(channel, ears):
        await until(lambda: server.webhook, "the webhook was not set")
        assert server.webhook["secret_token"] == "a-secret_token"
        assert (await channel.called({}, update)).status == 401
        assert (await channel.called({"x-telegram-bot-api-secret-token": "ä"}, update)).status == 401
        assert (await channel.called(known, b"[")).status == 400
        ears.full = 1
        assert (await channel.called(known, update)).status == 503
        assert (await channel.called(known, update)).status == 200
    assert [event.text for event in ears.heard] == ["hello"]
    await channel.close()


async def test_two_who_fetch_for_one_bot_are_told(channel: Telegram, server: TelegramServer, monkeypatch: pytest.MonkeyPatch) -> None:
    other = opened(server, monkeypatch)
    first = asyncio.create_task(channel.listen(Ears().take))
    await until(lambda: any(name == "getupdates" for name, _ in server.calls), "nobody polls")
    second = asyncio.create_task(other.listen(Ears().take))
    with pytest.raises(TemporaryError, match="somebody else fetches this bot's updates"):
        await first
    second.cancel()
    await asyncio.gather(second, return_exceptions=True)
    await other.close()


@settings(max_examples=40)
@given(st.text(max_size=300), st.text(max_size=3000), st.text(max_size=9000))
def test_whatever_is_said_telegram_takes_it(title: str, text: str, code: str) -> None:
    blocks = (Block(kind=BlockKind.TEXT, text=text), Block(kind=BlockKind.CODE, text=code))
    for part in parts(pieces(a_message(title=title, blocks=blocks)), LONGEST, size):
        assert size(Piece(Look.TEXT, visible(joined(part, shown), "HTML"))) <= LONGEST


@pytest.mark.parametrize("chat", ["@ops", "", "12a"])
def test_a_chat_is_named_by_its_id(chat: str) -> None:
    with pytest.raises(ValueError, match="is not the id of a chat"):
        TelegramSettings.model_validate({"token": "env:BOT", "chat": chat})


def test_without_the_library_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    importing = builtins.__import__

    def without(name: str, *args: object, **kwargs: object) -> object:
        if name == "telegram":
            raise ImportError(name)
        return importing(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without)
    monkeypatch.setenv("BOT", TOKEN)
    with pytest.raises(UserError) as refused:
        telegram.open("ops", TelegramSettings.model_validate({"token": "env:BOT", "chat": 1}), SystemClock())
    assert "stead[telegram]" in refused.value.hint


async def test_another_client_library_is_served_by_the_same_wire(server: TelegramServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """The fake is not made for one library: pyTelegramBotAPI asks with a button, hears it pressed, edits, sends a file and deletes."""
    from telebot import asyncio_helper, types
    from telebot.async_telebot import AsyncTeleBot

    monkeypatch.setattr(asyncio_helper, "API_URL", f"{server.url}/bot{{0}}/{{1}}")
    bot, at = AsyncTeleBot(TOKEN), 0

    async def next_update() -> types.Update:
        nonlocal at
        (update,) = await bot.get_updates(offset=at, timeout=5)
        at = update.update_id + 1
        return update

    try:
        assert (await bot.get_me()).username == "stead_bot"
        await server.write("hello", by=ANN)
        asked = (await next_update()).message
        button = types.InlineKeyboardButton("Approve", callback_data="st:17:approve:")
        told = await bot.reply_to(
            asked, f"you said <b>{asked.text}</b>", parse_mode="HTML", reply_markup=types.InlineKeyboardMarkup([[button]])
        )
        await server.press(f"{told.chat.id}:{told.message_id}", "approve", by=ANN)
        pressed = (await next_update()).callback_query
        assert (pressed.data, pressed.from_user.id) == ("st:17:approve:", int(ANN.id))
        await bot.answer_callback_query(pressed.id, "thanks")
        await bot.edit_message_text("approved", told.chat.id, told.message_id)
        await bot.send_document(HOME, types.InputFile(io.BytesIO(b"text"), file_name="pods.txt"))
        await bot.delete_message(asked.chat.id, asked.message_id)
    finally:
        await bot.close_session()
    assert server.toasts == ["thanks"]
    assert server.shown == ["you said hello", "approved"]
    assert [(file.name, file.data) for file in server.files] == [("pods.txt", b"text")]
    assert [message["text"] for message in server.messages.values() if "text" in message] == ["approved"]
