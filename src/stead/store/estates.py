"""When Stead came to each estate: what was broken already at its first look is an inventory, and no news."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from stead.store.tables import estate


def is_known(connection: sa.Connection, estate_id: str) -> bool:
    return connection.execute(sa.select(estate.c.id).where(estate.c.id == estate_id)).first() is not None


def take_on(connection: sa.Connection, estate_id: str, trigger: str, now: datetime) -> None:
    """The first whole look at the estate was made; `trigger` carries what it found, "" where it found nothing."""
    connection.execute(sa.insert(estate).values(id=estate_id, adopted_at=now, trigger=trigger))


def first_trigger(connection: sa.Connection, estate_id: str) -> str | None:
    """The trigger of the first look; None where that found nothing, or was never made."""
    return connection.execute(sa.select(estate.c.trigger).where(estate.c.id == estate_id)).scalar() or None
