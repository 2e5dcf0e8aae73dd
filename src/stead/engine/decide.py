"""Decide: policy looks at each proposal. Allowed ones begin at once, others ask a person, and whatever no rule covers is not done.

*Not done* forbids doing, not telling: the exact command goes out with the message.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import sqlalchemy as sa

from stead.domain import approvers, ids
from stead.domain.action import UNDO, Action, ActionRequest, ActionState
from stead.domain.delivery import Because
from stead.domain.incident import Incident, IncidentState
from stead.domain.policy import ActionFacts, Decision, Verdict
from stead.engine import notify, triage
from stead.engine.faults import fault_point
from stead.engine.journey import Journey
from stead.engine.judging import STOP, approvers_of, facts_of, judge
from stead.engine.pursue import Proposal
from stead.store import actions, due, events, findings, incidents

_MOST_SEEN = 500
"""Characters of a piece of evidence that the audit keeps."""

_STATES = {
    Verdict.ALLOW: ActionState.ALLOWED,
    Verdict.NEEDS_APPROVAL: ActionState.AWAITING,
    Verdict.DENY: ActionState.DENIED,
}


def decide(
    connection: sa.Connection, journey: Journey, number: int, proposals: Sequence[Proposal], segment: str, nothing: str = ""
) -> None:
    """Decide on what one segment proposed, or keep why it proposed `nothing`. Deciding the same segment again changes nothing."""
    incident = incidents.get(connection, number)
    if nothing:
        _keep_why(connection, journey, incident, segment, nothing)
    before = actions.of_incident(connection, number)
    counts = [stored for stored in before if stored.episode == incident.episode and STOP not in stored.decision.rules]
    tried = {stored.action.request.digest for stored in counts}
    if any(stored.action.id.startswith(f"{segment}.") for stored in before):
        return
    decided = [
        _decide_one(connection, journey, incident, proposal, f"{segment}.{position}")
        for position, proposal in enumerate(proposals, start=1)
        if proposal.request.digest not in tried
    ]
    _move_on(connection, journey, number, [verdict for verdict in decided if verdict is not None])


def _keep_why(connection: sa.Connection, journey: Journey, incident: Incident, segment: str, nothing: str) -> None:
    """For whoever asks later why nothing was done."""
    data = {"why": nothing}
    events.record(connection, "decision.none", at=journey.now(), estate=incident.estate, incident=incident.number, run=segment, data=data)


def _decide_one(connection: sa.Connection, journey: Journey, incident: Incident, proposal: Proposal, action_id: str) -> Verdict | None:
    request, now = proposal.request, journey.now()
    decision = judge(connection, journey, proposal, undoes=UNDO in action_id)
    if decision.verdict is Verdict.NEEDS_APPROVAL and incident.muted and not request.by_model:
        segment, _, _ = action_id.rpartition(".")
        _keep_why(connection, journey, incident, segment, f"{request.verb} {request.subject} would ask a person, and it is silent now")
        return None
    seen = facts_of(connection, journey, proposal)
    action = Action(id=action_id, incident=incident.number, request=request, state=_STATES[decision.verdict], note=_note(decision))
    actions.add(connection, action, incident.episode, decision, now, seen, _preview(journey, proposal, decision, seen))
    _record(connection, journey, action, decision)
    if decision.verdict is Verdict.ALLOW:
        fault_point("decide.before-enqueue")
        journey.queue.enqueue(connection, "act", ids.action_workflow(action_id), action_id)
    elif decision.verdict is Verdict.NEEDS_APPROVAL:
        _ask(connection, journey, action, decision)
    return decision.verdict


def _preview(journey: Journey, proposal: Proposal, decision: Decision, seen: ActionFacts | None) -> tuple[str, ...]:
    """What a person is told with the question: why it is one, the last backups of what it touches, and what would change."""
    now, most = journey.now(), journey.policy().limits.backup_age
    asked = decision.verdict is Verdict.NEEDS_APPROVAL
    why = [f"A person is asked because {decision.why}."] if asked and decision.why else []
    who = approvers.told(approvers_of(journey, seen)) if asked and seen is not None else []
    return (*why, *who, *(one.line(now, most) for one in proposal.backups), *proposal.preview)


def _ask(connection: sa.Connection, journey: Journey, action: Action, decision: Decision) -> None:
    now = journey.now()
    expires = now + journey.timing.approval_expires
    number = actions.ask(connection, action, decision, now, expires)
    due.schedule(connection, "expire", str(number), expires, f"exp:{number}")
    due.schedule(connection, "remind", str(number), now + journey.timing.approval_expires / 2, f"rem:{number}")
    request = action.request
    data = {
        "approval": ids.approval_number(number),
        "verb": request.verb,
        "subject": str(request.subject),
        "reason": request.reason,
        "command": request.command,
        "rules": list(decision.rules),
        "expires_at": expires.isoformat(),
        "digest": request.digest,
    }
    _event(connection, journey, "approval.asked", action, data)


def _move_on(connection: sa.Connection, journey: Journey, number: int, verdicts: Sequence[Verdict]) -> None:
    if not verdicts:
        return
    if Verdict.NEEDS_APPROVAL in verdicts:
        triage.move(connection, journey, number, IncidentState.AWAITING_APPROVAL)
        notify.tell(connection, journey, number, Because.APPROVAL)
        return
    if Verdict.ALLOW in verdicts:
        triage.move(connection, journey, number, IncidentState.FIXING)
    notify.tell(connection, journey, number, Because.MOVED)


def _record(connection: sa.Connection, journey: Journey, action: Action, decision: Decision) -> None:
    request: ActionRequest = action.request
    data = {
        "action": action.id,
        "verb": request.verb,
        "subject": str(request.subject),
        "proposer": request.proposer,
        "reason": request.reason,
        "guess": request.guess,
        "verdict": decision.verdict,
        "rules": list(decision.rules),
        "why": decision.why,
        "command": request.command,
        **_bound(action),
    }
    _evidence(connection, journey, action)
    _event(connection, journey, "decision.made", action, data)


def _bound(action: Action) -> dict[str, object]:
    """What an approval binds, as the audit keeps it."""
    request = action.request
    given = dict(request.parameters)
    return {
        "digest": request.digest,
        "uid": request.precondition.uid,
        "generation": request.precondition.generation,
        "parameters": given,
        "tainted": request.tainted,
    }


def _evidence(connection: sa.Connection, journey: Journey, action: Action) -> None:
    """What was seen of the fault, as it was when the decision was made."""
    stored = findings.find(connection, action.request.fingerprint)
    if stored is None:
        return
    found = stored.finding
    seen = [{"what": one.what, "value": one.value[:_MOST_SEEN], "command": one.command, "tainted": one.tainted} for one in found.evidence]
    since = found.since.isoformat() if found.since else None
    data = {"check": found.check, "reason": found.reason, "summary": found.summary, "since": since, "evidence": seen}
    _event(connection, journey, "decision.evidence", action, data)


def _event(connection: sa.Connection, journey: Journey, name: str, action: Action, data: Mapping[str, object]) -> None:
    events.record(
        connection, name, at=journey.now(), estate=action.request.subject.estate, incident=action.incident, run=action.id, data=data
    )


def _note(decision: Decision) -> str:
    return decision.why if decision.verdict is Verdict.DENY else ""
