"""The configured models in their order: the first that answers is the one, and at the end of the chain there is *no model*.

Promise: one question takes at most 150 s, whoever hangs. An endpoint that failed three times in a row rests for a minute, then twice as
long each time, up to ten minutes; one that names a time to come back is left alone until then.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from stead.clocks import SystemClock
from stead.domain.errors import UserError
from stead.domain.model import ModelRole, ModelSpec, NoModelError
from stead.domain.run import Question, Reply
from stead.models.asking import NoAnswer, ask
from stead.models.clients import library
from stead.ports import Clock

CHAIN_SECONDS = 150.0
MOST_FAILURES = 3
REST = timedelta(minutes=1)
LONGEST_REST = timedelta(minutes=10)
LEAST_WAIT = 1.0
"""Seconds. An endpoint that says `Retry-After: 0` again and again is not asked as fast as it can say it."""


@dataclass(slots=True)
class Link:
    """One model of the chain, and how it has been doing. `rests_until` by Retry-After (`asked_to`) or by the breaker."""

    spec: ModelSpec
    open: Callable[[ModelSpec], Any]
    model: Any = None
    failures: int = 0
    rests: int = 0
    rests_until: datetime | None = None
    asked_to: bool = False
    why: str = ""

    def resting(self, now: datetime) -> str:
        if self.rests_until is None or self.rests_until <= now:
            return ""
        return f"{self.spec.name} rests until {self.rests_until:%H:%M:%S} UTC: {self.why}"


class Chain:
    """`links` in the order in which they are asked. An endpoint lives in the world's time, whatever clock Stead itself runs on."""

    def __init__(self, links: Sequence[Link], *, clock: Clock | None = None, seconds: float = CHAIN_SECONDS) -> None:
        self.links = tuple(links)
        self.seconds = seconds
        self._clock = clock or SystemClock()

    @property
    def specs(self) -> tuple[ModelSpec, ...]:
        return tuple(link.spec for link in self.links)

    async def ask(self, question: Question, role: ModelRole = ModelRole.MAIN) -> Reply:
        """The first answer. NoModelError, with what became of each, when there is none within the chain's time."""
        await asyncio.to_thread(library, "pydantic_ai.models")
        end = self._clock.now() + timedelta(seconds=self.seconds)
        tried: dict[str, str] = {}
        while True:
            for link in self._for(role):
                answer = await self._try(link, question, end)
                if isinstance(answer, Reply):
                    return Reply(message=answer.message, model=answer.model, spent=answer.spent, passed_over=tuple(tried.values()))
                tried[link.spec.name] = answer
            if (at := self._worth_waiting_for(role)) is None or at >= end:
                raise NoModelError(tuple(tried.values()))
            await self._clock.sleep_until(at)

    async def close(self) -> None:
        for link in self.links:
            if link.model is not None:
                await link.model.client.close()
                link.model = None

    def _for(self, role: ModelRole) -> list[Link]:
        """Those of the role; the main ones do the small jobs where no small one is configured."""
        return [link for link in self.links if link.spec.role is role] or [link for link in self.links if link.spec.role is ModelRole.MAIN]

    async def _try(self, link: Link, question: Question, end: datetime) -> Reply | str:
        now = self._clock.now()
        if rests := link.resting(now):
            return rests
        left = (end - now).total_seconds()
        if left <= 0:
            return f"{link.spec.name}: the {self.seconds:.0f} s of the chain were over"
        try:
            link.model = link.model or link.open(link.spec)
        except UserError as error:  # a key that is not there, an extra that is not installed
            return f"{link.spec.name}: {error.what}"
        answer = await ask(link.model, link.spec, question, left)
        if isinstance(answer, Reply):
            link.failures = link.rests = 0
            link.rests_until, link.asked_to = None, False
            return answer
        self._remember(link, answer)
        return f"{link.spec.name}: {answer.why}"

    def _remember(self, link: Link, answer: NoAnswer) -> None:
        now = self._clock.now()
        link.why, link.asked_to = answer.why, False
        if answer.retry_after is not None:
            link.rests_until, link.asked_to = now + timedelta(seconds=max(answer.retry_after, LEAST_WAIT)), True
        elif answer.blame:
            link.failures += 1
            if answer.hopeless or link.failures >= MOST_FAILURES:
                link.rests_until, link.asked_to = now + min(REST * 2**link.rests, LONGEST_REST), False
                link.rests = min(link.rests + 1, 10)
                link.failures = MOST_FAILURES - 1  # after the rest, one failure is enough

    def _worth_waiting_for(self, role: ModelRole) -> datetime | None:
        """When the first of those comes back that said themselves when; None where none did."""
        return min((link.rests_until for link in self._for(role) if link.asked_to and link.rests_until is not None), default=None)
