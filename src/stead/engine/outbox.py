"""The outbox in a person's hands: what was given up on is tried again with what is to be said now, or taken out."""

from __future__ import annotations

import sqlalchemy as sa

from stead.domain import ids
from stead.domain.delivery import Delivery, DeliveryState
from stead.domain.errors import Exit, UserError
from stead.domain.people import Principal, Role
from stead.engine import deliver
from stead.engine.journey import Journey
from stead.engine.story import render
from stead.store import deliveries, due, events, incidents


def retry(connection: sa.Connection, journey: Journey, number: int, *, by: Principal) -> Delivery:
    """Have it tried again at once. UserError where that would say nothing, or something that is out of date."""
    found = _mine(connection, number, by)
    name = ids.delivery_number(number)
    if found.state is DeliveryState.QUEUED:
        due.cancel(connection, "deliver", str(number))
        _call(connection, journey, found)
        return found
    if found.state is not DeliveryState.DEAD:
        raise UserError(f"{name} is {found.state}, and was not given up on; nothing was changed", hint=_LIST, code=Exit.REFUSED)
    if (newer := deliveries.overtaken_by(connection, found)) is not None:
        raise UserError(
            f"{name} is out of date: {ids.delivery_number(newer)} says what is newer there; nothing was changed",
            hint=f"stead outbox drop {name}",
            code=Exit.REFUSED,
        )
    known = incidents.find(connection, found.incident) is not None
    deliveries.revive(connection, number, render(connection, found.incident, journey.now()) if known else found.message)
    revived = _get(connection, number)
    _call(connection, journey, revived)
    _record(connection, journey, "delivery.retried", revived, by)
    return revived


def drop(connection: sa.Connection, journey: Journey, number: int, *, by: Principal) -> Delivery:
    """Take it out: it is not said. UserError for what has ended already."""
    found = _mine(connection, number, by)
    if found.state not in (DeliveryState.QUEUED, DeliveryState.DEAD):
        name = ids.delivery_number(number)
        raise UserError(f"{name} is {found.state}; nothing was changed", hint=_LIST, code=Exit.REFUSED)
    deliveries.drop(connection, number, f"dropped by {by}")
    due.cancel(connection, "deliver", str(number))
    deliver.call_following(connection, journey, found)
    _record(connection, journey, "delivery.dropped", found, by)
    return _get(connection, number)


_LIST = "`stead outbox list --all` shows how each stands"


def _mine(connection: sa.Connection, number: int, by: Principal) -> Delivery:
    if not by.may(Role.APPROVER):
        raise UserError(f"{by} may not change the outbox", hint="use a token with the scope `approve`", code=Exit.REFUSED)
    return _get(connection, number)


def _get(connection: sa.Connection, number: int) -> Delivery:
    found = deliveries.find(connection, number)
    if found is None:
        raise UserError(f"there is no message {ids.delivery_number(number)}", hint=_LIST, code=Exit.NEGATIVE)
    return found


def _call(connection: sa.Connection, journey: Journey, of: Delivery) -> None:
    now = journey.now()
    due.schedule(connection, "deliver", str(of.id), now, ids.delivery_workflow(of.id, of.attempts + 1))


def _record(connection: sa.Connection, journey: Journey, name: str, of: Delivery, by: Principal) -> None:
    incident = incidents.find(connection, of.incident)
    estate, about = ("", None) if incident is None else (incident.estate, incident.number)
    data = {"delivery": of.id, "channel": of.channel, "title": of.message.title, "by": str(by)}
    events.record(connection, name, at=journey.now(), estate=estate, incident=about, data=data)
