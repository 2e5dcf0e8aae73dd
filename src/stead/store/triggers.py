"""Triggers: stored before they are acknowledged, and finished exactly once."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from stead.domain.trigger import Transition, Trigger
from stead.store.codec import dumps, loads
from stead.store.tables import trigger

_NEW, DONE = "new", "done"


def add(connection: sa.Connection, added: Trigger) -> bool:
    """False when it is known already."""
    if connection.execute(sa.select(trigger.c.id).where(trigger.c.id == added.id)).first() is not None:
        return False
    connection.execute(sa.insert(trigger).values(id=added.id, estate=added.estate, at=added.at, state=_NEW, body=dumps(added.transitions)))
    return True


def waits(connection: sa.Connection, estate: str, since: datetime) -> bool:
    """Whether a trigger of the estate that came after `since` has not been taken yet."""
    query = sa.select(trigger.c.id).where(trigger.c.estate == estate, trigger.c.state == _NEW, trigger.c.at >= since)
    return connection.execute(query.limit(1)).first() is not None


def get(connection: sa.Connection, trigger_id: str) -> Trigger:
    """KeyError when there is none."""
    row = connection.execute(sa.select(trigger).where(trigger.c.id == trigger_id)).first()
    if row is None:
        raise KeyError(trigger_id)
    return Trigger(id=row.id, estate=row.estate, at=row.at, transitions=tuple(loads(row.body, list[Transition])))


def take(connection: sa.Connection, trigger_id: str) -> list[Trigger]:
    """This trigger and all others of its estate that nobody has taken, oldest first, finished with this; none when this one was taken."""
    if not finish(connection, trigger_id):
        return []
    first = get(connection, trigger_id)
    query = sa.select(trigger.c.id).where(trigger.c.estate == first.estate, trigger.c.state == _NEW)
    others = [get(connection, other) for other in connection.execute(query).scalars().all() if finish(connection, other)]
    return sorted([first, *others], key=lambda t: t.at)


def finish(connection: sa.Connection, trigger_id: str) -> bool:
    """Compare-and-set to done; False when it was done before."""
    update = sa.update(trigger).where(trigger.c.id == trigger_id, trigger.c.state == _NEW)
    return connection.execute(update.values(state=DONE)).rowcount == 1


def unfinished(connection: sa.Connection) -> int:
    return connection.execute(sa.select(sa.func.count()).select_from(trigger).where(trigger.c.state == _NEW)).scalar_one()
