"""The configured models in their order: the first that answers is the one, and at the end of the chain there is *no model*.

Promise: one question takes at most 150 s, whoever hangs. A model that failed three times in a row rests for a minute, then twice as long
each time, up to ten minutes; an endpoint that cannot be reached or takes no key rests with all its models; one that names a time to come
back is left alone until then.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
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
PAUSES = (0.5, 1.5)
"""Seconds before the chain is gone through again, where nobody answered and a failure was one that passes (a 502, a broken connection)."""


@dataclass(slots=True)
class Health:
    """How a model, or an endpoint with all its models, has been doing. `rests_until` by Retry-After (`asked_to`) or by the breaker."""

    failures: int = 0
    rests: int = 0
    rests_until: datetime | None = None
    asked_to: bool = False
    why: str = ""

    def resting(self, now: datetime) -> bool:
        return self.rests_until is not None and self.rests_until > now

    def well(self) -> None:
        self.failures = self.rests = 0
        self.rests_until, self.asked_to = None, False

    def ill(self, answer: NoAnswer, now: datetime) -> None:
        self.why, self.asked_to = answer.why, False
        if answer.retry_after is not None:
            self.rests_until, self.asked_to = now + timedelta(seconds=max(answer.retry_after, LEAST_WAIT)), True
        elif answer.blame:
            self.failures += 1
            if answer.hopeless or self.failures >= MOST_FAILURES:
                self.rests_until = now + min(REST * 2**self.rests, LONGEST_REST)
                self.rests = min(self.rests + 1, 10)
                self.failures = MOST_FAILURES - 1  # after the rest, one failure is enough


@dataclass(slots=True)
class Link:
    """One model of the chain, how it has been doing, and how its endpoint has (which it shares with the endpoint's other models)."""

    spec: ModelSpec
    open: Callable[[ModelSpec], Any]
    model: Any = None
    own: Health = field(default_factory=Health)
    endpoint: Health = field(default_factory=Health)
    passes: bool = False

    def resting(self, now: datetime) -> str:
        for health, whose in ((self.own, self.spec.name), (self.endpoint, f"{self.spec.name}: its endpoint")):
            if health.resting(now) and health.rests_until is not None:
                return f"{whose} rests until {health.rests_until:%H:%M:%S} UTC: {health.why}"
        return ""


class Chain:
    """`links` in the order in which they are asked. An endpoint lives in the world's time, whatever clock Stead itself runs on."""

    def __init__(
        self, links: Sequence[Link], *, clock: Clock | None = None, seconds: float = CHAIN_SECONDS, pauses: Sequence[float] = PAUSES
    ) -> None:
        self.links = tuple(links)
        self.seconds, self.pauses = seconds, tuple(pauses)
        self._clock = clock or SystemClock()
        endpoints: dict[tuple[str, str], Health] = {}
        for link in self.links:
            link.endpoint = endpoints.setdefault((link.spec.kind, link.spec.base_url), link.endpoint)

    @property
    def specs(self) -> tuple[ModelSpec, ...]:
        return tuple(link.spec for link in self.links)

    def routed(self, agent: str, goal: str) -> Chain:
        """Those that are for this agent and goal: first those that are for them by name, then those that are for all."""
        fitting = [link for link in self.links if link.spec.serves(agent, goal)]
        fitting.sort(key=lambda link: not (link.spec.agents or link.spec.goals))
        return Chain(fitting, clock=self._clock, seconds=self.seconds, pauses=self.pauses)

    async def ask(self, question: Question, role: ModelRole = ModelRole.MAIN) -> Reply:
        """The first answer. NoModelError, with what became of each, when there is none within the chain's time."""
        await asyncio.to_thread(library, "pydantic_ai.models")
        end = self._clock.now() + timedelta(seconds=self.seconds)
        tried: dict[str, str] = {}
        pauses = list(self.pauses)
        while True:
            for link in self._for(role):
                answer = await self._try(link, question, end)
                if isinstance(answer, Reply):
                    return Reply(message=answer.message, model=answer.model, spent=answer.spent, passed_over=tuple(tried.values()))
                tried[link.spec.name] = answer
            at = self._again(role, pauses)
            if at is None or at >= end:
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
        link.passes = False
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
            link.own.well()
            link.endpoint.well()
            return answer
        link.passes = answer.passes
        (link.endpoint if answer.endpoint else link.own).ill(answer, self._clock.now())
        return f"{link.spec.name}: {answer.why}"

    def _again(self, role: ModelRole, pauses: list[float]) -> datetime | None:
        """When to go through the chain again: once one that said when comes back, or after a pause where a failure was one that passes."""
        now = self._clock.now()
        come = [link.own.rests_until for link in self._for(role) if link.own.asked_to and link.own.rests_until is not None]
        if pauses and any(link.passes and not link.resting(now) for link in self._for(role)):
            come.append(now + timedelta(seconds=pauses.pop(0)))
        return min(come, default=None)
