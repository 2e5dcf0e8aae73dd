"""Deliver: the outbox leaves, in order within a conversation, with retries, and gives up aloud.

A try is counted before it is made. After a crash in between the message is sent again under the same id, by which a receiver can tell a
repeat from a second message; it is never silently lost.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta

import sqlalchemy as sa

from stead.domain import ids
from stead.domain.delivery import Delivery, DeliveryState
from stead.domain.errors import PermanentError, TemporaryError
from stead.engine import notify
from stead.engine.faults import fault_point
from stead.engine.journey import Journey
from stead.store import deliveries, due, events, incidents

ELSEWHERE_AFTER = 6
"""Failed tries, about a minute with the waits that Stead ships, after which an incident is told on another channel as well."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Try:
    """What came of one try. `error` is "" when it arrived; `final` says that trying again is of no use."""

    remote_id: str = ""
    error: str = ""
    final: bool = False
    retry_after: float = 0.0


def begin(connection: sa.Connection, delivery_id: int, worker: str) -> Delivery | None:
    """Take up a delivery whose turn it is; None when there is nothing to send (any more, or yet), or another has taken up this attempt."""
    delivery = deliveries.find(connection, delivery_id)
    if delivery is None or delivery.state is not DeliveryState.QUEUED or deliveries.waits_for(connection, delivery):
        return None
    if not deliveries.take_up(connection, delivery_id, ids.delivery_attempt(worker), worker):
        return None
    return deliveries.find(connection, delivery_id)


async def send(journey: Journey, delivery: Delivery) -> Try:
    """Hand it to its channel."""
    channel = journey.channels.get(delivery.channel)
    if channel is None:
        return Try(error=f"the channel {delivery.channel} is not configured any more", final=True)
    try:
        fault_point("deliver.before-send")
        remote_id = await channel.send(delivery)
        fault_point("deliver.after-send")
        return Try(remote_id=remote_id)
    except PermanentError as error:
        return Try(error=str(error), final=True)
    except TemporaryError as error:
        return Try(error=str(error), retry_after=error.retry_after or 0.0)


def conclude(connection: sa.Connection, journey: Journey, delivery: Delivery, came: Try) -> None:
    """Write down what came of it; the next message of the conversation may leave when this one has ended."""
    if not came.error:
        if deliveries.sent(connection, delivery.id, came.remote_id, journey.now()):
            _record(connection, journey, "delivery.sent", delivery, {"edited": bool(delivery.replaces)})
        fault_point("deliver.before-sent-commit")
    else:
        tries = delivery.attempts - delivery.forgiven
        dead = came.final or tries >= journey.timing.retry_times
        deliveries.failed(connection, delivery.id, came.error, dead=dead)
        if dead or tries == ELSEWHERE_AFTER:
            notify.elsewhere(connection, journey, replace(delivery, error=came.error))
        if not dead:
            wait = max(journey.timing.retry_after(tries), timedelta(seconds=came.retry_after))
            _schedule(connection, journey, delivery, wait)
            return
        _record(connection, journey, "delivery.dead", delivery, {"error": came.error})
    call_following(connection, journey, delivery)


def call_following(connection: sa.Connection, journey: Journey, delivery: Delivery) -> None:
    """This one has ended: the next message of its conversation may leave."""
    following = deliveries.following(connection, delivery)
    if following is not None:
        # An id that was used once does nothing more, and the following message's own may have been used up by waiting for this one.
        _schedule(connection, journey, following, timedelta(), after=delivery.id)


def _schedule(connection: sa.Connection, journey: Journey, delivery: Delivery, wait: timedelta, after: int | None = None) -> None:
    workflow = ids.delivery_workflow(delivery.id, delivery.attempts + 1, after)
    due.schedule(connection, "deliver", str(delivery.id), journey.now() + wait, workflow)


def _record(connection: sa.Connection, journey: Journey, name: str, delivery: Delivery, more: dict[str, object]) -> None:
    message = delivery.message
    data = {
        "delivery": delivery.id,
        "channel": delivery.channel,
        "because": delivery.because,
        "title": message.title,
        "state": message.state,
        "position": delivery.position,
        "attempts": delivery.attempts,
        **more,
    }
    incident = incidents.find(connection, delivery.incident)
    estate, number = (incident.estate, incident.number) if incident is not None else ("", None)
    events.record(connection, name, at=journey.now(), estate=estate, incident=number, data=data)
