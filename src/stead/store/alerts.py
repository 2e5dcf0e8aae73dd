"""Alerts as their senders told them: which go on, until when, and the finding that each is a part of."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from stead.domain.finding import Finding
from stead.store.codec import dumps, loads
from stead.store.tables import alert

Key = tuple[str, str]
"""The hook that heard it, and the sender's own identity of it."""

MOST_MERGED = 100
"""Alerts of one finding that are looked at to say what it is: a thousand pods of one Deployment say the same."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """One alert that was heard, as a finding. `until` is when it is over if nobody says so; `ended_at` None while it goes on."""

    hook: str
    key: str
    finding: Finding
    until: datetime | None = None
    ended_at: datetime | None = None


def some(connection: sa.Connection, keys: Iterable[Key]) -> dict[Key, Heard]:
    """Those of these alerts that are known, also ended ones."""
    wanted: dict[str, list[str]] = {}
    for hook, key in keys:
        wanted.setdefault(hook, []).append(key)
    found: dict[Key, Heard] = {}
    for hook, names in wanted.items():
        for start in range(0, len(names), _AT_ONCE):
            query = sa.select(alert).where(alert.c.hook == hook, alert.c.key.in_(names[start : start + _AT_ONCE]))
            found |= {(row.hook, row.key): _heard(row) for row in connection.execute(query)}
    return found


def save(connection: sa.Connection, heard: Heard, now: datetime) -> None:
    """Write the alert, new, changed or begun anew."""
    values = {
        "fingerprint": heard.finding.fingerprint,
        "estate": heard.finding.subject.estate,
        "until": heard.until,
        "ended_at": heard.ended_at,
        "body": dumps(heard.finding),
    }
    update = sa.update(alert).where(alert.c.hook == heard.hook, alert.c.key == heard.key)
    if connection.execute(update.values(**values)).rowcount == 0:
        connection.execute(sa.insert(alert).values(hook=heard.hook, key=heard.key, began_at=now, **values))


def ongoing(connection: sa.Connection, fingerprint: str) -> list[Finding]:
    """What the alerts say that go on and are parts of this finding, oldest first, at most MOST_MERGED."""
    query = sa.select(alert.c.body).where(alert.c.fingerprint == fingerprint, alert.c.ended_at.is_(None))
    ordered = query.order_by(alert.c.began_at, alert.c.key).limit(MOST_MERGED)
    return [loads(body, Finding) for body in connection.execute(ordered).scalars()]


def overdue(connection: sa.Connection, now: datetime, limit: int = 500) -> list[Heard]:
    """Alerts that go on and should have been heard of again by now."""
    query = sa.select(alert).where(alert.c.ended_at.is_(None), alert.c.until <= now).order_by(alert.c.until).limit(limit)
    return [_heard(row) for row in connection.execute(query)]


def next_until(connection: sa.Connection) -> datetime | None:
    """When the first of those that go on is over unless it is heard of again."""
    query = sa.select(alert.c.until).where(alert.c.ended_at.is_(None), alert.c.until.is_not(None))
    return connection.execute(query.order_by(alert.c.until).limit(1)).scalar()


_AT_ONCE = 500


def _heard(row: sa.Row[tuple[object, ...]]) -> Heard:
    return Heard(hook=row.hook, key=row.key, finding=loads(row.body, Finding), until=row.until, ended_at=row.ended_at)
