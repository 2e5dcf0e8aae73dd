"""The stop switch: a row that is there while Stead is stopped. Whoever writes an intent reads it in the same transaction."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from stead.store.tables import switch

_STOP = "stop"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stopped:
    """Who stopped Stead, when and why."""

    at: datetime
    by: str
    reason: str = ""

    def __str__(self) -> str:
        return f"Stead was stopped by {self.by}" + (f": {self.reason}" if self.reason else "")


def stopped(connection: sa.Connection) -> Stopped | None:
    """None while Stead may act."""
    row = connection.execute(sa.select(switch).where(switch.c.name == _STOP)).first()
    return None if row is None else Stopped(at=row.at, by=row.by, reason=row.reason)


def stop(connection: sa.Connection, now: datetime, by: str, reason: str) -> bool:
    """False when it was stopped already: the first word stands."""
    if stopped(connection) is not None:
        return False
    connection.execute(sa.insert(switch).values(name=_STOP, at=now, by=by, reason=reason))
    return True


def resume(connection: sa.Connection) -> bool:
    """False when it was not stopped."""
    return connection.execute(sa.delete(switch).where(switch.c.name == _STOP)).rowcount == 1
