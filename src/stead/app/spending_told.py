"""What models have cost this day and month, and what is left of it, as programs and people are told."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from stead.app.shown import time
from stead.domain.budget import Limit, day_of, month_of
from stead.domain.run import Spent
from stead.engine.journey import Journey
from stead.store import spending


def brief(connection: sa.Connection, journey: Journey) -> dict[str, Any]:
    """The day and the month, each with its limit."""
    today, month = day_of(journey.now()), month_of(journey.now())
    return {
        "day": _sum(spending.since(connection, today), journey.budgets.day) | {"since": time(today)},
        "month": _sum(spending.since(connection, month), journey.budgets.month) | {"since": time(month)},
    }


def whole(connection: sa.Connection, journey: Journey) -> dict[str, Any]:
    """The same, and each agent's day."""
    today = day_of(journey.now())
    spent = spending.by_agent(connection, today)
    names = sorted({*spent, *journey.budgets.agents})
    agents = [{"agent": name, **_sum(spent.get(name, Spent()), journey.budgets.of_agent(name))} for name in names]
    return {**brief(connection, journey), "agents": agents}


def _sum(spent: Spent, limit: Limit) -> dict[str, Any]:
    return {
        "calls": spent.calls,
        "tokens": spent.tokens,
        "cached": spent.cached,
        "money": round(spent.money, 6),
        "seconds": round(spent.seconds, 1),
        "limit": {"tokens": limit.tokens, "money": limit.money, "seconds": limit.seconds},
        "spent_out": limit.exceeded(spent),
    }
