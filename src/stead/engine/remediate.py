"""Remediate: look, intend, act, write down. The intent is committed before the world is touched, and after a crash the world is looked at
before anything is tried again: an action is never done twice, and always has a named end.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from stead.declare import Verb
from stead.domain.action import Action, ActionRequest, ActionState, Fence
from stead.domain.delivery import Because
from stead.domain.errors import BlindError, ConflictError, PermanentError, TemporaryError
from stead.domain.incident import IncidentState
from stead.domain.policy import Verdict
from stead.engine import agenda, notify, triage
from stead.engine.faults import fault_point
from stead.engine.guarded import Guarded
from stead.engine.journey import Journey
from stead.engine.judging import STOP, judge
from stead.engine.pursue import Proposal, with_labels
from stead.ports import Observation, Seen
from stead.store import actions, due, events, findings, incidents, switch
from stead.store.codec import dumps

MOST_TRIES = 5

_SENT_ONCE = "it was sent, or about to be, and nothing shows that it landed; it is not sent again"


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What came of applying. `state` is APPLIED, VOID (the world had moved), REFUSED, or ALLOWED: to be tried again."""

    state: ActionState
    note: str = ""
    undo: ActionRequest | None = None
    retry_after: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Preflight:
    """`why_not` "" when nothing speaks against the action; `proposal` its facts as they are now; `replicas` how many are wanted."""

    why_not: str = ""
    proposal: Proposal | None = None
    replicas: int | None = None


async def preflight(journey: Journey, action_id: str) -> Preflight:
    """Look at the world once more: the check that found the fault must find it still, and the verb must see nothing in its way."""
    action, verb = await journey.store.run(_action, journey, action_id)
    request = action.request
    if verb is None:
        return Preflight(why_not=f"there is no action {request.verb} any more")
    estate = journey.estates.get(request.subject.estate)
    if estate is None:
        return Preflight(why_not=f"the estate {request.subject.estate} is not configured any more")
    try:
        why_not = await verb.preflight(action, estate)
        now = await _fault(journey, verb, request)
        proposal = await with_labels(journey, estate, request)
    except (BlindError, TemporaryError) as error:
        return Preflight(why_not=f"could not look before acting: {error}")
    return Preflight(why_not=why_not or _unconfirmed(now), proposal=proposal, replicas=now.replicas)


async def _fault(journey: Journey, verb: Verb, request: ActionRequest) -> Observation:
    """A fresh look at what is wrong, in the estate in which it is."""
    if not verb.at:
        return await journey.estates[request.subject.estate].observe(request.check, request.fingerprint, request.subject)
    stored = await journey.store.look(findings.find, request.fingerprint)
    estate = journey.estates.get(stored.finding.subject.estate) if stored is not None else None
    if stored is None or estate is None:
        return Observation(seen=Seen.BLIND, present=False, note="the fault is of an estate that is not configured any more")
    return await estate.observe(request.check, request.fingerprint, stored.finding.subject)


def _unconfirmed(now: Observation) -> str:
    if now.seen is Seen.BLIND:
        return f"could not look before acting: {now.note}"
    return "a fresh look finds nothing wrong any more" if now.seen in (Seen.QUIET, Seen.ABSENT) else ""


def intend(connection: sa.Connection, journey: Journey, action_id: str, looked: Preflight) -> bool:
    """Write the intent, or why there is none. Policy is asked again here, in the transaction that makes it binding."""
    stored = actions.get(connection, action_id)
    action = stored.action
    if action.state is ActionState.INTENDED:
        return True
    if action.state is not ActionState.ALLOWED:
        return False
    why_not = looked.why_not or _moved_since(connection, journey, action, stored.decision.verdict, looked.proposal)
    if why_not:
        end = ActionState.VOID if stored.decision.verdict is Verdict.NEEDS_APPROVAL else ActionState.REFUSED
        actions.move(connection, action_id, [ActionState.ALLOWED], end, journey.now(), why_not)
        _record(connection, journey, "action.outcome", action, {"outcome": end, "note": why_not})
        _again(connection, journey, action.incident, why_not)
        return False
    actions.move(connection, action_id, [ActionState.ALLOWED], ActionState.INTENDED, journey.now())
    actions.set_replicas(connection, action_id, looked.replicas)
    _record(connection, journey, "action.intent", action, {"reason": action.request.reason, "command": action.request.command})
    triage.move(connection, journey, action.incident, IncidentState.FIXING)
    fault_point("remediate.before-intent-commit")
    return True


