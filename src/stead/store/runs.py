"""Runs of models and their steps: what was asked, answered and seen, each written once under its own key."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from stead.domain.conclusion import Conclusion
from stead.domain.goal import INCIDENT
from stead.domain.run import Brief, Ending, Run, Spent
from stead.store.codec import dumps, loads
from stead.store.tables import run, run_step


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One call of a model (`model:3`) or a tool (`tool:call_1`); `body` is what came of it, as JSON values."""

    key: str
    kind: str
    at: datetime
    body: dict[str, Any]


_LONG = (run.c.brief, run.c.conclusion)
_SHORT = tuple(column for column in run.c if column not in set(_LONG))
_LONG_LEFT_OUT = tuple(sa.null().label(column.name) for column in _LONG)


def add(
    connection: sa.Connection,
    *,
    incident: int,
    episode: int,
    segment: int,
    agent: str,
    asked_by: str,
    nonce: str,
    now: datetime,
    session: str = "",
    goal: str = INCIDENT,
    estate: str = "",
    question: str = "",
) -> int:
    """Open a run; its number (the digits of R-9). One about no incident has incident 0: none has that number."""
    values = {
        "incident": incident,
        "episode": episode,
        "segment": segment,
        "agent": agent,
        "asked_by": asked_by,
        "session": session,
        "goal": goal,
        "estate": estate,
        "question": question,
        "nonce": nonce,
        "began_at": now,
    }
    return connection.execute(sa.insert(run).values(**values).returning(run.c.number)).scalar_one()


def find(connection: sa.Connection, number: int) -> Run | None:
    row = connection.execute(sa.select(run).where(run.c.number == number)).first()
    return None if row is None else _run(row)


def outline(connection: sa.Connection, number: int) -> Run | None:
    """As `find`, without what may be long: the brief and the conclusion. Asked several times in each turn of a run."""
    row = connection.execute(sa.select(*_SHORT, *_LONG_LEFT_OUT).where(run.c.number == number)).first()
    return None if row is None else _run(row)


def get(connection: sa.Connection, number: int) -> Run:
    """KeyError when there is none."""
    found = find(connection, number)
    if found is None:
        raise KeyError(number)
    return found


def of_incident(connection: sa.Connection, incident: int, episode: int | None = None) -> list[Run]:
    """Oldest first; of one episode, or of all."""
    query = sa.select(run).where(run.c.incident == incident).order_by(run.c.number)
    if episode is not None:
        query = query.where(run.c.episode == episode)
    return [_run(row) for row in connection.execute(query)]


def of_session(connection: sa.Connection, session: str) -> list[Run]:
    """Oldest first."""
    return [_run(row) for row in connection.execute(sa.select(run).where(run.c.session == session).order_by(run.c.number))]


def listed(connection: sa.Connection, limit: int) -> Sequence[Run]:
    """Newest first."""
    return [_run(row) for row in connection.execute(sa.select(run).order_by(run.c.number.desc()).limit(limit))]


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How a run stands: `ending` "" while it is under way; `incident` 0 where it is about none."""

    incident: int
    ending: str
    note: str


def standing(connection: sa.Connection, numbers: Collection[int]) -> dict[int, Standing]:
    """Those of the runs that there are, without all that they hold."""
    query = sa.select(run.c.number, run.c.incident, run.c.ending, run.c.note).where(run.c.number.in_(sorted(numbers)))
    rows = connection.execute(query)
    return {row.number: Standing(incident=row.incident, ending=row.ending, note=row.note) for row in rows}


def set_brief(connection: sa.Connection, number: int, brief: Brief) -> None:
    connection.execute(sa.update(run).where(run.c.number == number).values(brief=dumps(brief)))


def end(
    connection: sa.Connection, number: int, ending: Ending, note: str, spent: Spent, conclusion: Conclusion | None, now: datetime
) -> bool:
    """Write how it ended; False when that stands there already."""
    values = {
        "ending": ending.value,
        "note": note,
        "spent": dumps(spent),
        "conclusion": None if conclusion is None else dumps(conclusion),
        "ended_at": now,
    }
    return connection.execute(sa.update(run).where(run.c.number == number, run.c.ending == "").values(**values)).rowcount == 1


def spend(connection: sa.Connection, number: int, spent: Spent) -> None:
    """Correct what an ended run has spent: a call that was under way when somebody ended it is paid for too."""
    connection.execute(sa.update(run).where(run.c.number == number).values(spent=dumps(spent)))


def record(connection: sa.Connection, number: int, key: str, kind: str, body: object, now: datetime) -> bool:
    """Write a step; False for one that is there already, which stays as it is: what was paid for once is not replaced."""
    if step(connection, number, key) is not None:
        return False
    connection.execute(sa.insert(run_step).values(run=number, key=key, kind=kind, at=now, body=dumps(body)))
    return True


def step(connection: sa.Connection, number: int, key: str) -> dict[str, Any] | None:
    """What came of the step, None when it was not made yet."""
    body = connection.execute(sa.select(run_step.c.body).where(run_step.c.run == number, run_step.c.key == key)).scalar()
    return None if body is None else loads(body, dict[str, Any])


def steps(connection: sa.Connection, number: int) -> list[Step]:
    query = sa.select(run_step).where(run_step.c.run == number).order_by(run_step.c.id)
    return [Step(key=row.key, kind=row.kind, at=row.at, body=loads(row.body, dict[str, Any])) for row in connection.execute(query)]


def _run(row: sa.Row[tuple[object, ...]]) -> Run:
    return Run(
        number=row.number,
        incident=row.incident,
        episode=row.episode,
        segment=row.segment,
        agent=row.agent,
        nonce=row.nonce,
        began_at=row.began_at,
        asked_by=row.asked_by,
        goal=row.goal,
        estate=row.estate,
        question=row.question,
        session=row.session,
        ending=Ending(row.ending) if row.ending else None,
        note=row.note,
        ended_at=row.ended_at,
        spent=loads(row.spent, Spent),
        brief=None if row.brief is None else loads(row.brief, Brief),
        conclusion=None if row.conclusion is None else loads(row.conclusion, Conclusion),
    )
