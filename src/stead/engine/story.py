"""How an incident stands, as a Message: what is wrong, why, what was seen, what was and was not done, what a person can do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

import sqlalchemy as sa

from stead.domain import ids
from stead.domain.action import ActionState
from stead.domain.approval import Approval, ApprovalState
from stead.domain.change import sentence
from stead.domain.delivery import Block, BlockKind, Button, Message
from stead.domain.finding import Finding, FindingState
from stead.domain.incident import Incident, IncidentState
from stead.engine import knowing, run_story
from stead.engine.symptoms import lines, with_it
from stead.store import actions, attention, findings, incidents
from stead.store.actions import StoredAction

MOST_EVIDENCE = 5
PART_OF = "part of I-"
"""How the note of an incident begins that turned out to be a symptom of another."""


def render(connection: sa.Connection, number: int, now: datetime) -> Message:
    """The message of this incident, from what the store holds at this moment."""
    incident = incidents.get(connection, number)
    stored = findings.of_incident(connection, number)
    cause = next((s.finding for s in stored if s.finding.fingerprint == incident.cause), None)
    goes_on = [s.finding for s in stored if s.closed_at is None and s.finding.fingerprint != incident.cause]
    echoes = [finding for finding in goes_on if finding.heard and cause is not None and _is_of(finding, cause)]
    present = [finding for finding in goes_on if finding not in echoes]
    approvals = actions.approvals(connection, incident=number, everything=False)
    thought = run_story.blocks(connection, number, incident.episode)
    note = incidents.note(connection, number)
    blocks = [
        *_cause(cause),
        *_echoes(echoes),
        *_weight(incident, cause),
        *_symptoms(cause, present),
        *knowing.blocks(connection, number, now),
        *thought,
        *_steps(connection, number),
        *_attended(connection, incident),
        *_ending(incident, note),
    ]
    return Message(
        title=_title(incident, note, present),
        severity=incident.severity,
        number=ids.incident_number(number),
        state=incident.state.value,
        blocks=tuple(blocks),
        buttons=tuple(button for approval in approvals for button in _buttons(approval)),
        resolved=incident.state is IncidentState.RESOLVED,
    )


def _cause(cause: Finding | None) -> Iterator[Block]:
    if cause is None:
        return
    if cause.state is FindingState.BLIND:
        yield Block(
            kind=BlockKind.TEXT, text="This is not a fault that was seen: it is a place where nobody can look, so nothing there is known."
        )
    elif cause.heard:
        yield Block(kind=BlockKind.TEXT, text="An alert says so; no check of Stead's own has confirmed it, so nothing is done about it.")
    if len(cause.instances) > 1 and cause.state is not FindingState.BLIND:
        yield Block(kind=BlockKind.TEXT, text=f"{len(cause.instances)} × {cause.subject.kind}: {_names(cause.instances)}")
    if cause.changes:
        yield Block(kind=BlockKind.TEXT, text=sentence(cause.changes[0], cause.since) + ".")
    for evidence in cause.evidence[:MOST_EVIDENCE]:
        yield Block(kind=BlockKind.EVIDENCE, text=f"{evidence.what}: {evidence.value}", command=evidence.command)


def _is_of(finding: Finding, cause: Finding) -> bool:
    return not finding.keys.isdisjoint(cause.keys)


def _echoes(echoes: Sequence[Finding]) -> Iterator[Block]:
    """Alerts about the very thing: they say the same again, and are no symptoms."""
    if echoes:
        yield Block(kind=BlockKind.TEXT, text=f"Said by others too: {_names([echo.check for echo in echoes])}.")


def _symptoms(cause: Finding | None, present: Sequence[Finding]) -> Iterator[Block]:
    if cause is not None and present:
        yield Block(
            kind=BlockKind.TEXT, text="\n".join([f"It explains {with_it(present)}:", *(f"· {line}" for line in lines(cause, present))])
        )


def _weight(incident: Incident, cause: Finding | None) -> Iterator[Block]:
    """Why it is as severe as it is, where that is more than its cause says; and that it comes and goes."""
    if incident.state is IncidentState.RESOLVED:
        return
    if cause is not None and incident.severity is not cause.severity and incident.impact:
        yield Block(kind=BlockKind.TEXT, text=f"{incident.severity.value.capitalize()}, because {incident.impact}.")
    if incident.flapping_since is not None:
        since = f"{incident.flapping_since:%H:%M} UTC"
        yield Block(kind=BlockKind.TEXT, text=f"It comes and goes since {since}: it stays one open incident until it keeps still.")


def _title(incident: Incident, note: str, present: Sequence[Finding]) -> str:
    if note.startswith(PART_OF):
        return f"{incident.title} ({note})"
    return f"{incident.title}, and {with_it(present)} with it" if present else incident.title


def _steps(connection: sa.Connection, number: int) -> Iterator[Block]:
    """What was and was not done, and then what a person can do about each."""
    episode = incidents.get(connection, number).episode
    stored = [(s, actions.approval_of(connection, s.action.id)) for s in actions.of_incident(connection, number) if s.episode == episode]
    yield from (Block(kind=BlockKind.STEP, text=_step(one, approval)) for one, approval in stored)
    for one, approval in stored:
        yield from _to_do(one, approval)


def _to_do(stored: StoredAction, approval: Approval | None) -> Iterator[Block]:
    request, state = stored.action.request, stored.action.state
    if state in _BY_HAND and request.command:
        yield Block(kind=BlockKind.COMMAND, text="do it by hand", command=request.command)
    elif state is ActionState.AWAITING and approval is not None:
        answer = ids.approval_number(approval.number)
        if about := "\n".join(asked_about(approval)):
            yield Block(kind=BlockKind.TEXT, text=about)
        if request.command:
            yield Block(kind=BlockKind.COMMAND, text=f"have {answer} done, which is this", command=request.command)
        yield Block(
            kind=BlockKind.COMMAND,
            text=f"answer {answer} until {approval.expires_at:%H:%M} UTC",
            command=f"stead approve {answer}    # or: stead deny {answer}",
        )
    elif state in _UNDOABLE and request.undo:
        yield Block(kind=BlockKind.COMMAND, text="take it back", command=request.undo)


def asked_about(approval: Approval) -> Iterator[str]:
    """What a person wants to know before answering: what would change, whose words led there, who else must say yes."""
    yield from (f"· {line}" for line in approval.preview)
    if approval.action.request.tainted:
        yield "Words that somebody else wrote (a log, an event) led to this: look twice."
    if approval.action.request.doubt:
        yield f"In doubt: {approval.action.request.doubt}."
    if approval.people > 1:
        said = f"{approval.first_by} has said yes, a second person must" if approval.first_by else "two people must say yes"
        yield f"It takes two: {said}."


_BY_HAND = (ActionState.DENIED, ActionState.REFUSED, ActionState.UNPROVEN, ActionState.UNKNOWN)
_UNDOABLE = (ActionState.APPLIED, ActionState.PROVEN)

_SAYS = {
    ActionState.PROPOSED: "proposed",
    ActionState.AWAITING: "asked for approval",
    ActionState.ALLOWED: "allowed, about to begin",
    ActionState.INTENDED: "being done",
    ActionState.APPLIED: "done, now being proven",
    ActionState.PROVEN: "done and proven",
    ActionState.UNPROVEN: "done, but not proven",
    ActionState.DENIED: "not done",
    ActionState.VOID: "called off",
    ActionState.REFUSED: "not done",
    ActionState.UNKNOWN: "sent, outcome unknown",
}


def _step(stored: StoredAction, approval: Approval | None) -> str:
    action, request = stored.action, stored.action.request
    details = [f"rule {', '.join(stored.decision.rules)}"] if stored.decision.rules else []
    if approval is not None and approval.state in (ApprovalState.APPROVED, ApprovalState.DENIED):
        details.append(f"{approval.state} by {approval.decided_by}")
    if action.note:
        details.append(action.note)
    return f"{request.verb} {request.subject}: {_SAYS[action.state]}" + (f" ({'; '.join(details)})" if details else "")


def _buttons(approval: Approval) -> Iterator[Button]:
    name = ids.approval_number(approval.number)
    yield Button(label=f"Approve {name}", approval=approval.number, decision="approve", nonce=approval.nonce)
    yield Button(label=f"Deny {name}", approval=approval.number, decision="deny", nonce=approval.nonce)


def _attended(connection: sa.Connection, incident: Incident) -> Iterator[Block]:
    stands = attention.of(connection, incident.number, incident.episode)
    if stands.acknowledged_at is not None and incident.state is not IncidentState.RESOLVED:
        yield Block(kind=BlockKind.TEXT, text=f"{stands.acknowledged_by} looks after it, since {stands.acknowledged_at:%H:%M} UTC.")


def _ending(incident: Incident, note: str) -> Iterator[Block]:
    if note.startswith(PART_OF):
        yield Block(kind=BlockKind.TEXT, text=f"This is no fault of its own, but {note}, which goes on.")
    elif incident.state is IncidentState.RESOLVED:
        lasted = (incident.closed_at or incident.opened_at) - incident.opened_at
        over = "Over" if not note else f"Over: {note}"
        yield Block(kind=BlockKind.TEXT, text=f"{over}, after {_length(lasted.total_seconds())}.")
    elif incident.state is IncidentState.ESCALATED:
        yield Block(kind=BlockKind.TEXT, text=f"A person is needed: {note or 'Stead has done what it may'}.")


def _length(seconds: float) -> str:
    """A duration as people say it: `40 s`, `12 min`, `3 h 5 min`."""
    whole = round(seconds)
    if whole < 100:
        return f"{whole} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 100 else f"{minutes // 60} h {minutes % 60} min"


def _names(names: Sequence[str], most: int = 5) -> str:
    shown = ", ".join(names[:most])
    return shown if len(names) <= most else f"{shown} and {len(names) - most} more"
