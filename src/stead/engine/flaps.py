"""Flap damping: a fault that comes and goes stays one open incident, told once, until it has kept still for a while.

The first returns reopen the incident and edit its message. The time that it falls quiet for the `flap_times`th time within `flap_within`
it is not called over any more: it is *flapping*, and over only after `flap_quiet` without a change. Broken for that long without a
pause, it is simply broken, and no longer flapping.
"""

from __future__ import annotations

import sqlalchemy as sa

from stead.domain.delivery import Because
from stead.domain.incident import Incident
from stead.engine import notify
from stead.engine.faults import fault_point
from stead.engine.journey import Journey
from stead.store import due, events, incidents


def fell_quiet(connection: sa.Connection, journey: Journey, incident: Incident) -> bool:
    """Count this quiet moment of the incident. True when it flaps: it stays open."""
    number, now, timing = incident.number, journey.now(), journey.timing
    if incident.flapping_since is not None:
        if not due.waiting(connection, "calm", str(number)):
            _wait(connection, journey, number)
        return True
    quiet = [at for at in incidents.quiet_moments(connection, number) if at > now - timing.flap_within] + [now]
    incidents.set_quiet_moments(connection, number, quiet)
    if len(quiet) < timing.flap_times:
        return False
    incidents.set_flapping(connection, number, quiet[0])
    _record(connection, journey, "incident.flapping", incident, f"it fell quiet {len(quiet)} times in {timing.flap_within}")
    _wait(connection, journey, number)
    notify.tell(connection, journey, number, Because.FLAPPING)
    fault_point("flaps.before-commit")
    return True


def came_back(connection: sa.Connection, journey: Journey, incident: Incident) -> None:
    """A flapping incident is broken again: its wait begins anew, and its message is edited."""
    _wait(connection, journey, incident.number)


def calm(connection: sa.Connection, journey: Journey, number: int) -> Incident | None:
    """Nothing has changed for `flap_quiet`: it flaps no longer. The incident, where it did."""
    incident = incidents.find(connection, number)
    if incident is None or incident.flapping_since is None:
        return None
    incidents.set_flapping(connection, number, None)
    incidents.set_quiet_moments(connection, number, [])
    _record(connection, journey, "incident.calm", incident, f"nothing changed for {journey.timing.flap_quiet}")
    return incidents.get(connection, number)


def _wait(connection: sa.Connection, journey: Journey, number: int) -> None:
    at = journey.now() + journey.timing.flap_quiet
    due.cancel(connection, "calm", str(number))
    due.schedule(connection, "calm", str(number), at, f"calm:{number}:{at.isoformat()}")


def _record(connection: sa.Connection, journey: Journey, name: str, incident: Incident, note: str) -> None:
    data = {"title": incident.title, "note": note}
    events.record(connection, name, at=journey.now(), estate=incident.estate, incident=incident.number, data=data)
