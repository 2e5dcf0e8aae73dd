"""Words for one place: an answer to somebody, a report for one chat. Through the outbox, like all that is said."""

from __future__ import annotations

import sqlalchemy as sa

from stead.domain import ids
from stead.domain.delivery import Because, Block, BlockKind, Message, Place
from stead.domain.finding import Severity
from stead.domain.spoken import blocks
from stead.engine.journey import Journey
from stead.store import deliveries, due, events


def say(
    connection: sa.Connection,
    journey: Journey,
    channel: str,
    place: Place,
    message: Message,
    *,
    because: Because = Because.ANSWER,
    session: str = "",
) -> int:
    """Queue it for this place of the channel, after what was said there before; the delivery's id.

    A reply to it goes on with `session`.
    """
    delivery = deliveries.add(
        connection,
        incident=0,
        channel=channel,
        conversation=f"{channel}:at:{place.chat}:{place.thread}",
        because=because,
        message=message,
        now=journey.now(),
        place=place,
        session=session,
    )
    due.schedule(connection, "deliver", str(delivery), journey.now(), ids.delivery_workflow(delivery, 1))
    data = {"delivery": delivery, "channel": channel, "because": because, "title": message.title}
    events.record(connection, "delivery.queued", at=journey.now(), estate="", data=data)
    return delivery


def plain(text: str, *, title: str = "", number: str = "") -> Message:
    """An answer in Markdown as a message."""
    made = blocks(text) or (Block(kind=BlockKind.TEXT, text="(nothing)"),)
    return Message(title=title, severity=Severity.INFO, number=number, state="", blocks=made, plain=True)
