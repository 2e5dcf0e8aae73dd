"""Approve with an edit: another action, bound anew, takes the place of the one that was asked about.

Promise: what is done is what the person saw and wrote. The old question is void, the new action passes policy like any other, and only
where that asks a person does this person's yes count for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from stead.domain import ids
from stead.domain.approval import Approval, ApprovalState
from stead.domain.errors import Exit, UserError
from stead.domain.parameter import wrong
from stead.domain.people import Principal
from stead.engine import agenda, approvals, decide
from stead.engine.journey import Journey
from stead.engine.pursue import Proposal
from stead.store import actions

EDIT = ".edit"
"""The segment of an action that takes the place of another: `41.1.1.1.edit.1`."""


def approve_with(
    connection: sa.Connection, journey: Journey, number: int, *, parameters: Mapping[str, Any], by: Principal, reason: str = ""
) -> Approval:
    """Void A-`number`, ask about the action with these parameters instead, and answer yes. UserError when that cannot be."""
    old = approvals.pending(connection, journey, number, by)
    request = old.action.request
    verb = journey.verbs.get(request.verb)
    given = {**request.parameters, **parameters}
    why = "it is gone" if verb is None else wrong(verb.parameters, given)
    if verb is not None and verb.prepare is not None:
        why = "what is asked about was made from them; deny it with a reason instead"
    if verb is None or why:
        raise UserError(f"{request.verb} cannot be done so: {why}", hint="nothing was changed", code=Exit.USAGE)
    name = ids.approval_number(number)
    command = verb.command(request.subject, given) if verb.command is not None else request.command
    # Its undo line was for the parameters that it had.
    edited = replace(request, parameters=given, command=command, undo="", reason=f"{request.reason} (edited by {by})"[:500])
    if edited.digest == request.digest or given == request.parameters:
        raise UserError(f"that is what {name} asks already", hint=f"`stead approve {name}` says yes to it", code=Exit.USAGE)
    facts = actions.facts_of(connection, old.action.id)
    labels: Mapping[str, str] = facts.labels if facts is not None else {}
    own: Mapping[str, str] = facts.workload_labels if facts is not None else {}
    agenda.void(connection, journey, old.action.id, f"edited by {by}")
    # No rehearsal stands beside it: the person wrote it, and preflight looks at the world before it is done.
    proposal = Proposal(request=edited, labels=labels, workload_labels=own)
    decide.decide(connection, journey, old.action.incident, [proposal], f"{old.action.id}{EDIT}")
    made = actions.approval_of(connection, f"{old.action.id}{EDIT}.1")
    if made is None or made.state is not ApprovalState.PENDING:
        return approvals.get(connection, number)
    return approvals.answer(connection, journey, made.number, approve=True, by=by, reason=reason)
