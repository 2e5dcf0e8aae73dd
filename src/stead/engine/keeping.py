"""Keeping: what somebody does not want to hear at once waits, and is told at its time in one message with everything else that waited.

One `due` row for each channel says when to look next; what is away for longer, or quiet again by then, waits on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

import sqlalchemy as sa

from stead.domain.delivery import Because, Delivery, DeliveryState, Message
from stead.domain.keeping import Habits, Kept, KeptFor, kept
from stead.engine import queueing
from stead.engine.addressing import Address
from stead.engine.faults import fault_point
from stead.engine.journey import Journey
from stead.engine.together import together
from stead.store import away, deliveries, due


def reason(connection: sa.Connection, journey: Journey, address: Address, message: Message) -> Kept | None:
    """Why nobody behind this address is to be told at once; None where somebody is."""
    if not address.receivers:
        return None
    gone = away.standing(connection)
    now = journey.now()
    found = [kept(receiver.name, receiver.habits, gone, message.severity, now) for receiver in address.receivers]
    waits = [one for one in found if one is not None]
    return min(waits, key=lambda one: one.until) if len(waits) == len(found) else None


def keep(connection: sa.Connection, journey: Journey, address: Address, because: Because, message: Message, why: Kept) -> None:
    """Have it wait. What waits already of the same conversation says the newest."""
    last = deliveries.newest(connection, address.conversation)
    if last is not None and last.state is DeliveryState.HELD and last.kept_for and not last.told_in:
        deliveries.rewrite(connection, last.id, last.because, message)
    else:
        queueing.hold(connection, journey, address, because, message, str(why), why.key)
    _look(connection, journey, address.channel.name, why.until)


def gather(connection: sa.Connection, journey: Journey, channel: str) -> None:
    """The time has come at which something that waited on this channel is told."""
    now = journey.now()
    gone = away.standing(connection)
    waits = [(row, _until(journey, row, gone, now)) for row in deliveries.kept(connection, channel)]
    ready = [row for row, until in waits if until is None or until <= now]
    later = [until for _, until in waits if until is not None and until > now]
    if ready and channel in journey.channels:
        told = _tell(connection, journey, channel, ready)
        deliveries.tell_in(connection, [row.id for row in ready], told)
        fault_point("keeping.before-gathered-commit")
    if later:
        _look(connection, journey, channel, min(later))


def come_back(connection: sa.Connection, journey: Journey) -> None:
    """Somebody is back sooner than was said, or stays away for longer: look at what waits at once."""
    for channel in journey.channels:
        if deliveries.kept(connection, channel):
            due.cancel(connection, "gather", channel)
            _look(connection, journey, channel, journey.now())


def _until(journey: Journey, row: Delivery, gone: dict[str, datetime], now: datetime) -> datetime | None:
    why, _, name = row.kept_for.partition(":")
    receiver = journey.routing.receivers.get(name)
    habits = Habits() if receiver is None else receiver.habits
    if why == KeptFor.DIGEST:
        return None if habits.digest is None else habits.digest.after(row.created_at)
    again = kept(name, replace(habits, digest=None), gone, row.message.severity, now)
    return None if again is None else again.until


def _tell(connection: sa.Connection, journey: Journey, channel: str, rows: Sequence[Delivery]) -> int:
    reasons = sorted({row.kept_for for row in rows})
    why, _, name = reasons[0].partition(":")
    when = {
        KeptFor.QUIET: f"while it was quiet for {name}",
        KeptFor.AWAY: f"while {name} was away",
        KeptFor.DIGEST: f"for the digest of {name}",
    }[KeptFor(why)]
    address = Address.alone(journey.channels[channel], f"together:{rows[0].id}")
    return queueing.leave(connection, journey, address, Because.TOGETHER, together(connection, rows, when, journey.now()), journey.now())


def _look(connection: sa.Connection, journey: Journey, channel: str, at: datetime) -> None:
    due.schedule(connection, "gather", channel, at, f"gather:{channel}:{at.isoformat()}:{journey.now().isoformat()}")
