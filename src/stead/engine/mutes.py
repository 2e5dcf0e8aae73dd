"""Mutes: which incidents say nothing, and why. Looked at again whenever something begins or ends that could change that.

A mute begins and ends in the transaction of what brings it: a silence's row, a triage, a `due` row for what the clock brings.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

import sqlalchemy as sa

from stead.domain.finding import Finding
from stead.domain.incident import Incident
from stead.domain.muting import Mute, Mutes
from stead.engine import agenda, notify
from stead.engine.faults import fault_point
from stead.engine.journey import Journey
from stead.store import due, events, findings, incidents, silences
from stead.store.findings import StoredFinding


def at_this_moment(connection: sa.Connection, journey: Journey, firing: Iterable[Finding]) -> Mutes:
    now = journey.now()
    return Mutes(now, silences=silences.standing(connection, now), windows=journey.windows, inhibitions=journey.inhibitions, firing=firing)


def turn(connection: sa.Connection, journey: Journey) -> None:
    """The moment has come at which a silence or a maintenance window begins or ends."""
    review_all(connection, journey)
    fault_point("mutes.before-commit")


def review_all(connection: sa.Connection, journey: Journey) -> None:
    """Look at every estate afresh, and have this done again when the next mute begins or ends by itself."""
    for estate in sorted({incident.estate for incident in [*incidents.listed(connection), *incidents.under_mute(connection)]}):
        review(connection, journey, estate, findings.open_findings(connection, estate))
    _schedule(connection, journey)


def review(connection: sa.Connection, journey: Journey, estate: str, known: Mapping[str, StoredFinding]) -> None:
    """Mute and unmute the incidents of one estate, whose open findings are `known`. What may speak again does."""
    mutes = at_this_moment(connection, journey, (stored.finding for stored in known.values()))
    waiting = {incident.number: incident for incident in incidents.under_mute(connection, estate)}
    if not mutes.none:
        waiting |= {incident.number: incident for incident in incidents.listed(connection) if incident.estate == estate}
    present: dict[int, list[Finding]] = {number: [] for number in waiting}
    for stored in known.values():
        if stored.incident in present:
            present[stored.incident].append(stored.finding)
    for number, incident in sorted(waiting.items()):
        found = present[number]
        cause = next((f for f in found if f.fingerprint == incident.cause), None) or _past_cause(connection, incident, found)
        _change(connection, journey, incident, mutes.of_incident(cause, found))


def _past_cause(connection: sa.Connection, incident: Incident, present: Sequence[Finding]) -> Finding | None:
    """What an incident was about of which nothing is open any more: its end is as silent as it was."""
    if present:
        return None
    stored = findings.of_incident(connection, incident.number)
    return next((s.finding for s in stored if s.finding.fingerprint == incident.cause), None)


def _change(connection: sa.Connection, journey: Journey, incident: Incident, mutes: tuple[Mute, ...]) -> None:
    if mutes == incident.muted:
        return
    incidents.set_muted(connection, incident.number, mutes)
    if mutes and not incident.muted:
        _record(connection, journey, "incident.muted", incident, mutes)
        notify.hold(connection, journey, incident.number, mutes)
    elif not mutes:
        _record(connection, journey, "incident.unmuted", incident, incident.muted)
        notify.speak(connection, journey, incident.number)
        if incident.closed_at is None:
            agenda.pursue(connection, journey, incident)


def _record(connection: sa.Connection, journey: Journey, name: str, incident: Incident, mutes: Sequence[Mute]) -> None:
    data = {"title": incident.title, "reasons": [str(mute) for mute in mutes]}
    events.record(connection, name, at=journey.now(), estate=incident.estate, incident=incident.number, data=data)


def _schedule(connection: sa.Connection, journey: Journey) -> None:
    """Be back when the next silence or window begins or ends."""
    at = min(_edges(connection, journey), default=None)
    if at is not None:
        due.cancel(connection, "mutes", "all")
        due.schedule(connection, "mutes", "all", at, f"mutes:{at.isoformat()}:{journey.now().isoformat()}")


def _edges(connection: sa.Connection, journey: Journey) -> Iterable[datetime]:
    now = journey.now()
    for silence in silences.standing(connection, now):
        yield from (edge for edge in (silence.starts_at, silence.ends_at) if edge is not None and edge > now)
    yield from (edge for window in journey.windows if (edge := window.next_edge(now)) is not None)
