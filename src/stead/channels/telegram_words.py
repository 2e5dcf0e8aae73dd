"""Telegram's HTML, and what its updates say (https://core.telegram.org/bots/api#html-style, #update)."""

from __future__ import annotations

import html
import re
from datetime import datetime
from typing import TYPE_CHECKING

from stead.channels.pieces import Look, Piece, Span, spans
from stead.domain.delivery import Place
from stead.domain.inbound import Inbound, InboundKind, Sender, press_of

if TYPE_CHECKING:
    from telegram import CallbackQuery, Message, Update, User

LONGEST = 4096
"""UTF-16 units of one message's text, after its entities are taken out (sendMessage)."""
LONGEST_TOAST = 200
"""Characters that answer whoever pressed (answerCallbackQuery)."""

_JOINER = "\N{WORD JOINER}"
_NAMES = re.compile(r"@(?=\w{4,})")


def size(piece: Piece) -> int:
    """UTF-16 units of its words, as Telegram counts them: without the marks."""
    return len(piece.text.encode("utf-16-le", errors="replace")) // 2


def shown(piece: Piece) -> str:
    """The piece as HTML."""
    if piece.look is Look.CODE:
        return f"<pre>{html.escape(piece.text, quote=False)}</pre>"
    if piece.look in (Look.TITLE, Look.HEADING):
        return f"<b>{_words(piece.text)}</b>"
    return _inline(piece.text)


def remote(chat: int | str, message: int) -> str:
    return f"{chat}:{message}"


def split_remote(word: str) -> tuple[int, int]:
    """`-100123:55` → chat and message. ValueError for what is none."""
    chat, _, message = word.rpartition(":")
    return int(chat), int(message)


def inbound(channel: str, update: Update, me: User, now: datetime) -> Inbound | None:
    """What the update says, without its files; None for what is nothing that a person said to this bot."""
    if update.callback_query is not None:
        return _pressed(channel, update.callback_query, now)
    return _written(channel, update.message, me) if update.message is not None else None


def _pressed(channel: str, query: CallbackQuery, now: datetime) -> Inbound | None:
    press = press_of(query.data or "")
    if press is None or query.message is None:
        return None
    chat, number = query.message.chat, query.message.message_id
    thread = getattr(query.message, "message_thread_id", None) if getattr(query.message, "is_topic_message", None) else None
    return Inbound(
        channel=channel,
        id=f"press-{query.id}",
        kind=InboundKind.BUTTON,
        sender=_sender(query.from_user),
        place=Place(chat=str(chat.id), thread=str(thread or ""), message=str(number)),
        at=now,  # Telegram does not say when it was pressed.
        reply_to=remote(chat.id, number),
        press=press,
        direct=chat.type == "private",
    )


def _written(channel: str, message: Message, me: User) -> Inbound | None:
    if message.from_user is None or message.sender_chat is not None:
        return None
    text, addressed = _for_me(message.text or message.caption or "", me.username or "")
    if text is None:
        return None
    if not text and message.document is None and not message.photo:
        return None
    thread = message.message_thread_id if message.is_topic_message else None
    answered = message.reply_to_message
    ours = answered is not None and answered.from_user is not None and answered.from_user.id == me.id
    return Inbound(
        channel=channel,
        id=f"message-{message.chat.id}-{message.message_id}",
        kind=InboundKind.TEXT,
        sender=_sender(message.from_user),
        place=Place(chat=str(message.chat.id), thread=str(thread or ""), message=str(message.message_id)),
        at=message.date,
        text=text,
        reply_to=remote(message.chat.id, answered.message_id) if answered is not None and ours else "",
        direct=message.chat.type == "private",
        addressed=addressed,
    )


def _for_me(text: str, name: str) -> tuple[str | None, bool]:
    """The text without this bot's name, and whether it was there; None for a command to another bot."""
    command = re.match(r"/\w+@(\w+)", text)
    if command is not None and command[1].lower() != name.lower():
        return None, False
    bare, count = re.subn(rf"@{re.escape(name)}\b", "", text, flags=re.IGNORECASE) if name else (text, 0)
    return (" ".join(bare.split(" ")).strip(), bool(count))


def _sender(user: User) -> Sender:
    return Sender(id=str(user.id), name=user.full_name, bot=user.is_bot)


def unnamed(text: str) -> str:
    """The text so that Telegram calls nobody of a name in it."""
    return _NAMES.sub(f"@{_JOINER}", text)


def _words(text: str) -> str:
    return html.escape(text, quote=False)


def _inline(text: str) -> str:
    marks = {Span.WORDS: "{}", Span.CODE: "<code>{}</code>", Span.BOLD: "<b>{}</b>"}
    return "".join(marks[kind].format(_words(words)) for kind, words in spans(text))
