"""What a person sends back: a text, a press of a button, a reaction. Whatever the channel, it comes in as this."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from stead.domain.delivery import Attachment, Button, Place


class InboundKind(StrEnum):
    TEXT = "text"
    BUTTON = "button"
    REACTION = "reaction"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """Who sent it, as the provider says: `id` is the provider's own and never changes hands, `name` is only shown."""

    id: str
    name: str = ""
    bot: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Press:
    """The answer that a button stands for."""

    approval: int
    decision: str
    nonce: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Inbound:
    """One event from a channel. `id` is the provider's for this very event, the same each time that it is sent again.

    `place` is where it was sent, its `message` the one under which an answer belongs. `reply_to` is the remote id of the message of
    Stead's that it answers, or whose button was pressed, as `send` returned it (one word of it), "" for none. `direct`: in a chat of
    two. `addressed`: it names the bot, so it is meant even in a chat of many.
    """

    channel: str
    id: str
    kind: InboundKind
    sender: Sender
    place: Place
    at: datetime
    text: str = ""
    reply_to: str = ""
    press: Press | None = None
    attachments: tuple[Attachment, ...] = ()
    direct: bool = False
    addressed: bool = False


_PAYLOAD = re.compile(r"st:(\d{1,10}):([a-z]{1,16}):([0-9a-f]{0,16})", re.ASCII)


def payload(button: Button) -> str:
    """What a provider keeps behind a button and sends back when it is pressed: at most 49 bytes, of Telegram's 64 and Discord's 100."""
    return f"st:{button.approval}:{button.decision}:{button.nonce}"


def press_of(text: str) -> Press | None:
    """The answer that a payload stands for; None where it is none of Stead's."""
    found = _PAYLOAD.fullmatch(text)
    return None if found is None else Press(approval=int(found[1]), decision=found[2], nonce=found[3])
