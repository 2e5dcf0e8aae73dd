"""What is to be done next for an incident or an action: one place to schedule it, and to call it off."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from stead.domain import ids
from stead.domain.action import Action, ActionState
from stead.domain.approval import ApprovalState
from stead.domain.incident import Incident
from stead.engine.journey import Journey
from stead.store import actions, due, events, incidents

MOST_SEGMENTS = 50
"""Segments of work on one episode. A cause that keeps changing is told to a person instead of chased for ever."""


def pursue(connection: sa.Connection, journey: Journey, incident: Incident, at: datetime | None = None) -> None:
    """Have the incident worked on once its findings have gathered. One that waits for that already is not asked twice."""
    ref = str(incident.number)
    if due.waiting(connection, "pursue", ref):
        return
    segment = incidents.next_segment(connection, incident.number)
    if segment > MOST_SEGMENTS:
        return
    workflow = ids.segment_workflow(incident.number, incident.episode, segment)
    due.schedule(connection, "pursue", ref, at or journey.now() + journey.timing.group_wait, workflow)


def waits_for_person(action: Action) -> bool:
    return action.state is ActionState.AWAITING


def void(connection: sa.Connection, journey: Journey, action_id: str, why: str) -> None:
    """Call off an action that has not begun, and the question that was asked about it."""
    now = journey.now()
    not_begun = [ActionState.PROPOSED, ActionState.AWAITING, ActionState.ALLOWED]
    if not actions.move(connection, action_id, not_begun, ActionState.VOID, now, why):
        return
    approval = actions.approval_of(connection, action_id)
    if approval is None or not actions.settle(connection, approval.number, ApprovalState.VOID, now, "", why):
        return
    due.cancel(connection, "expire", str(approval.number))
    due.cancel(connection, "remind", str(approval.number))
    request, incident = approval.action.request, approval.action.incident
    data = {"approval": ids.approval_number(approval.number), "verb": request.verb, "subject": str(request.subject), "why": why}
    events.record(connection, "approval.void", at=now, estate=request.subject.estate, incident=incident, run=action_id, data=data)
