"""A workflow that failed for no foreseen reason, an error of our own or of a visitor's: begun anew, and at last given up, aloud.

Promise: nothing ends in silence. Whoever waits for it is told in a sentence, and what the checks said stays as it was.
"""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa

from stead.domain.excerpt import visible
from stead.domain.incident import IncidentState
from stead.engine import goal_runs, investigations, job_runs, talking, triage
from stead.engine.journey import Journey
from stead.store import due, events

MOST_LIVES = 5
"""How often a workflow that failed for no foreseen reason is begun anew before it is given up, aloud."""

LIFE_EVERY = timedelta(seconds=30)
MOST_SAID = 200
"""Characters of an error's own words that a person is told."""


def failed(connection: sa.Connection, bound: Journey, kind: str, ref: str, workflow: str, said: str) -> None:
    """The workflow failed with the words `said`: it is begun anew, or what it worked for is told that nothing comes of it."""
    first, _, life = workflow.partition("~")
    lives = int(life or 1)
    if lives < MOST_LIVES:
        due.schedule(connection, kind, ref, bound.now() + LIFE_EVERY, f"{first}~{lives + 1}")
        return
    broke = _broke(bound, said)
    if kind == "investigate":
        investigations.give_up(connection, bound, int(ref), broke)
        return
    if kind == "goal":
        goal_runs.give_up(connection, bound, int(ref), broke)
        return
    if kind in ("job", "jobs"):
        for number in ref.split(","):
            job_runs.give_up(connection, bound, int(number), broke)
        return
    if kind == "talk":
        talking.give_up(connection, bound, int(ref), broke)
        return
    incident = int(ref) if kind == "pursue" else None
    data = {"said": f"{kind} {ref} was given up: {said}"}
    events.record(connection, "run.step", at=bound.now(), estate="", incident=incident, data=data)
    if incident is not None:
        triage.move(connection, bound, incident, IncidentState.ESCALATED, said)


def _broke(bound: Journey, said: str) -> str:
    """An error that nobody foresaw, as a sentence for a person: what it was, how often, and where more is told."""
    what = " ".join(visible(bound.redact(said)).split())[:MOST_SAID]
    return f"Stead itself failed at it {MOST_LIVES} times ({what}); the service's log says where"
