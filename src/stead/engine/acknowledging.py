"""Acknowledging: somebody says that they look after an incident. It is escalated and repeated no more; what happens is still told.

However it comes in (command, API, a chat's word or button), it comes here; of two the first counts, and a second changes nothing.
"""

from __future__ import annotations

import sqlalchemy as sa

from stead.domain import ids
from stead.domain.delivery import Because
from stead.domain.errors import Exit, UserError
from stead.domain.incident import IncidentState
from stead.domain.people import Principal, Role
from stead.engine import escalating, notify
from stead.engine.faults import fault_point
from stead.engine.journey import Journey
from stead.store import attention, events, incidents
from stead.store.attention import Attention


def acknowledge(connection: sa.Connection, journey: Journey, number: int, *, by: Principal) -> Attention:
    """Who looks after the incident: this person, or who was first. UserError when there is none, it is over, or they may not."""
    name = ids.incident_number(number)
    if not by.may(Role.APPROVER):
        raise UserError(f"{by} may not acknowledge {name}", hint="use a token with the scope `approve`", code=Exit.REFUSED)
    incident = incidents.find(connection, number)
    if incident is None:
        raise UserError(f"there is no incident {name}", hint="`stead incidents --all` lists them", code=Exit.NEGATIVE)
    if incident.state is IncidentState.RESOLVED:
        raise UserError(f"{name} is over; there is nothing to acknowledge", code=Exit.REFUSED)
    if attention.acknowledge(connection, number, incident.episode, str(by), journey.now()):
        escalating.call_off(connection, journey, number)
        data = {"title": incident.title, "by": str(by)}
        events.record(connection, "incident.acknowledged", at=journey.now(), estate=incident.estate, incident=number, data=data)
        notify.tell(connection, journey, number, Because.MOVED)
        fault_point("acknowledging.before-commit")
    return attention.of(connection, number, incident.episode)
