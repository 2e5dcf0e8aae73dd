"""Findings as the store knows them: the open ones, and which incident each belongs to."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from stead.domain.finding import Finding
from stead.store.codec import dumps, loads
from stead.store.tables import finding


@dataclass(frozen=True, slots=True)
class StoredFinding:
    finding: Finding
    incident: int | None
    opened_at: datetime
    closed_at: datetime | None


def open_findings(connection: sa.Connection, estate: str) -> dict[str, StoredFinding]:
    """The estate's open findings by fingerprint."""
    query = sa.select(finding).where(finding.c.estate == estate, finding.c.closed_at.is_(None))
    return {row.fingerprint: _stored(row) for row in connection.execute(query)}


def of_incident(connection: sa.Connection, incident: int) -> list[StoredFinding]:
    """All findings that ever belonged to the incident, open ones first."""
    query = sa.select(finding).where(finding.c.incident == incident).order_by(finding.c.closed_at.is_not(None), finding.c.opened_at)
    return [_stored(row) for row in connection.execute(query)]


def save(connection: sa.Connection, found: Finding, now: datetime) -> None:
    """Open the finding, open it anew, or write what changed. One that opens anew still names the incident that it was in."""
    values = {
        "estate": found.subject.estate,
        "check": found.check,
        "state": found.state.value,
        "severity": found.severity.value,
        "changed_at": now,
        "closed_at": None,
        "body": dumps(found),
    }
    fingerprint = found.fingerprint
    row = connection.execute(sa.select(finding.c.closed_at).where(finding.c.fingerprint == fingerprint)).first()
    if row is None:
        connection.execute(sa.insert(finding).values(fingerprint=fingerprint, opened_at=now, **values))
        return
    if row.closed_at is not None:
        # Where it belonged stays: triage decides whether this is its return.
        values |= {"opened_at": now}
    connection.execute(sa.update(finding).where(finding.c.fingerprint == fingerprint).values(**values))


def close(connection: sa.Connection, fingerprint: str, now: datetime) -> None:
    """Nothing happens to one that is closed."""
    update = sa.update(finding).where(finding.c.fingerprint == fingerprint, finding.c.closed_at.is_(None))
    connection.execute(update.values(closed_at=now, changed_at=now))


def assign(connection: sa.Connection, fingerprints: Iterable[str], incident: int) -> None:
    rows = [{"which": fingerprint} for fingerprint in fingerprints]
    if rows:
        connection.execute(sa.update(finding).where(finding.c.fingerprint == sa.bindparam("which")).values(incident=incident), rows)


def find(connection: sa.Connection, fingerprint: str) -> StoredFinding | None:
    row = connection.execute(sa.select(finding).where(finding.c.fingerprint == fingerprint)).first()
    return None if row is None else _stored(row)


def some(connection: sa.Connection, fingerprints: Iterable[str]) -> dict[str, StoredFinding]:
    """Those of these findings that are open."""
    wanted = list(fingerprints)
    found: dict[str, StoredFinding] = {}
    for start in range(0, len(wanted), _AT_ONCE):
        query = sa.select(finding).where(finding.c.fingerprint.in_(wanted[start : start + _AT_ONCE]), finding.c.closed_at.is_(None))
        found |= {row.fingerprint: _stored(row) for row in connection.execute(query)}
    return found


def named(connection: sa.Connection, name: str) -> list[StoredFinding]:
    """Findings, open and closed, in whose text the name stands: whether they are about it is for the caller to see."""
    text = dumps(name)
    query = (
        sa.select(finding).where(finding.c.body.contains(text, autoescape=True)).order_by(finding.c.changed_at.desc()).limit(_MOST_NAMED)
    )
    return [_stored(row) for row in connection.execute(query)]


def homes(connection: sa.Connection, fingerprints: Iterable[str]) -> set[int]:
    """The incidents that these findings, open or closed, are in."""
    wanted, found = list(fingerprints), set[int]()
    for start in range(0, len(wanted), _AT_ONCE):
        query = sa.select(finding.c.incident).where(finding.c.fingerprint.in_(wanted[start : start + _AT_ONCE])).distinct()
        found.update(number for number in connection.execute(query).scalars() if number is not None)
    return found


def any_open(connection: sa.Connection, incident: int) -> bool:
    query = sa.select(finding.c.fingerprint).where(finding.c.incident == incident, finding.c.closed_at.is_(None)).limit(1)
    return connection.execute(query).first() is not None


def open_numbers(connection: sa.Connection, incident: int) -> tuple[int, int]:
    """How many findings of the incident are open, and of how many objects they are."""
    query = sa.select(finding).where(finding.c.incident == incident, finding.c.closed_at.is_(None))
    found = [_stored(row).finding for row in connection.execute(query)]
    return len(found), sum(max(len(one.instances), 1) for one in found)


_MOST_NAMED = 2000

_AT_ONCE = 500
"""Fingerprints in one query: SQLite takes 32,766 parameters, and older ones 999."""

_READ: dict[str, tuple[str, Finding]] = {}
_MOST_READ = 20_000
"""Findings that are kept as they were read, by fingerprint with their text: in a storm the same ones are asked for again and again."""


def _stored(row: sa.Row[tuple[object, ...]]) -> StoredFinding:
    known = _READ.get(row.fingerprint)
    if known is None or known[0] != row.body:
        if len(_READ) >= _MOST_READ:
            _READ.clear()
        known = _READ[row.fingerprint] = (row.body, loads(row.body, Finding))
    return StoredFinding(known[1], row.incident, row.opened_at, row.closed_at)


def is_open(connection: sa.Connection, fingerprint: str) -> bool:
    query = sa.select(finding.c.fingerprint).where(finding.c.fingerprint == fingerprint, finding.c.closed_at.is_(None))
    return connection.execute(query).first() is not None
