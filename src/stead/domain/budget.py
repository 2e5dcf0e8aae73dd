"""What models may spend beyond one run: on an episode of an incident, by an agent in a day, in a day, in a month. Plain values.

A day and a month are the calendar's, in UTC: they begin anew whenever Stead was started.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from stead.domain.run import Spent


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """The most of tokens in and out, of money in the currency of the prices, and of seconds of waiting; None: nobody set one."""

    tokens: int | None = None
    money: float | None = None
    seconds: float | None = None

    @property
    def set(self) -> bool:
        return (self.tokens, self.money, self.seconds) != (None, None, None)

    def exceeded(self, spent: Spent) -> str:
        """What ran out, in words; "" while there is some left."""
        if self.tokens is not None and spent.tokens >= self.tokens:
            return f"{spent.tokens} of {self.tokens} tokens are spent"
        if self.money is not None and spent.money >= self.money:
            return f"{spent.money:.4f} of {self.money:.4f} is spent"
        if self.seconds is not None and spent.seconds >= self.seconds:
            return f"{spent.seconds:.0f} of {self.seconds:.0f} seconds are gone"
        return ""


NO_LIMIT = Limit()


@dataclass(frozen=True, slots=True, kw_only=True)
class Budgets:
    """`agent` holds for each agent that `agents` does not name; both are for one day."""

    incident: Limit = NO_LIMIT
    agent: Limit = NO_LIMIT
    agents: Mapping[str, Limit] = field(default_factory=dict[str, Limit])
    day: Limit = NO_LIMIT
    month: Limit = NO_LIMIT

    def of_agent(self, agent: str) -> Limit:
        return self.agents.get(agent, self.agent)

    @property
    def any(self) -> bool:
        return any(limit.set for limit in (self.incident, self.agent, *self.agents.values(), self.day, self.month))


def day_of(now: datetime) -> datetime:
    """When this day began."""
    return now.replace(hour=0, minute=0, second=0, microsecond=0)


def month_of(now: datetime) -> datetime:
    """When this month began."""
    return day_of(now).replace(day=1)
