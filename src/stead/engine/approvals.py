"""Approvals: a person's answer, a compare-and-set, and what it sets going, in one transaction.

However the answer comes in (button, command, API), it comes here; of two answers the first counts, and an answer that comes too late is
told so.
"""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from stead.domain import approvers, ids
from stead.domain.action import ActionState
from stead.domain.approval import Approval, ApprovalState
from stead.domain.delivery import Because
from stead.domain.errors import Exit, UserError
from stead.domain.incident import IncidentState
from stead.domain.people import Principal, Role
from stead.engine import investigations, notify, triage
from stead.engine.faults import fault_point
from stead.engine.journey import Journey
from stead.engine.judging import approvers_of
from stead.store import actions, due, events


def answer(connection: sa.Connection, journey: Journey, number: int, *, approve: bool, by: Principal, reason: str = "") -> Approval:
    """Write down the answer and start, or call off, the action. UserError when it cannot be given (any more)."""
    now = journey.now()
    approval = _pending(connection, number, by, now)
    if approve:
        _counts(connection, journey, approval, by)
    state = ApprovalState.APPROVED if approve else ApprovalState.DENIED
    if approve and approval.people > 1 and _first_of_two(connection, journey, approval, str(by), reason):
        return get(connection, number)
    if not actions.settle(connection, number, state, now, str(by), reason):
        raise _too_late(get(connection, number))
    due.cancel(connection, "expire", str(number))
    due.cancel(connection, "remind", str(number))
    action_id = approval.action.id
    if approve:
        actions.move(connection, action_id, [ActionState.AWAITING], ActionState.ALLOWED, now)
        fault_point("approvals.before-enqueue")
        journey.queue.enqueue(connection, "act", ids.action_workflow(action_id), action_id)
    else:
        note = f"denied by {by}" + (f": {reason}" if reason else "")
        actions.move(connection, action_id, [ActionState.AWAITING], ActionState.DENIED, now, note)
    _record(connection, journey, approval, state, str(by), reason)
    _move_on(connection, journey, approval.action.incident, "a person said no" if not approve else "")
    return get(connection, number)


def _first_of_two(connection: sa.Connection, journey: Journey, approval: Approval, by: str, reason: str) -> bool:
    """Whether this yes is the first of two, which starts nothing. UserError for one who has said it already."""
    if approval.first_by == by:
        raise UserError(
            f"{by} has said yes to {ids.approval_number(approval.number)} already; a second person must",
            hint="have somebody else approve it",
            code=Exit.REFUSED,
        )
    if approval.first_by or not actions.second(connection, approval.number, by):
        return False
    _record(connection, journey, approval, ApprovalState.PENDING, by, reason)
    notify.tell(connection, journey, approval.action.incident, Because.MOVED)
    return True


def remind(connection: sa.Connection, journey: Journey, number: int) -> None:
    """Half of the time is over and nobody has answered: say so once more, so that it rings."""
    approval = actions.find_approval(connection, number)
    if approval is not None and approval.state is ApprovalState.PENDING:
        notify.tell(connection, journey, approval.action.incident, Because.REMINDER)


def expire(connection: sa.Connection, journey: Journey, number: int) -> None:
    """Nobody answered in time: the question is void, and the incident needs a person."""
    approval = get(connection, number)
    if not actions.settle(connection, number, ApprovalState.EXPIRED, journey.now(), "", "nobody answered in time"):
        return
    note = "nobody answered in time"
    actions.move(connection, approval.action.id, [ActionState.AWAITING], ActionState.VOID, journey.now(), note)
    _record(connection, journey, approval, ApprovalState.EXPIRED, "", note)
    _move_on(connection, journey, approval.action.incident, note)


def pending(connection: sa.Connection, journey: Journey, number: int, by: Principal) -> Approval:
    """The approval, while this person may still say yes to it. UserError when not."""
    approval = _pending(connection, number, by, journey.now())
    _counts(connection, journey, approval, by)
    return approval


def _counts(connection: sa.Connection, journey: Journey, approval: Approval, by: Principal) -> None:
    """UserError where the policy of this moment wants somebody else's yes. A no is anybody's who may decide."""
    seen = actions.facts_of(connection, approval.action.id)
    if seen is not None and (why := approvers.kept_out(approvers_of(journey, seen), by)):
        raise UserError(
            f"{by} may not approve {ids.approval_number(approval.number)}: {why}; nothing was changed",
            hint="have one of them answer; anybody who may decide can deny it",
            code=Exit.REFUSED,
        )


def _pending(connection: sa.Connection, number: int, by: Principal, now: datetime) -> Approval:
    approval = get(connection, number)
    if not by.may(Role.APPROVER):
        raise UserError(
            f"{by} may not decide on {ids.approval_number(number)}", hint="use a token with the scope `approve`", code=Exit.REFUSED
        )
    if approval.state is ApprovalState.PENDING and approval.expires_at <= now:
        raise UserError(
            f"approval {ids.approval_number(number)} expired at {approval.expires_at:%H:%M:%S} UTC; nothing was changed",
            hint="wait for the next question, or run the command yourself",
            code=Exit.REFUSED,
        )
    if approval.state is not ApprovalState.PENDING:
        raise _too_late(approval)
    return approval


def get(connection: sa.Connection, number: int) -> Approval:
    approval = actions.find_approval(connection, number)
    if approval is None:
        name = ids.approval_number(number)
        raise UserError(f"there is no approval {name}", hint="`stead approvals` shows what waits for an answer", code=Exit.NEGATIVE)
    return approval


def _too_late(approval: Approval) -> UserError:
    by = f" by {approval.decided_by}" if approval.decided_by else ""
    return UserError(
        f"approval {ids.approval_number(approval.number)} is {approval.state} already{by}; nothing was changed",
        hint=f"`stead show {ids.incident_number(approval.action.incident)}` tells what came of it",
        code=Exit.REFUSED,
    )


def _move_on(connection: sa.Connection, journey: Journey, number: int, escalate_because: str) -> None:
    """Fixing once something may begin; waiting while other questions are open; else a person is needed."""
    states = {stored.action.state for stored in actions.of_incident(connection, number)}
    if ActionState.ALLOWED in states:
        triage.move(connection, journey, number, IncidentState.FIXING)
        notify.tell(connection, journey, number, Because.MOVED)
    elif ActionState.AWAITING not in states:
        triage.move(connection, journey, number, IncidentState.ESCALATED, escalate_because)
        investigations.resume(connection, journey, number)
        notify.tell(connection, journey, number, Because.ESCALATED)


def _record(connection: sa.Connection, journey: Journey, approval: Approval, state: ApprovalState, by: str, reason: str) -> None:
    names = {ApprovalState.EXPIRED: "approval.void", ApprovalState.PENDING: "approval.seconded"}
    name = names.get(state, "approval.decided")
    request = approval.action.request
    data = {
        "approval": ids.approval_number(approval.number),
        "decision": state,
        "by": by,
        "reason": reason,
        "verb": request.verb,
        "subject": str(request.subject),
    }
    events.record(
        connection,
        name,
        at=journey.now(),
        estate=request.subject.estate,
        incident=approval.action.incident,
        run=approval.action.id,
        data=data,
    )
