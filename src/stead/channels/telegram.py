"""Telegram, both ways: messages with buttons that are edited as things move, topics, pictures and files (`stead[telegram]`).

Updates are fetched (long polling) or brought (a webhook), and acknowledged only once they are stored.
"""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import json
import os
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, model_validator

from stead.channels.pieces import Look, joined, parts, pieces
from stead.channels.telegram_words import LONGEST, LONGEST_TOAST, inbound, remote, shown, size, split_remote, unnamed
from stead.declare import ChannelKind
from stead.domain.delivery import Attachment, Button, Capabilities, Delivery, Place
from stead.domain.errors import PermanentError, StorageError, TemporaryError, UserError
from stead.domain.inbound import Inbound, payload
from stead.ports import Clock, Response, Take
from stead.secrets import SecretRef

if TYPE_CHECKING:
    from telegram import Bot, InlineKeyboardMarkup, Message, Update, User
    from telegram.request import BaseRequest

T = TypeVar("T")

POLL = 30
"""Seconds that Telegram holds a poll open while there is nothing to say."""
MOST_FILE = 5 * 1024 * 1024
"""Bytes of a file that is taken in; the Bot API gives out 20 MB at most (getFile)."""
MOST_PICTURE = 10 * 1024 * 1024
"""Bytes of a picture that Telegram shows as one (sendPhoto); a larger one is a file."""
_UPDATES = ("message", "callback_query")
_SECRET = "x-telegram-bot-api-secret-token"


class TelegramWebhook(BaseModel):
    """`url` under which Telegram reaches `/hooks/channels/NAME` · `secret` the reference of what it sends along to be known by."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    url: str = Field(pattern=r"^https://[^\s/]+/\S*$")
    secret: SecretRef


class TelegramSettings(BaseModel):
    """`token` the bot's · `chat` the id of its home chat · `thread` a topic in it · `webhook` instead of polling · `base_url` of another
    Bot API server · `timeout` of one call, in seconds."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    token: SecretRef
    chat: str | int
    thread: int = Field(default=0, ge=0)
    webhook: TelegramWebhook | None = None
    base_url: str = Field(default="https://api.telegram.org", pattern=r"^https?://[^\s/]+$")
    timeout: float = Field(default=15.0, gt=0, le=120, allow_inf_nan=False)

    @model_validator(mode="after")
    def _chat_is_an_id(self) -> TelegramSettings:
        if not str(self.chat).lstrip("-").isdecimal():
            raise ValueError("`chat` is not the id of a chat; write the number, like -1001234567890 (a group's has a minus)")
        return self


@dataclass(frozen=True, slots=True)
class _Home:
    chat: int
    thread: int


