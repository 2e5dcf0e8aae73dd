"""What models have cost: a row for each call of a model or a tool, written with the call, and sums of them.

Promise: a call is counted once, in the transaction that records it, so counts survive a restart and are one for all replicas.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from stead.domain.run import Run, Spent
from stead.store.tables import spending


def add(connection: sa.Connection, run: Run, key: str, model: str, spent: Spent, now: datetime) -> None:
    """Count a step of the run; `model` is "" for a tool."""
    values = {
        "run": run.number,
        "key": key,
        "at": now,
        "incident": run.incident,
        "episode": run.episode,
        "agent": run.agent,
        "model": model,
        "tokens_in": spent.tokens_in,
        "tokens_out": spent.tokens_out,
        "cached": spent.cached,
        "money": spent.money,
        "seconds": spent.seconds,
    }
    connection.execute(sa.insert(spending).values(**values))


def has(connection: sa.Connection, number: int, key: str) -> bool:
    """Whether that step of the run is counted already."""
    query = sa.select(spending.c.id).where(spending.c.run == number, spending.c.key == key)
    return connection.execute(query).first() is not None


def since(connection: sa.Connection, at: datetime, *, agent: str = "") -> Spent:
    """All that was spent from then on, by everybody or by one agent."""
    where = [spending.c.at >= at, *([spending.c.agent == agent] if agent else [])]
    return _sum(connection, *where)


def on_episode(connection: sa.Connection, incident: int, episode: int) -> Spent:
    """All that was spent on one episode of an incident."""
    return _sum(connection, spending.c.incident == incident, spending.c.episode == episode)


def by_agent(connection: sa.Connection, at: datetime) -> dict[str, Spent]:
    """What each agent has spent from then on."""
    query = sa.select(spending.c.agent, *_SUMS).where(spending.c.at >= at).group_by(spending.c.agent).order_by(spending.c.agent)
    return {agent: _spent(sums) for agent, *sums in connection.execute(query)}


def _sum(connection: sa.Connection, *where: sa.ColumnElement[bool]) -> Spent:
    return _spent(connection.execute(sa.select(*_SUMS).where(*where)).one())


_SUMS = (
    sa.func.count(),
    *(sa.func.coalesce(sa.func.sum(column), 0) for column in (spending.c.tokens_in, spending.c.tokens_out, spending.c.cached)),
    *(sa.func.coalesce(sa.func.sum(column), 0.0) for column in (spending.c.money, spending.c.seconds)),
)


def _spent(sums: Iterable[Any]) -> Spent:
    calls, tokens_in, tokens_out, cached, money, seconds = sums
    return Spent(
        calls=int(calls),
        tokens_in=int(tokens_in),
        tokens_out=int(tokens_out),
        cached=int(cached),
        money=float(money),
        seconds=float(seconds),
    )
