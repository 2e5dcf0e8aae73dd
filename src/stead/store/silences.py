"""Silences: what somebody wants to hear nothing of, kept after they have expired, because they say why something was not told."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from stead.domain.matching import Matchers, parse_matchers
from stead.domain.muting import Origin, Silence
from stead.store.tables import silence

MOST_LISTED = 200
"""Expired silences that are shown, newest first."""


def add(
    connection: sa.Connection,
    *,
    matchers: Matchers,
    author: str,
    comment: str,
    now: datetime,
    starts_at: datetime,
    ends_at: datetime | None,
    origin: Origin = Origin.PERSON,
) -> Silence:
    values = {
        "matchers": str(matchers),
        "author": author,
        "comment": comment,
        "origin": origin.value,
        "created_at": now,
        "starts_at": starts_at,
        "ends_at": ends_at,
    }
    number = connection.execute(sa.insert(silence).values(**values).returning(silence.c.number)).scalar_one()
    row = connection.execute(sa.select(silence).where(silence.c.number == number)).one()
    return _silence(row)


def find(connection: sa.Connection, number: int) -> Silence | None:
    row = connection.execute(sa.select(silence).where(silence.c.number == number)).first()
    return None if row is None else _silence(row)


def standing(connection: sa.Connection, now: datetime, *, origin: Origin | None = None) -> list[Silence]:
    """Those that hold now or will (of one origin, or of any), oldest first."""
    query = sa.select(silence).where(sa.or_(silence.c.ends_at.is_(None), silence.c.ends_at > now)).order_by(silence.c.number)
    if origin is not None:
        query = query.where(silence.c.origin == origin.value)
    return [_silence(row) for row in connection.execute(query)]


def listed(connection: sa.Connection, now: datetime, *, everything: bool) -> Sequence[Silence]:
    """Those that hold now or will; with `everything` the latest expired ones too. Newest first."""
    found = standing(connection, now)
    if everything:
        query = sa.select(silence).where(silence.c.ends_at <= now).order_by(silence.c.number.desc()).limit(MOST_LISTED)
        found += [_silence(row) for row in connection.execute(query)]
    return sorted(found, key=lambda s: -s.number)


def end(connection: sa.Connection, number: int, now: datetime) -> bool:
    """Have it end now; False when it has ended already."""
    still = sa.or_(silence.c.ends_at.is_(None), silence.c.ends_at > now)
    return connection.execute(sa.update(silence).where(silence.c.number == number, still).values(ends_at=now)).rowcount == 1


def _silence(row: sa.Row[tuple[object, ...]]) -> Silence:
    return Silence(
        number=row.number,
        matchers=parse_matchers(row.matchers),
        author=row.author,
        comment=row.comment,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        created_at=row.created_at,
        origin=Origin(row.origin),
    )