class Telegram:
    """One bot. A remote id is `chat:message`, a word for each message that a long text became."""

    capabilities = Capabilities(edit=True, thread=True, buttons=True, pictures=True, files=True)

    def __init__(
        self,
        name: str,
        bot: Bot,
        requests: Sequence[BaseRequest],
        home: _Home,
        clock: Clock,
        webhook: tuple[str, bytes] | None = None,
    ) -> None:
        self.name = name
        self._bot = bot
        self._requests = requests
        self._home = home
        self._clock = clock
        self._webhook = webhook
        self._take: Take | None = None
        self._turn = asyncio.Lock()
        self._begun = False
        self._closed = False
        self._sent: dict[int, list[str]] = {}
        """What of a delivery that broke off half-way is there already, so that a second try repeats none of it."""

    # --- out ---

    async def send(self, delivery: Delivery) -> str:
        """Send, or edit what is there: a text that grew gets more messages, one that shrank fewer."""
        if self._closed:
            raise PermanentError(f"channel `{self.name}` is closed")
        await self._begin()
        safe = [replace(piece, text=unnamed(piece.text)) if piece.look is not Look.CODE else piece for piece in pieces(delivery.message)]
        texts = [joined(part, shown) for part in parts(safe, LONGEST, size)]
        buttons = _keyboard(delivery.message.buttons) if not delivery.message.resolved else None
        present = delivery.replaces.split()
        sent = self._sent.setdefault(delivery.id, [])
        for number, text in list(enumerate(texts))[len(sent) :]:
            under = buttons if number == len(texts) - 1 else None
            sent.append(await self._put(delivery, text, under, present[number] if number < len(present) else ""))
        for word in present[len(texts) :]:
            await self._delete(word)
        if not delivery.replaces:
            for file in delivery.message.attachments[len(sent) - len(texts) :]:
                sent.append(await self._attach(delivery, file, sent[0]))
        del self._sent[delivery.id]
        return " ".join(sent)

    async def close(self) -> None:
        if self._closed:
            return
        self._closed = True
        for request in self._requests:
            with contextlib.suppress(Exception):  # Its connections are gone either way.
                await request.shutdown()

    async def _put(self, delivery: Delivery, text: str, buttons: InlineKeyboardMarkup | None, present: str) -> str:
        if present:
            edited = await self._edit(present, text, buttons)
            if edited:
                return edited
        where, extra = self._where(delivery.place)
        message: Message = await self._call(
            lambda: self._bot.send_message(where, text, parse_mode="HTML", reply_markup=buttons, **_quiet(), **extra)
        )
        return remote(message.chat.id, message.message_id)

    async def _edit(self, word: str, text: str, buttons: InlineKeyboardMarkup | None) -> str:
        """The same remote id; "" where that message is no more, or can no longer be edited."""
        from telegram.error import BadRequest

        chat, number = split_remote(word)
        try:
            await self._call(
                lambda: self._bot.edit_message_text(
                    text, chat_id=chat, message_id=number, parse_mode="HTML", reply_markup=buttons, **_quiet()
                )
            )
        except PermanentError as error:
            said = str(error.__cause__).lower() if isinstance(error.__cause__, BadRequest) else ""
            if "not modified" in said:
                return word
            if "to edit not found" in said or "can't be edited" in said:
                return ""
            raise
        return word

    async def _delete(self, word: str) -> None:
        chat, number = split_remote(word)
        with contextlib.suppress(PermanentError):  # After 48 hours Telegram deletes no more; its old words stay.
            await self._call(lambda: self._bot.delete_message(chat, number))

    async def _attach(self, delivery: Delivery, file: Attachment, under: str) -> str:
        from telegram import InputFile

        where, given = self._where(delivery.place)
        extra: dict[str, Any] = {**given, "reply_to_message_id": split_remote(under)[1], "allow_sending_without_reply": True}
        data = InputFile(file.data, filename=file.name)
        if file.picture and len(file.data) <= MOST_PICTURE:
            message = await self._call(lambda: self._bot.send_photo(where, data, **extra))
        else:
            message = await self._call(lambda: self._bot.send_document(where, data, **extra))
        return remote(message.chat.id, message.message_id)

    def _where(self, place: Place | None) -> tuple[int, dict[str, Any]]:
        """The chat, and in it the topic and the message that is answered."""
        if place is None:
            return self._home.chat, {"message_thread_id": self._home.thread} if self._home.thread else {}
        extra: dict[str, Any] = {"message_thread_id": int(place.thread)} if place.thread else {}
        if place.message:
            extra |= {"reply_to_message_id": int(place.message), "allow_sending_without_reply": True}
        return int(place.chat), extra

    # --- in ---

    async def listen(self, take: Take) -> None:
        """Poll, or have Telegram call."""
        me = await self._begin()
        self._take = take
        try:
            if self._webhook is not None:
                await self._be_called(*self._webhook)
            else:
                await self._poll(take, me)
        finally:
            self._take = None

    async def called(self, headers: Mapping[str, str], body: bytes) -> Response:
        """One update, brought by Telegram; it brings it again after anything but 2xx."""
        if self._webhook is None:
            return Response(status=404)
        if not hmac.compare_digest(headers.get(_SECRET, "").encode(), self._webhook[1]):
            return Response(status=401)
        if self._take is None or self._closed:
            return Response(status=503)
        from telegram import Update

        try:
            update = Update.de_json(json.loads(body), self._bot)
        except (ValueError, TypeError, KeyError, RecursionError):
            return Response(status=400)
        try:
            async with self._turn:
                await self._hear(update, self._take, self._bot.bot)
        except (TemporaryError, StorageError):
            return Response(status=503)
        return Response(status=200)

    async def _be_called(self, url: str, secret: bytes) -> None:
        await self._call(lambda: self._bot.set_webhook(url, secret_token=secret.decode(), allowed_updates=_UPDATES, max_connections=1))
        await asyncio.Event().wait()

    async def _poll(self, take: Take, me: User) -> None:
        await self._call(self._bot.delete_webhook)
        offset = 0
        try:
            while True:
                fetch = partial(self._bot.get_updates, offset=offset, timeout=POLL, allowed_updates=_UPDATES)
                found: Sequence[Update] = await self._call(fetch)
                for update in found:
                    await self._hear(update, take, me)
                    offset = update.update_id + 1
        finally:
            await self._acknowledge(offset)

    async def _acknowledge(self, offset: int) -> None:
        """The next poll would tell what was taken; where there is none, this does. Without it, what was taken would only come again."""
        if offset and not self._closed:
            with contextlib.suppress(Exception):
                async with asyncio.timeout(2):
                    await self._bot.get_updates(offset=offset, timeout=0, limit=1, allowed_updates=_UPDATES)

    async def _hear(self, update: Update, take: Take, me: User) -> None:
        event = inbound(self.name, update, me, self._clock.now())
        if event is None:
            return
        event = await self._with_files(event, update)
        answer = await take(event)
        if event.press is not None and update.callback_query is not None:
            await self._answer_press(update.callback_query.id, answer)
        elif answer:
            where, extra = self._where(event.place)
            # It is taken, and stays taken: a word that gets lost here is said again by nobody.
            with contextlib.suppress(TemporaryError, PermanentError):
                await self._call(lambda: self._bot.send_message(where, answer[:LONGEST], **_quiet(), **extra))

    async def _answer_press(self, query: str, answer: str) -> None:
        text = answer if len(answer) <= LONGEST_TOAST else f"{answer[: LONGEST_TOAST - 1]}…"
        with contextlib.suppress(TemporaryError, PermanentError):  # It may be too old to be answered; the message tells, too.
            await self._call(lambda: self._bot.answer_callback_query(query, text or None, show_alert=len(text) > 80))

    async def _with_files(self, event: Inbound, update: Update) -> Inbound:
        message = update.message
        if message is None:
            return event
        document, photo = message.document, message.photo[-1] if message.photo else None
        found = document or photo
        if found is None:
            return event
        name = (document.file_name if document is not None else "") or f"{found.file_unique_id}.jpg"
        kind = (document.mime_type if document is not None else "image/jpeg") or "application/octet-stream"
        if (found.file_size or 0) > MOST_FILE:
            return replace(event, text=f"{event.text}\n({name} is larger than {MOST_FILE // 1024**2} MB, and was not read)".strip())
        data = await self._call(lambda: self._download(found.file_id))
        return replace(event, attachments=(Attachment(name=name, media_type=kind, data=data),))

    async def _download(self, file: str) -> bytes:
        return bytes(await (await self._bot.get_file(file)).download_as_bytearray())

    # --- both ---

    async def _begin(self) -> User:
        """Know the bot's own name; the first call that tells whether its token is good."""
        async with self._turn:
            if not self._begun:
                await self._call(self._bot.initialize)
                self._begun = True
        return self._bot.bot

    async def _call(self, work: Callable[[], Awaitable[T]]) -> T:
        """`work()` with Telegram's refusals in our two families. The text of a lost connection may hold the token, and is left out."""
        from telegram import error as said

        try:
            return await work()
        except said.RetryAfter as error:
            wait = error._retry_after.total_seconds()  # pyright: ignore[reportPrivateUsage]
            raise TemporaryError(f"channel `{self.name}`: Telegram asks for {wait:g} s of rest", retry_after=wait) from error
        except said.ChatMigrated as error:
            what = f"channel `{self.name}`: the chat has become another, {error.new_chat_id}; write that as its `chat`"
            raise PermanentError(what) from error
        except said.InvalidToken as error:
            raise PermanentError(f"channel `{self.name}`: Telegram does not know its token") from error
        except (said.Forbidden, said.BadRequest) as error:
            raise PermanentError(f"channel `{self.name}`: Telegram refuses: {error.message}") from error
        except said.Conflict as error:
            raise TemporaryError(f"channel `{self.name}`: somebody else fetches this bot's updates") from error
        except said.TelegramError as error:
            raise TemporaryError(f"channel `{self.name}`: Telegram could not be reached ({type(error).__name__})") from error


