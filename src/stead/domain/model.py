"""A configured model: where it is reached, what it costs, how much it can hold. And what is said when none answers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from stead.domain.errors import SteadError


class ModelRole(StrEnum):
    """MAIN reasons; SMALL does side jobs (titles, summaries) where one is configured."""

    MAIN = "main"
    SMALL = "small"


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelSpec:
    """One entry of the chain. Times are in seconds, prices for a million tokens, `context` in tokens.

    `agents` and `goals` name those that it is for, by slug; none means all.
    `key` reads the secret anew, "" where the endpoint wants none; `base_url` "" means the kind's own.
    """

    name: str
    kind: str
    model: str
    key: Callable[[], str]
    base_url: str = ""
    role: ModelRole = ModelRole.MAIN
    context: int = 8192
    agents: tuple[str, ...] = ()
    goals: tuple[str, ...] = ()
    price_in: float = 0.0
    price_out: float = 0.0
    price_cached: float | None = None
    connect: float = 5.0
    first_byte: float = 20.0

    def serves(self, agent: str, goal: str) -> bool:
        return (not self.agents or agent in self.agents) and (not self.goals or goal in self.goals)

    def cost(self, tokens_in: int, tokens_out: int, cached: int = 0) -> float:
        """Of `tokens_in`, `cached` came from the provider's cache; without a price of their own they cost what the others do."""
        read = self.price_in if self.price_cached is None else self.price_cached
        return ((tokens_in - cached) * self.price_in + cached * read + tokens_out * self.price_out) / 1_000_000


def context_of(specs: Sequence[ModelSpec]) -> int:
    """The tokens that every model which may reason can hold; 0 where there is none."""
    reasoning = [spec.context for spec in specs if spec.role is ModelRole.MAIN] or [spec.context for spec in specs]
    return min(reasoning, default=0)


class NoModelError(SteadError):
    """The end of the chain: no configured model answered. `tried` says of each why not."""

    def __init__(self, tried: tuple[str, ...]) -> None:
        super().__init__("; ".join(tried) or "no model is configured")
        self.tried = tried


class BrokenOffError(NoModelError):
    """The call was broken off: its run was ended while it was under way. `why` says by whom."""

    def __init__(self, why: str) -> None:
        super().__init__((why,))


class SpentOutError(NoModelError):
    """No model was asked: a budget has run out. `why` says which, and by what."""

    def __init__(self, why: str) -> None:
        super().__init__((why,))