async def apply(journey: Journey, action_id: str) -> Result:
    """Make the change. If an earlier try was begun, by a process that died or a request without an answer, look first whether it landed."""
    action, verb = await journey.store.run(_action, journey, action_id)
    if verb is None:
        return Result(state=ActionState.REFUSED, note="its verb is gone")
    estate = journey.estates[action.request.subject.estate]
    tried_before = await journey.store.run(actions.begin_try, action_id) > 1
    try:
        if tried_before and await verb.landed(action, estate):
            made = "" if verb.made is None else await verb.made(action, estate)
            return Result(state=ActionState.APPLIED, note=made or "an earlier try turned out to have landed")
        if tried_before and verb.fence is Fence.ONCE:
            return Result(state=ActionState.UNKNOWN, note=_SENT_ONCE)
        if (now_stopped := await journey.store.look(switch.stopped)) is not None and not tried_before:
            return Result(state=ActionState.REFUSED, note=f"{now_stopped}; it was not sent")
        fault_point("remediate.before-apply")
        applied = await verb.apply(action, estate, Guarded(estate.hands(), journey.own_namespaces))
        fault_point("remediate.after-apply")
        return Result(state=ActionState.APPLIED, note=applied.note, undo=applied.undo)
    except ConflictError as error:
        return Result(state=ActionState.VOID, note=f"the world had moved: {error}")
    except PermanentError as error:
        return Result(state=ActionState.REFUSED, note=str(error))
    except BlindError as error:
        return Result(state=ActionState.ALLOWED, note=str(error))
    except TemporaryError as error:
        return Result(state=ActionState.ALLOWED, note=str(error), retry_after=error.retry_after or 0.0)


def conclude(connection: sa.Connection, journey: Journey, action_id: str, result: Result, attempt: int) -> None:
    """Write down what came of it, and set the proof going."""
    action = actions.get(connection, action_id).action
    state, now = result.state, journey.now()
    if state is ActionState.ALLOWED and attempt >= MOST_TRIES:
        state = ActionState.UNKNOWN
    if not actions.move(connection, action_id, [ActionState.INTENDED], state, now, result.note):
        return
    if state is ActionState.ALLOWED:
        wait = max(journey.timing.retry_after(attempt).total_seconds(), result.retry_after)
        due.schedule(connection, "act", f"{action_id}#{attempt + 1}", _later(journey, wait), f"act:{action_id}:{attempt + 1}")
        return
    _record(connection, journey, "action.outcome", action, {"outcome": state, "note": result.note})
    if state is not ActionState.APPLIED:
        _again(connection, journey, action.incident, result.note)
        return
    actions.set_undo(connection, action_id, result.undo)
    triage.move(connection, journey, action.incident, IncidentState.VERIFYING)
    due.schedule(connection, "verify", f"{action_id}#1", now + journey.timing.verify_every, f"vfy:{action_id}:1")
    notify.tell(connection, journey, action.incident, Because.MOVED)
    fault_point("remediate.before-outcome-commit")


def _moved_since(connection: sa.Connection, journey: Journey, action: Action, decided: Verdict, proposal: Proposal | None) -> str:
    """What has changed between the decision and now that takes the action back; "" when nothing has."""
    if not findings.is_open(connection, action.request.fingerprint):
        return "the fault is gone by itself"
    other = actions.busy_with(connection, dumps(action.request.subject.key), besides=action.id)
    if other is not None:
        return f"another action ({other}) is under way on the same object"
    if proposal is None:
        return "the target could not be looked at"
    now = judge(connection, journey, proposal, undoes=action.undoes)
    if now.verdict.strictness <= decided.strictness:
        return ""
    if STOP in now.rules:
        actions.call_off(connection, action.id, now.rules)
    return f"policy says {now.verdict} by now" + (f": {now.why}" if now.why else "")


def _again(connection: sa.Connection, journey: Journey, number: int, note: str) -> None:
    """It came to nothing: look at the incident afresh, and say so; a question that is still right is asked anew."""
    if triage.settle(connection, journey, number):
        return
    under_way = [s.action for s in actions.of_incident(connection, number) if not s.action.state.ended]
    if under_way:
        return
    triage.move(connection, journey, number, IncidentState.ESCALATED, note)
    agenda.pursue(connection, journey, incidents.get(connection, number))
    notify.tell(connection, journey, number, Because.ESCALATED)


def _action(connection: sa.Connection, journey: Journey, action_id: str) -> tuple[Action, Verb | None]:
    action = actions.get(connection, action_id).action
    return action, journey.verbs.get(action.request.verb)


def _later(journey: Journey, seconds: float) -> datetime:
    return journey.now() + timedelta(seconds=seconds)


def _record(connection: sa.Connection, journey: Journey, name: str, action: Action, data: Mapping[str, object]) -> None:
    request = action.request
    body = {"action": action.id, "verb": request.verb, "subject": str(request.subject), **data}
    events.record(connection, name, at=journey.now(), estate=request.subject.estate, incident=action.incident, run=action.id, data=body)
