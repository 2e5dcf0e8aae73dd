"""Whether there is anything left to spend, asked right before each call of a model, and the counting of each call.

Promise: what was set for an incident, an agent, a day or a month is exceeded by at most the one answer that each run is waiting for.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import Any

import sqlalchemy as sa

from stead.domain.budget import Budgets, Limit, day_of, month_of
from stead.domain.model import ModelRole, ModelSpec, SpentOutError
from stead.domain.run import Question, Reply, Run, Seen, Spent
from stead.engine.calls import Breakable
from stead.engine.journey import Journey
from stead.ports import Models
from stead.store import runs, spending
from stead.store.codec import load_plain

_PROGRAM = "program"
"""The step of a run under which is counted what a program has cost."""


class Budgeted:
    """Models that are asked only while `spent_out()` answers ""."""

    def __init__(self, models: Models, spent_out: Callable[[], Awaitable[str]]) -> None:
        self._models, self._spent_out = models, spent_out

    @property
    def specs(self) -> Sequence[ModelSpec]:
        return self._models.specs

    def routed(self, agent: str, goal: str) -> Budgeted:
        return Budgeted(self._models.routed(agent, goal), self._spent_out)

    async def ask(self, question: Question, role: ModelRole = ModelRole.MAIN) -> Reply:
        """As the models themselves. SpentOutError when a budget has run out."""
        if why := await self._spent_out():
            raise SpentOutError(why)
        return await self._models.ask(question, role)

    async def close(self) -> None: ...  # they are not its own


def models_for(journey: Journey, models: Models, run: Run) -> Models:
    """The models that are for this run; perhaps none. They are asked while there is something left, and somebody waits for the run."""

    async def ask() -> str:
        return await journey.store.look(spent_out, journey, run) if journey.budgets.any else ""

    budgeted = Budgeted(models.routed(run.agent, run.goal), ask)
    return Breakable(budgeted, journey.calls, journey.store, run.number)


def spent_out(connection: sa.Connection, journey: Journey, run: Run, more: Spent | None = None) -> str:
    """Which budget has run out for this run, and by what; "" while all have something left. `more` is spent and not written down yet."""
    for name, limit, spent in _asked(connection, journey, run):
        if why := limit.exceeded(spent if more is None else spent + more):
            return f"the budget of {name}: {why}"
    return ""


def program_out(connection: sa.Connection, journey: Journey, run: Run, more: Spent) -> str:
    """Why a program that writes a proposal of the run may spend nothing after this much more; "" while it may. Its tokens are its own."""
    budget = None if run.brief is None else run.brief.budget
    if budget is not None and budget.money is not None:
        money = (spent_in(connection, run.number) + more).money
        if money >= budget.money:
            return f"the budget of the run: {money:.4f} of {budget.money:.4f} is spent"
    return spent_out(connection, journey, run, more) if journey.budgets.any else ""


def spent_in(connection: sa.Connection, number: int) -> Spent:
    """What the steps of the run that are written down have cost."""
    total = Spent()
    for step in runs.steps(connection, number):
        if step.kind == "model":
            total += load_plain(step.body, Reply).spent
        else:
            total += Spent(calls=1, seconds=load_plain(step.body, Seen).seconds)
    return total


def _asked(connection: sa.Connection, journey: Journey, run: Run) -> Iterator[tuple[str, Limit, Spent]]:
    """Only what has a limit is summed up."""
    budgets: Budgets = journey.budgets
    today, month, agent = day_of(journey.now()), month_of(journey.now()), budgets.of_agent(run.agent)
    if budgets.incident.set and run.incident:
        yield "the incident", budgets.incident, spending.on_episode(connection, run.incident, run.episode)
    if agent.set:
        yield f"the agent {run.agent} for the day", agent, spending.since(connection, today, agent=run.agent)
    if budgets.day.set:
        yield "the day", budgets.day, spending.since(connection, today)
    if budgets.month.set:
        yield "the month", budgets.month, spending.since(connection, month)


def count_program(connection: sa.Connection, journey: Journey, run: Run, model: str, spent: Spent) -> None:
    """Count what a program has cost that wrote a proposal of the run, asking that model; nothing where it asked nothing. Once."""
    if spent.calls and not spending.has(connection, run.number, _PROGRAM):
        spending.add(connection, run, _PROGRAM, model, spent, journey.now())


def count(connection: sa.Connection, journey: Journey, run: Run, key: str, kind: str, body: dict[str, Any]) -> None:
    """Count a step that was just recorded for the first time; `body` is what came of it, as JSON values."""
    if kind == "model":
        spent: dict[str, Any] = body.get("spent") or {}
        if spent.get("calls"):
            spending.add(connection, run, key, str(body.get("model", "")), Spent(**spent), journey.now())
    else:
        spending.add(connection, run, key, "", Spent(calls=1, seconds=float(body.get("seconds", 0.0))), journey.now())
