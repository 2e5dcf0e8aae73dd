"""How an incident moves from state to state, and the event that says so."""

from __future__ import annotations

import sqlalchemy as sa

from stead.domain.incident import Incident, IncidentState
from stead.engine.journey import Journey
from stead.store import events, findings, incidents


def move(connection: sa.Connection, journey: Journey, number: int, state: IncidentState, note: str = "") -> bool:
    """Move the incident and record it; False when it is there already."""
    if not incidents.move(connection, number, state, journey.now(), note):
        return False
    incident = incidents.get(connection, number)
    name = "incident.closed" if state is IncidentState.RESOLVED else "incident.moved"
    record(connection, journey, name, incident, note=note)
    return True


def record(connection: sa.Connection, journey: Journey, name: str, incident: Incident, note: str = "") -> None:
    """Write an event that says how the incident stands."""
    present, instances = findings.open_numbers(connection, incident.number)
    data = {
        "title": incident.title,
        "state": incident.state,
        "severity": incident.severity,
        "impact": incident.impact,
        "episode": incident.episode,
        "findings": present,
        "instances": instances,
        "note": note,
    }
    events.record(connection, name, at=journey.now(), estate=incident.estate, incident=incident.number, data=data)
