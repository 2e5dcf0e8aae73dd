"""Queueing: a message becomes a row of the outbox, that leaves at its time or is held with its reason."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import sqlalchemy as sa

from stead.domain import ids
from stead.domain.delivery import Because, Message
from stead.engine.addressing import Address
from stead.engine.journey import Journey
from stead.store import deliveries, due, events, incidents


def leave(connection: sa.Connection, journey: Journey, address: Address, because: Because, message: Message, at: datetime) -> int:
    """Have it leave at this time; the delivery's id."""
    delivery_id = _add(connection, journey, address, because, message)
    due.schedule(connection, "deliver", str(delivery_id), at, ids.delivery_workflow(delivery_id, 1))
    data = {"delivery": delivery_id, "channel": address.channel.name, "because": because, "title": message.title}
    record(connection, journey, "delivery.queued", address.incident, data)
    return delivery_id


def hold(
    connection: sa.Connection, journey: Journey, address: Address, because: Because, message: Message, why: str, kept_for: str = ""
) -> int:
    """Keep it unsaid, with the reason; `kept_for` is what it will be told with."""
    delivery_id = _add(connection, journey, address, because, message)
    deliveries.hold(connection, delivery_id, why, kept_for)
    held(connection, journey, address.incident, delivery_id, address.channel.name, because, message, why)
    return delivery_id


def held(
    connection: sa.Connection,
    journey: Journey,
    incident: int,
    delivery_id: int,
    channel: str,
    because: Because,
    message: Message,
    why: str,
) -> None:
    data = {"delivery": delivery_id, "channel": channel, "because": because, "title": message.title, "why": why}
    record(connection, journey, "delivery.held", incident, data)


def record(connection: sa.Connection, journey: Journey, name: str, number: int, data: Mapping[str, object]) -> None:
    """An event about a message of incident `number`, 0 for none."""
    incident = incidents.find(connection, number)
    estate, about = ("", None) if incident is None else (incident.estate, number)
    events.record(connection, name, at=journey.now(), estate=estate, incident=about, data=data)


def _add(connection: sa.Connection, journey: Journey, address: Address, because: Because, message: Message) -> int:
    return deliveries.add(
        connection,
        incident=address.incident,
        channel=address.channel.name,
        conversation=address.conversation,
        because=because,
        message=message,
        now=journey.now(),
    )
