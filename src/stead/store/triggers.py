"""Triggers: stored before they are acknowledged, and finished exactly once."""

from __future__ import annotations

import sqlalchemy as sa

from stead.domain.trigger import Transition, Trigger
from stead.store.codec import dumps, loads
from stead.store.tables import trigger

_NEW, _DONE = "new", "done"


def add(connection: sa.Connection, added: Trigger) -> bool:
    """False when it is known already."""
    if connection.execute(sa.select(trigger.c.id).where(trigger.c.id == added.id)).first() is not None:
        return False
    connection.execute(sa.insert(trigger).values(id=added.id, estate=added.estate, at=added.at, state=_NEW, body=dumps(added.transitions)))
    return True


def get(connection: sa.Connection, trigger_id: str) -> Trigger:
    """KeyError when there is none."""
    row = connection.execute(sa.select(trigger).where(trigger.c.id == trigger_id)).first()
    if row is None:
        raise KeyError(trigger_id)
    return Trigger(id=row.id, estate=row.estate, at=row.at, transitions=tuple(loads(row.body, list[Transition])))


def finish(connection: sa.Connection, trigger_id: str) -> bool:
    """Compare-and-set to done; False when it was done before."""
    update = sa.update(trigger).where(trigger.c.id == trigger_id, trigger.c.state == _NEW)
    return connection.execute(update.values(state=_DONE)).rowcount == 1


def unfinished(connection: sa.Connection) -> int:
    return connection.execute(sa.select(sa.func.count()).select_from(trigger).where(trigger.c.state == _NEW)).scalar_one()
