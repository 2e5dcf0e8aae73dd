"""Several messages as one: a line for each, as it stands now, with its number."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from stead.domain.delivery import Block, BlockKind, Delivery, Message
from stead.domain.finding import Severity
from stead.engine.story import render
from stead.store import incidents

MOST_LINES = 30


def together(connection: sa.Connection, rows: Sequence[Delivery], when: str, now: datetime) -> Message:
    """One message of what these rows would say now, worst first; `when` ends the title: `3 incidents while it was quiet`."""
    told: dict[str, Message] = {}
    for row in rows:
        known = row.incident and incidents.find(connection, row.incident) is not None
        told[str(row.incident) if row.incident else row.conversation] = render(connection, row.incident, now) if known else row.message
    messages = sorted(told.values(), key=lambda message: (message.resolved, -message.severity.rank))
    lines = [_line(message) for message in messages[:MOST_LINES]]
    if len(messages) > MOST_LINES:
        lines.append(f"and {len(messages) - MOST_LINES} more: stead incidents --all")
    going_on = [message.severity for message in messages if not message.resolved]
    over = len(messages) - len(going_on)
    title = f"{len(messages)} {_noun(messages)} {when}" + (f", {over} of them over" if over and going_on else "")
    return Message(
        title=title + (", and over" if not going_on else ""),
        severity=max(going_on, key=lambda severity: severity.rank, default=Severity.INFO),
        number="",
        state="open" if going_on else "resolved",
        blocks=(Block(kind=BlockKind.TEXT, text="\n".join(lines)),),
        buttons=tuple(button for message in messages for button in message.buttons),
        resolved=not going_on,
    )


def _line(message: Message) -> str:
    """`I-41 critical, open: payments/api crash-loops`."""
    state = "over" if message.resolved else message.state.replace("_", " ")
    return f"{message.number} {message.severity}, {state}: {message.title}".strip()


def _noun(messages: Sequence[Message]) -> str:
    what = "incident" if all(message.number for message in messages) else "message"
    return what if len(messages) == 1 else f"{what}s"
