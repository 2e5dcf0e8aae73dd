"""A message on its way to a person: structured, so that each channel shows it as well as it can."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from stead.domain.finding import Severity


class Because(StrEnum):
    """Why a message goes out, or is not sent: a stored reason answers `why did it page me`.

    CAUSE: what explains it all came after its symptoms. FLAPPING: it comes and goes, and is told no more until it keeps still.
    REMINDER: a question waits, and half of its time is over.
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
    MUTED = "muted"


class BlockKind(StrEnum):
    TEXT = "text"
    EVIDENCE = "evidence"
    COMMAND = "command"
    STEP = "step"


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """One part of a message: a paragraph, a piece of evidence with its `command`, a command to run, or a step that was taken."""

    kind: BlockKind
    text: str
    command: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Button:
    """An answer that can be given; `approval` is the A-number's digits that the answer is bound to."""

    label: str
    approval: int
    decision: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """`number` (I-41) tells several conversations apart; `resolved` says that the trouble is over."""

    title: str
    severity: Severity
    number: str
    state: str
    blocks: tuple[Block, ...] = ()
    buttons: tuple[Button, ...] = ()
    resolved: bool = False


class DeliveryState(StrEnum):
    """HELD is muted; DEAD was given up on, aloud."""

    QUEUED = "queued"
    HELD = "held"
    SENT = "sent"
    DEAD = "dead"


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What a channel can do with a message once it has it."""

    edit: bool = False
    thread: bool = False
    buttons: bool = False
    pictures: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """`conversation` is what one incident says on one channel; `position` orders its deliveries, from 1.

    `incident` is 0 where it is about none · `replaces` is the remote id of the message to edit, "" for a new one.
    `id` is the idempotency key towards the receiver.
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
