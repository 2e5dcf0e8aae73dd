"""Alerts as their senders told them: which go on, until when, and the finding that each is a part of."""

from __future__ import annotations

from collections.abc import Collection, Iterable
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


def save(connection: sa.Connection, heard: Iterable[Heard], now: datetime, known: Collection[Key]) -> None:
    """Write the alerts, each once: those that are not `known` are new, the others changed or begun anew."""
    rows = [
        {
            "of_hook": one.hook,
            "of_key": one.key,
            "hook": one.hook,
            "key": one.key,
            "fingerprint": one.finding.fingerprint,
            "estate": one.finding.subject.estate,
            "began_at": now,
            "until": one.until,
            "ended_at": one.ended_at,
            "body": dumps(one.finding),
        }
        for one in heard
    ]
    changed = [row for row in rows if (row["hook"], row["key"]) in known]
    new = [row for row in rows if (row["hook"], row["key"]) not in known]
    if changed:
        connection.execute(_CHANGE, changed)
    if new:
        connection.execute(_ADD, new)


def ongoing(connection: sa.Connection, fingerprints: Collection[str]) -> dict[str, list[Finding]]:
    """What the alerts say that go on and are parts of each of these findings, oldest first, of each at most MOST_MERGED."""
    found: dict[str, list[Finding]] = {}
    wanted = [*fingerprints]
    age = sa.func.row_number().over(partition_by=alert.c.fingerprint, order_by=(alert.c.began_at, alert.c.key)).label("age")
    for start in range(0, len(wanted), _AT_ONCE):
        these = alert.c.fingerprint.in_(wanted[start : start + _AT_ONCE]), alert.c.ended_at.is_(None)
        parts = sa.select(alert.c.fingerprint, alert.c.body, age).where(*these).subquery()
        query = sa.select(parts.c.fingerprint, parts.c.body).where(parts.c.age <= MOST_MERGED).order_by(parts.c.fingerprint, parts.c.age)
        for row in connection.execute(query):
            found.setdefault(row.fingerprint, []).append(loads(row.body, Finding))
    return found


def overdue(connection: sa.Connection, now: datetime, limit: int = 500) -> list[Heard]:
    """Alerts that go on and should have been heard of again by now."""
    query = sa.select(alert).where(alert.c.ended_at.is_(None), alert.c.until <= now).order_by(alert.c.until).limit(limit)
    return [_heard(row) for row in connection.execute(query)]


def next_until(connection: sa.Connection) -> datetime | None:
    """When the first of those that go on is over unless it is heard of again."""
    query = sa.select(alert.c.until).where(alert.c.ended_at.is_(None), alert.c.until.is_not(None))
    return connection.execute(query.order_by(alert.c.until).limit(1)).scalar()


_AT_ONCE = 500
_FIELDS = ("fingerprint", "estate", "until", "ended_at", "body")
_ADD = sa.insert(alert).values({name: sa.bindparam(name) for name in ("hook", "key", "began_at", *_FIELDS)})
_CHANGE = (
    sa.update(alert)
    .where(alert.c.hook == sa.bindparam("of_hook"), alert.c.key == sa.bindparam("of_key"))
    .values({name: sa.bindparam(name) for name in _FIELDS})
)


def _heard(row: sa.Row[tuple[object, ...]]) -> Heard:
    return Heard(hook=row.hook, key=row.key, finding=loads(row.body, Finding), until=row.until, ended_at=row.ended_at)
