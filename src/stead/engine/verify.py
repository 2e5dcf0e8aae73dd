"""Verify: the check that found the fault proves the fix, by staying quiet in several fresh looks with its subject still there.

Being blind, and the subject being gone, prove nothing. What is not proven in time is taken back where it can be, and told.
"""

from __future__ import annotations

from dataclasses import replace

import sqlalchemy as sa

from stead.domain.action import UNDO, ActionState
from stead.domain.delivery import Because
from stead.domain.errors import BlindError, TemporaryError
from stead.domain.incident import IncidentState
from stead.engine import agenda, decide, following, investigations, notify, triage
from stead.engine.faults import fault_point
from stead.engine.journey import Journey
from stead.engine.judging import broken_since
from stead.engine.pursue import Proposal, with_labels
from stead.ports import Observation, Seen
from stead.store import actions, due, events, incidents
from stead.store.actions import StoredAction


async def look(journey: Journey, action_id: str) -> Observation:
    """One fresh look at the action's finding and subject, and at what else its verb wants to see for a proof."""
    action = (await journey.store.run(actions.get, action_id)).action
    request, verb = action.request, journey.verbs.get(action.request.verb)
    estate = journey.estates[request.subject.estate]
    seen = await estate.observe(request.check, request.fingerprint, request.subject)
    if verb is None or verb.proved is None or seen.seen not in (Seen.QUIET, Seen.ABSENT):
        return seen
    try:
        missing = await verb.proved(action, estate)
    except (BlindError, TemporaryError) as error:
        return replace(seen, seen=Seen.BLIND, note=str(error))
    return replace(seen, seen=Seen.LAGGING, note=missing) if missing else seen


def weigh(connection: sa.Connection, journey: Journey, action_id: str, position: int, observation: Observation) -> bool:
    """Count the look. True when the proof has failed and the change has to be taken back."""
    stored = actions.get(connection, action_id)
    if stored.action.state is not ActionState.APPLIED:
        return False
    since = stored.intended_at or stored.proposed_at
    if why := broken_since(connection, journey, stored.action.request.fingerprint, since):
        _unproven(connection, journey, stored, replace(observation, note=why))
        return True
    quiet = stored.quiet + 1 if _is_good(journey, stored, observation) else 0
    actions.set_quiet(connection, action_id, quiet)
    if quiet >= journey.timing.verify_times:
        _proven(connection, journey, stored, quiet)
        fault_point("verify.before-proof-commit")
        return False
    now = journey.now()
    if now < (stored.applied_at or now) + journey.timing.verify_within:
        workflow = f"vfy:{action_id}:{position + 1}"
        due.schedule(connection, "verify", f"{action_id}#{position + 1}", now + journey.timing.verify_every, workflow)
        return False
    _unproven(connection, journey, stored, observation)
    return True


def _is_good(journey: Journey, stored: StoredAction, observation: Observation) -> bool:
    verb = journey.verbs.get(stored.action.request.verb)
    stays = verb is None or verb.subject_stays
    if not stays and observation.seen is Seen.ABSENT:
        return not observation.present
    fewer = (
        not stored.action.undoes
        and stored.replicas is not None
        and observation.replicas is not None
        and observation.replicas < stored.replicas
    )
    return observation.seen is Seen.QUIET and observation.present == stays and not fewer


def _proven(connection: sa.Connection, journey: Journey, stored: StoredAction, quiet: int) -> None:
    action = stored.action
    verb = journey.verbs.get(action.request.verb)
    waits = verb is not None and verb.followed is not None
    note = f"{action.note} waits for a person" if waits else f"{action.request.check} was quiet in {quiet} looks"
    actions.move(connection, action.id, [ActionState.APPLIED], ActionState.PROVEN, journey.now(), note)
    _record(connection, journey, stored, proven=True, note=note)
    if waits:
        following.begin(connection, journey, stored, note)
        return
    if triage.settle(connection, journey, action.incident):
        return
    if not any(not s.action.state.ended for s in actions.of_incident(connection, action.incident)):
        # What the proof saw may not have come by the watch yet; if it is more than that, it is worked on.
        triage.move(connection, journey, action.incident, IncidentState.OPEN)
        agenda.pursue(connection, journey, incidents.get(connection, action.incident))
    notify.tell(connection, journey, action.incident, Because.MOVED)


def _unproven(connection: sa.Connection, journey: Journey, stored: StoredAction, observation: Observation) -> None:
    action = stored.action
    note = f"not proven: {action.request.check} is {observation.seen}" + (f" ({observation.note})" if observation.note else "")
    actions.move(connection, action.id, [ActionState.APPLIED], ActionState.UNPROVEN, journey.now(), note)
    _record(connection, journey, stored, proven=False, note=note)
    triage.move(connection, journey, action.incident, IncidentState.ESCALATED, note)
    investigations.consider(connection, journey, action.incident, news=True)
    notify.tell(connection, journey, action.incident, Because.ESCALATED)


async def undo(journey: Journey, action_id: str) -> None:
    """Propose to take the change back. Policy decides on it as on everything else. What took something back is not taken back."""
    stored = await journey.store.run(actions.get, action_id)
    if stored.undo is None or stored.action.undoes:
        return
    estate = journey.estates[stored.undo.subject.estate]
    proposal: Proposal = await with_labels(journey, estate, replace(stored.undo, trigger=stored.action.request.trigger))
    await journey.store.run(decide.decide, journey, stored.action.incident, [proposal], f"{action_id}{UNDO}")


def _record(connection: sa.Connection, journey: Journey, stored: StoredAction, *, proven: bool, note: str) -> None:
    action = stored.action
    request = action.request
    data = {
        "action": action.id,
        "verb": request.verb,
        "subject": str(request.subject),
        "proven": proven,
        "note": note,
        "check": request.check,
    }
    events.record(
        connection,
        "action.proof",
        at=journey.now(),
        estate=request.subject.estate,
        incident=action.incident,
        run=action.id,
        data=data,
    )
