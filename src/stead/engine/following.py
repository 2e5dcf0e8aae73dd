"""Follow: what an action made waits for a person somewhere else. It is looked at until it was taken up or turned down, and that is told."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import sqlalchemy as sa

from stead.declare import Became
from stead.domain.action import ActionState
from stead.domain.delivery import Because
from stead.domain.errors import BlindError, TemporaryError
from stead.domain.incident import IncidentState
from stead.engine import investigations, notify, triage
from stead.engine.journey import Journey
from stead.store import actions, due, events, incidents
from stead.store.actions import StoredAction

SOON, LATER = timedelta(minutes=5), timedelta(hours=1)
"""How often it is looked at on its first day, and after it."""
SOON_TIMES = 288
MOST_TIMES = SOON_TIMES + 24 * 30
"""After a month nobody is expected to take it up any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """`became` None: it waits still, or could not be looked at."""

    became: Became | None = None


def begin(connection: sa.Connection, journey: Journey, stored: StoredAction, note: str) -> None:
    """It is there: a person is told, and it is looked after."""
    action = stored.action
    _next(connection, journey, action.id, 1)
    if triage.settle(connection, journey, action.incident):
        return
    triage.move(connection, journey, action.incident, IncidentState.ESCALATED, note)
    notify.tell(connection, journey, action.incident, Because.ESCALATED)


async def look(journey: Journey, action_id: str) -> Looked:
    """What has become of it."""
    action = (await journey.store.run(actions.get, action_id)).action
    verb = journey.verbs.get(action.request.verb)
    estate = journey.estates.get(action.request.subject.estate)
    if verb is None or verb.followed is None or estate is None:
        return Looked(became=Became(note="it is looked after no longer: its estate or verb is not configured any more", taken=False))
    try:
        return Looked(became=await verb.followed(action, estate))
    except (BlindError, TemporaryError):
        return Looked()


def take(connection: sa.Connection, journey: Journey, action_id: str, position: int, looked: Looked) -> None:
    """Tell what has become of it; look again later while it waits. Where it was turned down, something else may be thought of."""
    stored = actions.get(connection, action_id)
    if stored.action.state is not ActionState.PROVEN:
        return
    became = looked.became
    if became is None and position < MOST_TIMES:
        _next(connection, journey, action_id, position + 1)
        return
    became = became or Became(note=f"{stored.action.note}; nobody took it up within a month", taken=False)
    incident = incidents.get(connection, stored.action.incident)
    actions.move(connection, action_id, [ActionState.PROVEN], ActionState.PROVEN, journey.now(), became.note)
    data = {"action": action_id, "verb": stored.action.request.verb, "note": became.note, "taken": became.taken}
    events.record(
        connection, "action.followed", at=journey.now(), estate=incident.estate, incident=incident.number, run=action_id, data=data
    )
    if incident.state is IncidentState.ESCALATED:
        triage.move(connection, journey, incident.number, IncidentState.ESCALATED, became.note)
    if not became.taken and incident.episode == stored.episode:
        investigations.consider(connection, journey, incident.number, news=True)
    notify.tell(connection, journey, incident.number, Because.MOVED)


def _next(connection: sa.Connection, journey: Journey, action_id: str, position: int) -> None:
    at = journey.now() + (SOON if position <= SOON_TIMES else LATER)
    due.schedule(connection, "follow", f"{action_id}#{position}", at, f"fol:{action_id}:{position}")
