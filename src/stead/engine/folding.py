"""Folding: in a storm, what is beyond a channel's measure is one message that lists it and is edited, and no message for each.

Whatever a folded incident comes to next (that it moves, that it is over) edits that list. What gets worse, or waits for an answer, is told
by itself again as soon as there is room.
"""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa

from stead.domain.delivery import RINGING, Because, Delivery, DeliveryState, Message
from stead.engine import queueing
from stead.engine.addressing import Address
from stead.engine.journey import Journey
from stead.engine.together import together
from stead.store import deliveries

MEASURE = timedelta(minutes=1)
"""The time within which a channel's messages are counted."""

ONE_STORM = timedelta(minutes=10)
"""After so long without one more, a next storm begins a list of its own."""

FOLD = "fold"


def too_many(connection: sa.Connection, journey: Journey, address: Address, before: Delivery | None, because: Because) -> bool:
    """Whether one message more would be beyond the channel's measure. An edit is none, and nothing that is about no incident is folded."""
    most = journey.most_a_minute.get(address.channel.name, 0)
    if not most or not address.incident:
        return False
    edits = address.channel.capabilities.edit
    if edits and before is not None and because not in RINGING:
        return False
    return deliveries.rung(connection, address.channel.name, journey.now() - MEASURE, edits=edits) >= most


def is_folded(last: Delivery | None) -> bool:
    return last is not None and last.state is DeliveryState.HELD and last.kept_for.startswith(f"{FOLD}:")


def fold(connection: sa.Connection, journey: Journey, address: Address, because: Because, message: Message) -> None:
    """Put it into the list of this storm, or bring the line that it has there up to date."""
    last = deliveries.newest(connection, address.conversation)
    if last is not None and is_folded(last):
        storm = last.kept_for
        deliveries.rewrite(connection, last.id, last.because, message)
    else:
        channel = address.channel.name
        storm = deliveries.latest_fold(connection, channel, journey.now() - ONE_STORM) or f"{FOLD}:{address.incident}"
        why = f"more than {journey.most_a_minute[channel]} messages a minute: told in one that lists them"
        queueing.hold(connection, journey, address, because, message, why, storm)
    _list(connection, journey, address, storm)


def _list(connection: sa.Connection, journey: Journey, address: Address, storm: str) -> None:
    rows = deliveries.kept(connection, address.channel.name, storm)
    listed = Address.alone(address.channel, storm)
    message = together(connection, rows, "more", journey.now())
    waiting = deliveries.queued(connection, listed.conversation)
    if waiting is not None:
        deliveries.rewrite(connection, waiting.id, waiting.because, message)
        return
    before = deliveries.last_said(connection, listed.conversation)
    if before is not None and before.message == message:
        return
    # A list that cannot be edited comes again, and not more often than the measure.
    again = journey.timing.edit_wait if address.channel.capabilities.edit else MEASURE
    wait = journey.timing.group_wait if before is None else again
    queueing.leave(connection, journey, listed, Because.TOGETHER, message, journey.now() + wait)