def _quiet() -> dict[str, Any]:
    """No picture of a page that a text happens to link to: asking for it would tell its host."""
    from telegram import LinkPreviewOptions

    return {"link_preview_options": LinkPreviewOptions(is_disabled=True)}


def _keyboard(buttons: Sequence[Button]) -> InlineKeyboardMarkup | None:
    """A row for each question."""
    from telegram import InlineKeyboardButton, InlineKeyboardMarkup

    rows: dict[int, list[InlineKeyboardButton]] = {}
    for button in buttons:
        rows.setdefault(button.approval, []).append(InlineKeyboardButton(button.label[:64], callback_data=payload(button)))
    return InlineKeyboardMarkup(list(rows.values())) if rows else None


def _open(name: str, settings: TelegramSettings, clock: Clock) -> Telegram:
    # The library is about to tell durations as such, and warns of every one until it is told to.
    os.environ.setdefault("PTB_TIMEDELTA", "true")
    try:
        from telegram import Bot
        from telegram.request import HTTPXRequest
    except ImportError as error:
        raise UserError(
            f"channel `{name}` needs the python-telegram-bot library, which is not installed", hint="pip install 'stead[telegram]'"
        ) from error
    waits: dict[str, Any] = {"read_timeout": settings.timeout, "write_timeout": settings.timeout, "connect_timeout": settings.timeout}
    asking = HTTPXRequest(connection_pool_size=4, pool_timeout=settings.timeout, media_write_timeout=60, **waits)
    polling = HTTPXRequest(connection_pool_size=1, pool_timeout=settings.timeout, **waits)
    bot = Bot(
        settings.token.resolve(),
        base_url=f"{settings.base_url}/bot",
        base_file_url=f"{settings.base_url}/file/bot",
        request=asking,
        get_updates_request=polling,
    )
    webhook = None if settings.webhook is None else (settings.webhook.url, settings.webhook.secret.resolve().encode())
    return Telegram(name, bot, (asking, polling), _Home(int(settings.chat), settings.thread), clock, webhook)


telegram = ChannelKind(kind="telegram", settings=TelegramSettings, open=_open, page=(__doc__ or "").strip())
