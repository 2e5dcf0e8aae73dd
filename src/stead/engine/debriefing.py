"""An incident that was solved becomes the draft of a runbook by itself, where the configuration says so.

Promise: only what somebody can learn from. What went away by itself, what a runbook or a waiting draft tells already, and what was
debriefed in this episode asks no model. Nobody waits for it, and the draft waits for a person.
"""

from __future__ import annotations

import sqlalchemy as sa

from stead.domain.action import ActionState
from stead.domain.errors import UserError
from stead.domain.finding import Finding
from stead.domain.goal import DEBRIEF
from stead.domain.incident import Incident
from stead.domain.knowledge import KnowledgeKind, KnowledgeState
from stead.domain.people import SYSTEM
from stead.engine import goal_runs, knowing, learning
from stead.engine.journey import Journey
from stead.store import actions, findings, incidents, knowledge, runs, switch


def closed(connection: sa.Connection, journey: Journey, number: int) -> None:
    """The incident is over: have it written up, if it was solved and nobody has done that."""
    goal = journey.goals().get(DEBRIEF)
    if not journey.debrief_solved or journey.models is None or goal is None or switch.stopped(connection) is not None:
        return
    incident = incidents.get(connection, number)
    if not _solved(connection, incident) or _known(connection, journey, incident):
        return
    try:
        goal_runs.ask_for(connection, journey, goal, agent=goal.agent, incident=number, estate="", question="", by=SYSTEM)
    except UserError:  # its estate is not configured any more: nobody can look there
        return


def _solved(connection: sa.Connection, incident: Incident) -> bool:
    """A remedy was proven in this episode, or a model found the cause; and no run has written that up."""
    done = [stored for stored in actions.of_incident(connection, incident.number) if stored.episode == incident.episode]
    before = runs.of_incident(connection, incident.number, incident.episode)
    if any(run.goal == DEBRIEF for run in before):
        return False
    return any(stored.action.state is ActionState.PROVEN for stored in done) or any(run.conclusion is not None for run in before)


def _known(connection: sa.Connection, journey: Journey, incident: Incident) -> bool:
    """A runbook fits the fault exactly, or a draft that does waits for a person, or too many wait already."""
    cause = _cause(connection, incident)
    if cause is None or knowledge.waiting(connection) >= learning.MOST_DRAFTS:
        return True
    held = knowing.fitting(connection, [cause], journey.now())
    waits = [one for one in knowledge.listed(connection) if one.state is KnowledgeState.PROPOSED and one.written.fits.match(cause)]
    return any(one.written.kind is KnowledgeKind.RUNBOOK and one.written.fits.exact for one in (*held, *waits))


def _cause(connection: sa.Connection, incident: Incident) -> Finding | None:
    stored = findings.find(connection, incident.cause)
    return None if stored is None else stored.finding
