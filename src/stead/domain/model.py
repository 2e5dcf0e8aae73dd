"""A configured model: where it is reached, what it costs, how much it can hold. And what is said when none answers."""

from __future__ import annotations

from collections.abc import Callable
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

    `key` reads the secret anew, "" where the endpoint wants none; `base_url` "" means the kind's own.
    """

    name: str
    kind: str
    model: str
    key: Callable[[], str]
    base_url: str = ""
    role: ModelRole = ModelRole.MAIN
    context: int = 8192
    price_in: float = 0.0
    price_out: float = 0.0
    price_cached: float | None = None
    connect: float = 5.0
    first_byte: float = 20.0

    def cost(self, tokens_in: int, tokens_out: int, cached: int = 0) -> float:
        """Of `tokens_in`, `cached` came from the provider's cache; without a price of their own they cost what the others do."""
        read = self.price_in if self.price_cached is None else self.price_cached
        return ((tokens_in - cached) * self.price_in + cached * read + tokens_out * self.price_out) / 1_000_000


class NoModelError(SteadError):
    """The end of the chain: no configured model answered. `tried` says of each why not."""

    def __init__(self, tried: tuple[str, ...]) -> None:
        super().__init__("; ".join(tried) or "no model is configured")
        self.tried = tried


class SpentOutError(NoModelError):
    """No model was asked: a budget has run out. `why` says which, and by what."""

    def __init__(self, why: str) -> None:
        super().__init__((why,))
