"""Triage: findings that share a cause become one incident; an incident whose findings have all fallen quiet is over.

The only place that makes incidents. Pure database work in one transaction, so doing it twice is doing it once. All the triggers of an
estate that wait are taken together: in a storm the work follows the clock, not the number of sightings.
"""

from __future__ import annotations

import sqlalchemy as sa

from stead.domain.delivery import Because
from stead.domain.grouping import group
from stead.domain.incident import IncidentState
from stead.engine import adoption, agenda, debriefing, flaps, mutes, notify
from stead.engine.faults import fault_point
from stead.engine.journey import Journey
from stead.engine.moves import move
from stead.engine.placing import Placing
from stead.store import actions, findings, incidents, triggers


def triage(connection: sa.Connection, journey: Journey, trigger_id: str) -> None:
    """Group what is open in the trigger's estate, place each group in an incident, and end those that are over."""
    taken = triggers.take(connection, trigger_id)
    if not taken:
        return
    estate = taken[0].estate
    known = findings.open_findings(connection, estate)
    placing = Placing(connection, journey, known, taken)
    for found in group(stored.finding for stored in known.values()):
        if placing.concerns(found):
            placing.place(found)
    adoption.take_on(connection, journey, estate, taken, placing.opened)
    for number in incidents.fallen_quiet(connection, estate):
        settle(connection, journey, number)
    mutes.review(connection, journey, estate, placing.placed())
    placing.tell()


def settle(connection: sa.Connection, journey: Journey, number: int) -> bool:
    """End the incident if nothing of it is open and nothing is under way. Whether there is nothing left to do for it now."""
    if findings.any_open(connection, number):
        return False
    under_way = [stored.action for stored in actions.of_incident(connection, number) if not stored.action.state.ended]
    if any(not agenda.waits_for_person(action) for action in under_way):
        return False
    for action in under_way:
        agenda.void(connection, journey, action.id, "what it was about is over")
    incident = incidents.get(connection, number)
    if incident.state is IncidentState.RESOLVED:
        return True
    if flaps.fell_quiet(connection, journey, incident):
        move(connection, journey, number, IncidentState.OPEN)
        return True
    _end(connection, journey, number)
    return True


def calm(connection: sa.Connection, journey: Journey, number: int) -> None:
    """An incident that came and went has kept still: quiet, it is over; broken, it is simply broken."""
    if flaps.calm(connection, journey, number) is None:
        return
    if findings.any_open(connection, number):
        notify.tell(connection, journey, number, Because.MOVED)
    else:
        _end(connection, journey, number)
    fault_point("calm.before-commit")


def _end(connection: sa.Connection, journey: Journey, number: int) -> None:
    if move(connection, journey, number, IncidentState.RESOLVED):
        adoption.over(connection, journey, number)
        notify.tell(connection, journey, number, Because.RESOLVED)
        debriefing.closed(connection, journey, number)
