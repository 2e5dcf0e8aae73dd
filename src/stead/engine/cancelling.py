"""A person ends a run that is under way: from then on nothing it comes to is used."""

from __future__ import annotations

import sqlalchemy as sa

from stead.domain import ids
from stead.domain.errors import Exit, UserError
from stead.domain.people import Principal
from stead.domain.run import Ending, Run
from stead.engine import goal_runs, investigations, spending, talking
from stead.engine.journey import Journey
from stead.store import runs


def cancel(connection: sa.Connection, journey: Journey, number: int, *, by: Principal) -> Run:
    """End the run as *cancelled*. A call of a model that is under way is broken off; a look may still end, and nothing follows it.

    UserError when there is no such run, or it has ended.
    """
    run, name = runs.find(connection, number), ids.run_number(number)
    if run is None:
        raise UserError(f"there is no run {name}", hint="`stead runs list` lists them", code=Exit.NEGATIVE)
    if run.ending is Ending.PARKED:
        raise UserError(f"{name} waits for what becomes of its proposal", hint="`stead approvals` lists what waits", code=Exit.REFUSED)
    if run.ending is not None:
        raise UserError(f"{name} has ended already: {run.ending}", hint=f"`stead runs show {name}` tells it", code=Exit.REFUSED)
    note = f"{by.name} cancelled it"
    runs.end(connection, number, Ending.CANCELLED, note, spending.spent_in(connection, number), None, journey.now())
    of = talking if run.session else goal_runs if run.estate else investigations
    of.cancelled(connection, journey, run, note)
    return runs.get(connection, number)
