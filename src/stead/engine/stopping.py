"""Stop everything, at once; and go on. What a person says counts from the moment at which it is committed.

While Stead is stopped it watches, groups and tells; it changes nothing and asks no model, and what had been allowed and has not begun is
called off.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import sqlalchemy as sa

from stead.domain.action import ActionState
from stead.domain.delivery import Because
from stead.domain.errors import Exit, UserError
from stead.domain.incident import IncidentState
from stead.domain.people import Principal, Role
from stead.engine import agenda, notify, triage
from stead.engine.journey import Journey
from stead.engine.judging import STOP
from stead.store import actions, events, incidents, switch


def stop(connection: sa.Connection, journey: Journey, *, by: Principal, reason: str = "") -> dict[str, Any]:
    """Throw the switch, and call off what has not begun. UserError for who may not. Stopping twice changes nothing."""
    _may(by, "stop")
    if switch.stop(connection, journey.now(), str(by), reason):
        waiting = actions.in_state(connection, (ActionState.AWAITING, ActionState.ALLOWED))
        why = f"Stead was stopped by {by}"
        for action_id, _ in waiting:
            agenda.void(connection, journey, action_id, why)
            actions.call_off(connection, action_id, (STOP,))
        for number in sorted({number for _, number in waiting}):
            triage.move(connection, journey, number, IncidentState.ESCALATED, why)
            notify.tell(connection, journey, number, Because.ESCALATED)
        events.record(connection, "stop.thrown", at=journey.now(), estate="", data={"by": str(by), "reason": reason})
    return told(connection)


def resume(connection: sa.Connection, journey: Journey, *, by: Principal) -> dict[str, Any]:
    """Let Stead act again, and have it look at everything that is open. UserError for who may not, and where it was not stopped."""
    _may(by, "resume")
    if not switch.resume(connection):
        raise UserError("Stead is not stopped", hint="`stead status` tells how it is", code=Exit.REFUSED)
    events.record(connection, "stop.lifted", at=journey.now(), estate="", data={"by": str(by)})
    for incident in incidents.listed(connection):
        agenda.pursue(connection, journey, incident)
    return told(connection)


def told(connection: sa.Connection) -> dict[str, Any]:
    """The switch as JSON."""
    found = switch.stopped(connection)
    return {"stopped": False} if found is None else {"stopped": True, **asdict(found), "at": found.at.isoformat()}


def _may(by: Principal, what: str) -> None:
    if not by.may(Role.APPROVER):
        raise UserError(f"{by} may not {what} Stead", hint="use a token with the scope `approve`", code=Exit.REFUSED)
