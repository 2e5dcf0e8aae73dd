"""Who looks after an incident, and how far it was escalated while nobody did. Of one episode: a return is nobody's yet."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from stead.store.tables import attention


@dataclass(frozen=True, slots=True, kw_only=True)
class Attention:
    """`ladder` is what it is, or was, escalated for; `step` how many of its steps were taken."""

    incident: int
    episode: int
    acknowledged_at: datetime | None = None
    acknowledged_by: str = ""
    ladder: str = ""
    step: int = 0


def of(connection: sa.Connection, incident: int, episode: int) -> Attention:
    row = connection.execute(sa.select(attention).where(attention.c.incident == incident, attention.c.episode == episode)).first()
    if row is None:
        return Attention(incident=incident, episode=episode)
    return Attention(
        incident=incident,
        episode=episode,
        acknowledged_at=row.acknowledged_at,
        acknowledged_by=row.acknowledged_by,
        ladder=row.ladder,
        step=row.step,
    )


def acknowledge(connection: sa.Connection, incident: int, episode: int, by: str, now: datetime) -> bool:
    """False when somebody has already."""
    if of(connection, incident, episode).acknowledged_at is not None:
        return False
    _save(connection, incident, episode, {"acknowledged_at": now, "acknowledged_by": by})
    return True


def climb(connection: sa.Connection, incident: int, episode: int, ladder: str, step: int) -> None:
    _save(connection, incident, episode, {"ladder": ladder, "step": step})


def _save(connection: sa.Connection, incident: int, episode: int, values: dict[str, Any]) -> None:
    mine = attention.c.incident == incident
    if connection.execute(sa.update(attention).where(mine, attention.c.episode == episode).values(**values)).rowcount:
        return
    connection.execute(sa.delete(attention).where(mine))
    connection.execute(sa.insert(attention).values(incident=incident, episode=episode, **values))
