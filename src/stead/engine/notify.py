"""Notify: what changed becomes what is said. One incident is one conversation, and one message that is edited as it moves.

Written in the transaction of the change itself: a change that is stored is said, and one that is not stored is not. A message that has
not left yet takes up whatever changes in the meantime, so a burst is one message.
"""

from __future__ import annotations

from dataclasses import replace

import sqlalchemy as sa

from stead.domain import ids
from stead.domain.delivery import Because, BlockKind, Delivery, Message
from stead.engine.journey import Journey
from stead.engine.story import render
from stead.ports import Channel
from stead.store import deliveries, due, events, incidents

_OPENING = (Because.FIRST, Because.REOPENED)


def tell(connection: sa.Connection, journey: Journey, number: int, because: Because) -> None:
    """Say how the incident stands now, on every channel that can take it."""
    message = render(connection, number)
    episode = incidents.get(connection, number).episode
    for channel in journey.channels.values():
        _queue(connection, journey, channel, f"{channel.name}:{number}.{episode}", number, because, message)


def _queue(
    connection: sa.Connection, journey: Journey, channel: Channel, conversation: str, number: int, because: Because, message: Message
) -> None:
    waiting = deliveries.queued(connection, conversation)
    if waiting is not None:
        _fold_in(connection, waiting, because, message)
        return
    if because is Because.MOVED and not _worth_moving(connection, channel, conversation, message):
        return
    delivery_id = deliveries.add(
        connection,
        incident=number,
        channel=channel.name,
        conversation=conversation,
        because=because,
        message=message,
        now=journey.now(),
    )
    wait = journey.timing.group_wait if because in _OPENING else journey.timing.edit_wait
    due.schedule(connection, "deliver", str(delivery_id), journey.now() + wait, ids.delivery_workflow(delivery_id, 1))
    events.record(
        connection,
        "delivery.queued",
        at=journey.now(),
        estate=incidents.get(connection, number).estate,
        incident=number,
        data={"delivery": delivery_id, "channel": channel.name, "because": because, "title": message.title},
    )


def _fold_in(connection: sa.Connection, waiting: Delivery, because: Because, message: Message) -> None:
    """What has not left says the newest; a first word stays a first word, unless it is over before it was said."""
    if waiting.because in _OPENING and because is Because.RESOLVED:
        deliveries.hold(connection, waiting.id, "over before it was said")
        due.cancel(connection, "deliver", str(waiting.id))
        return
    kept = waiting.because if waiting.because in _OPENING or because is Because.MOVED else because
    deliveries.rewrite(connection, waiting.id, kept, message)


def _worth_moving(connection: sa.Connection, channel: Channel, conversation: str, message: Message) -> bool:
    """A small move is an edit or nothing: a channel that cannot edit would page for it, and a counter that moved on says nothing new."""
    before = deliveries.latest_message(connection, conversation)
    return channel.capabilities.edit and (before is None or _told(before) != _told(message))


def _told(message: Message) -> Message:
    """What of a message is news when it changes: everything but the evidence, in which restarts are counted and logs go on."""
    return replace(message, blocks=tuple(block for block in message.blocks if block.kind is not BlockKind.EVIDENCE))
