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
    """Open the finding, open it anew, or write what changed."""
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
        values |= {"opened_at": now, "incident": None}
    connection.execute(sa.update(finding).where(finding.c.fingerprint == fingerprint).values(**values))


def close(connection: sa.Connection, fingerprint: str, now: datetime) -> None:
    """Nothing happens to one that is closed."""
    update = sa.update(finding).where(finding.c.fingerprint == fingerprint, finding.c.closed_at.is_(None))
    connection.execute(update.values(closed_at=now, changed_at=now))


def assign(connection: sa.Connection, fingerprints: Iterable[str], incident: int) -> None:
    for fingerprint in fingerprints:
        connection.execute(sa.update(finding).where(finding.c.fingerprint == fingerprint).values(incident=incident))


def _stored(row: sa.Row[tuple[object, ...]]) -> StoredFinding:
    return StoredFinding(loads(row.body, Finding), row.incident, row.opened_at, row.closed_at)


def is_open(connection: sa.Connection, fingerprint: str) -> bool:
    query = sa.select(finding.c.fingerprint).where(finding.c.fingerprint == fingerprint, finding.c.closed_at.is_(None))
    return connection.execute(query).first() is not None
