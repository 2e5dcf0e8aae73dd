"""What was last heard of each heartbeat."""

from __future__ import annotations

from collections.abc import Iterable

import sqlalchemy as sa

from stead.domain.heartbeat import Pulse
from stead.store.tables import heartbeat


def find(connection: sa.Connection, name: str) -> Pulse | None:
    row = connection.execute(sa.select(heartbeat).where(heartbeat.c.name == name)).first()
    return None if row is None else _pulse(row)


def all_of(connection: sa.Connection) -> list[Pulse]:
    """Each that is known, by name."""
    return [_pulse(row) for row in connection.execute(sa.select(heartbeat).order_by(heartbeat.c.name))]


def save(connection: sa.Connection, pulse: Pulse) -> None:
    """Write it, new or changed."""
    values = {
        "since": pulse.since,
        "last_at": pulse.last_at,
        "started_at": pulse.started_at,
        "down": int(pulse.down),
        "failed": int(pulse.failed),
        "code": pulse.code,
        "said": pulse.said,
    }
    update = sa.update(heartbeat).where(heartbeat.c.name == pulse.name)
    if connection.execute(update.values(**values)).rowcount == 0:
        connection.execute(sa.insert(heartbeat).values(name=pulse.name, **values))


def forget(connection: sa.Connection, names: Iterable[str]) -> None:
    connection.execute(sa.delete(heartbeat).where(heartbeat.c.name.in_(list(names))))


def _pulse(row: sa.Row[tuple[object, ...]]) -> Pulse:
    return Pulse(
        name=row.name,
        since=row.since,
        last_at=row.last_at,
        started_at=row.started_at,
        down=bool(row.down),
        failed=bool(row.failed),
        code=row.code,
        said=row.said,
    )
