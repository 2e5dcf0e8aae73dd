"""Incidents: opening, moving, closing, and what is shown of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from stead.domain.finding import Severity
from stead.domain.incident import Incident, IncidentState
from stead.domain.muting import Mute
from stead.store.codec import dumps, loads
from stead.store.tables import finding, incident

ENDED = (IncidentState.RESOLVED.value,)
"""An escalated incident waits for a person and is still open: only quiet findings end it."""


def opened(
    connection: sa.Connection, *, estate: str, severity: Severity, title: str, cause: str, now: datetime, impact: str = ""
) -> Incident:
    values = {
        "estate": estate,
        "state": IncidentState.OPEN.value,
        "severity": severity.value,
        "title": title,
        "cause": cause,
        "episode": 1,
        "segment": 0,
        "opened_at": now,
        "moved_at": now,
        "impact": impact,
    }
    number = connection.execute(sa.insert(incident).values(**values).returning(incident.c.number)).scalar_one()
    return get(connection, number)


def get(connection: sa.Connection, number: int) -> Incident:
    """KeyError when there is none."""
    found = find(connection, number)
    if found is None:
        raise KeyError(number)
    return found


def find(connection: sa.Connection, number: int) -> Incident | None:
    row = connection.execute(sa.select(incident).where(incident.c.number == number)).first()
    return None if row is None else _incident(row)


def listed(connection: sa.Connection, *, everything: bool = False) -> Sequence[Incident]:
    """Open incidents, or with `everything` the ended ones too, newest first."""
    query = sa.select(incident).order_by(incident.c.number.desc())
    if not everything:
        query = query.where(incident.c.state.not_in(ENDED))
    return [_incident(row) for row in connection.execute(query)]


def open_of_cause(connection: sa.Connection, estate: str, cause: str) -> int | None:
    """The number of the newest incident of this cause that has not ended: while a proof is under way all its findings may be quiet."""
    query = (
        sa.select(incident.c.number)
        .where(incident.c.estate == estate, incident.c.cause == cause, incident.c.state.not_in(ENDED))
        .order_by(incident.c.number.desc())
        .limit(1)
    )
    return connection.execute(query).scalar()


def recently_resolved(connection: sa.Connection, estate: str, cause: str, since: datetime) -> Incident | None:
    """The newest incident of this cause that was resolved after `since`: its return is a new episode."""
    query = (
        sa.select(incident)
        .where(incident.c.estate == estate, incident.c.cause == cause, incident.c.state.in_(ENDED), incident.c.closed_at >= since)
        .order_by(incident.c.number.desc())
        .limit(1)
    )
    row = connection.execute(query).first()
    return None if row is None else _incident(row)


def reopen(connection: sa.Connection, number: int, *, now: datetime) -> None:
    """A new episode of it begins."""
    values = {"state": IncidentState.OPEN.value, "segment": 0, "moved_at": now, "closed_at": None, "note": ""}
    connection.execute(sa.update(incident).where(incident.c.number == number).values(episode=incident.c.episode + 1, **values))


def restate(connection: sa.Connection, number: int, *, severity: Severity, title: str, cause: str, impact: str) -> Incident:
    """What it is about and how much it weighs, as far as is known now."""
    values = {"severity": severity.value, "title": title, "cause": cause, "impact": impact}
    connection.execute(sa.update(incident).where(incident.c.number == number).values(**values))
    return get(connection, number)


def quiet_moments(connection: sa.Connection, number: int) -> list[datetime]:
    """When it fell quiet, as far as is still of interest, oldest first."""
    text = connection.execute(sa.select(incident.c.quiet_at).where(incident.c.number == number)).scalar_one()
    return loads(text, list[datetime]) if text else []


def set_quiet_moments(connection: sa.Connection, number: int, moments: Sequence[datetime]) -> None:
    text = dumps(list(moments)) if moments else ""
    connection.execute(sa.update(incident).where(incident.c.number == number).values(quiet_at=text))


def set_flapping(connection: sa.Connection, number: int, since: datetime | None) -> None:
    connection.execute(sa.update(incident).where(incident.c.number == number).values(flapping_since=since))


def move(connection: sa.Connection, number: int, state: IncidentState, now: datetime, note: str = "") -> bool:
    """Move to `state`; False when it is there already. `note` says why, for people."""
    values = {"state": state.value, "moved_at": now, "closed_at": now if state.value in ENDED else None, "note": note}
    return (
        connection.execute(
            sa.update(incident).where(incident.c.number == number, incident.c.state != state.value).values(**values)
        ).rowcount
        == 1
    )


def set_muted(connection: sa.Connection, number: int, mutes: Sequence[Mute]) -> None:
    connection.execute(sa.update(incident).where(incident.c.number == number).values(muted=dumps(mutes) if mutes else ""))


def under_mute(connection: sa.Connection, estate: str | None = None) -> list[Incident]:
    """Incidents that are muted, ended ones too, of one estate or (None) of all."""
    query = sa.select(incident).where(incident.c.muted != "")
    if estate is not None:
        query = query.where(incident.c.estate == estate)
    return [_incident(row) for row in connection.execute(query)]


def fallen_quiet(connection: sa.Connection, estate: str) -> list[int]:
    """The estate's incidents that have not ended, though none of their findings is open any more."""
    is_open = sa.exists().where(finding.c.incident == incident.c.number, finding.c.closed_at.is_(None))
    query = sa.select(incident.c.number).where(incident.c.estate == estate, incident.c.state.not_in(ENDED), ~is_open)
    return list(connection.execute(query.order_by(incident.c.number)).scalars())


def note(connection: sa.Connection, number: int) -> str:
    return connection.execute(sa.select(incident.c.note).where(incident.c.number == number)).scalar_one()


def segment(connection: sa.Connection, number: int) -> int:
    return connection.execute(sa.select(incident.c.segment).where(incident.c.number == number)).scalar_one()


def next_segment(connection: sa.Connection, number: int) -> int:
    """Count one segment of work on this episode and return its number, from 1."""
    query = sa.update(incident).where(incident.c.number == number).values(segment=incident.c.segment + 1).returning(incident.c.segment)
    return connection.execute(query).scalar_one()


def _incident(row: sa.Row[tuple[object, ...]]) -> Incident:
    return Incident(
        number=row.number,
        estate=row.estate,
        state=IncidentState(row.state),
        severity=Severity(row.severity),
        title=row.title,
        cause=row.cause,
        episode=row.episode,
        opened_at=row.opened_at,
        closed_at=row.closed_at,
        impact=row.impact,
        muted=tuple(loads(row.muted, list[Mute])) if row.muted else (),
        flapping_since=row.flapping_since,
    )
