"""Evidence that comes after the first word (a log that was read, events that were folded) edits the message that was sent.

Only what it says is news: counters and times that move on are shown with the next edit, and bring about none.
"""

from __future__ import annotations

from collections.abc import Iterable

import sqlalchemy as sa

from stead.domain.delivery import Because
from stead.domain.evidence import Evidence
from stead.domain.finding import Finding
from stead.domain.incident import IncidentState
from stead.domain.logs.templates import template
from stead.engine import notify
from stead.engine.journey import Journey
from stead.store import incidents
from stead.store.findings import StoredFinding


def came(connection: sa.Connection, journey: Journey, refreshed: Iterable[tuple[StoredFinding, Finding]]) -> None:
    """Have each incident told anew of whose cause something else is known than was: (as it was stored, as it is)."""
    for before, after in refreshed:
        if before.incident is None or _says(before.finding.evidence) == _says(after.evidence):
            continue
        incident = incidents.find(connection, before.incident)
        if incident is not None and incident.cause == after.fingerprint and incident.state is not IncidentState.RESOLVED:
            notify.tell(connection, journey, incident.number, Because.MOVED)


def _says(evidence: Iterable[Evidence]) -> tuple[str, ...]:
    return tuple(template(f"{one.what}: {one.value}") for one in evidence)
