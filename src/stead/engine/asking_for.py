"""A person has a goal pursued: an open incident's by the way of incidents, every other by a run that only tells."""

from __future__ import annotations

import sqlalchemy as sa

from stead.domain.errors import Exit, UserError
from stead.domain.goal import INCIDENT, About
from stead.domain.people import Principal
from stead.engine import goal_runs, investigations
from stead.engine.journey import Journey


def ask_for(
    connection: sa.Connection,
    journey: Journey,
    *,
    by: Principal,
    goal: str = INCIDENT,
    agent: str = "",
    incident: int | None = None,
    estate: str = "",
    question: str = "",
) -> int:
    """The run's number. UserError for a goal, an agent, an incident or an estate that there is not, and for what cannot be."""
    wanted, souls = journey.goals().get(goal), journey.souls()
    if wanted is None:
        raise UserError(f"there is no goal `{goal[:60]}`", hint=f"known: {', '.join(journey.goals())}", code=Exit.NEGATIVE)
    if agent and agent not in souls:
        raise UserError(f"there is no agent `{agent[:60]}`", hint=f"known: {', '.join(souls)}", code=Exit.NEGATIVE)
    if wanted.about is About.INCIDENT:
        if incident is None:
            raise UserError(f"the goal `{goal}` is about an open incident", hint="name it, like I-41; `stead incidents` lists them")
        return investigations.ask_for(connection, journey, incident, str(by), agent, goal)
    whose = agent or wanted.agent
    return goal_runs.ask_for(connection, journey, wanted, agent=whose, incident=incident, estate=estate, question=question, by=by)
