"""Who is away, and until when."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from stead.store.tables import away


def standing(connection: sa.Connection) -> dict[str, datetime]:
    """Until when each is away that said so; times that have passed are still there."""
    return {row.receiver: row.until for row in connection.execute(sa.select(away))}


def leave(connection: sa.Connection, receiver: str, until: datetime, by: str) -> None:
    back(connection, receiver)
    connection.execute(sa.insert(away).values(receiver=receiver, until=until, by=by))


def back(connection: sa.Connection, receiver: str) -> bool:
    """False when they were not away."""
    return connection.execute(sa.delete(away).where(away.c.receiver == receiver)).rowcount == 1
