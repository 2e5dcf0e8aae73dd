"""A message on its way to a person: structured, so that each channel shows it as well as it can."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from stead.domain.finding import Severity


class Because(StrEnum):
    """Why a message goes out, or is not sent: a stored reason answers `why did it page me`.

    CAUSE: what explains it all came after its symptoms. FLAPPING: it comes and goes, and is told no more until it keeps still.
    REMINDER: a question waits, and half of its time is over. REPEATED: a route wants it said once more. UNANSWERED: nobody has
    acknowledged it, and somebody else is told. ANSWER: somebody asked. TEST: somebody tries the channel. TOGETHER: several that
    waited, or were too many, in one.
    """

    FIRST = "first"
    WORSE = "worse"
    MOVED = "moved"
    APPROVAL = "approval"
    RESOLVED = "resolved"
    ESCALATED = "escalated"
    REOPENED = "reopened"
    CAUSE = "cause"
    FLAPPING = "flapping"
    REMINDER = "reminder"
    REPEATED = "repeated"
    UNANSWERED = "unanswered"
    ANSWER = "answer"
    TEST = "test"
    TOGETHER = "together"
    MUTED = "muted"


RINGING = frozenset({Because.REMINDER, Because.REPEATED, Because.UNANSWERED})
"""What would be of no use as an edit, which rings nowhere: it is a message of its own, and the one that is edited from then on."""


class BlockKind(StrEnum):
    TEXT = "text"
    EVIDENCE = "evidence"
    COMMAND = "command"
    STEP = "step"
    CODE = "code"


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """One part of a message: a paragraph, evidence with its `command`, a command to run, a step that was taken, or lines of code."""

    kind: BlockKind
    text: str
    command: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Button:
    """An answer that can be given; `approval` is the A-number's digits that the answer is bound to.

    `nonce` tells this very question from another of the same number, as after the store was made anew.
    """

    label: str
    approval: int
    decision: str
    nonce: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A picture or a file, on its way out or in. `media_type` as RFC 6838 writes it (`image/png`)."""

    name: str
    media_type: str
    data: bytes

    @property
    def picture(self) -> bool:
        """Whether a chat can show it as it is."""
        return self.media_type in PICTURES


PICTURES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where on a channel, in the provider's own ids: a chat, a `thread` (topic) in it, and the `message` that is answered; "" for none."""

    chat: str
    thread: str = ""
    message: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """`number` (I-41) tells several conversations apart; `resolved` says that the trouble is over.

    `plain`: it is no news of trouble, but an answer or a report, so no severity stands before it, and it may have no title.
    """

    title: str
    severity: Severity
    number: str
    state: str
    blocks: tuple[Block, ...] = ()
    buttons: tuple[Button, ...] = ()
    resolved: bool = False
    plain: bool = False
    attachments: tuple[Attachment, ...] = ()


class DeliveryState(StrEnum):
    """HELD is muted; DEAD was given up on, aloud; DROPPED a person took out."""

    QUEUED = "queued"
    HELD = "held"
    SENT = "sent"
    DEAD = "dead"
    DROPPED = "dropped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What a channel can do with a message once it has it."""

    edit: bool = False
    thread: bool = False
    buttons: bool = False
    pictures: bool = False
    files: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """`conversation` is what one incident says on one channel; `position` orders its deliveries, from 1.

    `incident` is 0 where it is about none · `replaces` is the remote id of the message to edit, "" for a new one.
    `kept_for` what a held one waits to be told with, `told_in` the delivery that told it so ·
    `forgiven`: tries that count no more, since a person had it tried again.
    `id` is the idempotency key towards the receiver. `place` is where it goes, None: to the channel's home.
    """

    id: int
    incident: int
    channel: str
    conversation: str
    position: int
    because: Because
    message: Message
    created_at: datetime
    state: DeliveryState = DeliveryState.QUEUED
    attempts: int = 0
    replaces: str = ""
    remote_id: str = ""
    error: str = ""
    forgiven: int = 0
    kept_for: str = ""
    told_in: int = 0
    place: Place | None = None
