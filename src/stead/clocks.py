"""The clocks that Stead can run on, all behind the `Clock` port.

Promise: no code but this asks the operating system for the time or sleeps. A test owns its clock; a person may hurry one.
"""

from __future__ import annotations

import asyncio
import heapq
import itertools
import time
from datetime import UTC, datetime, timedelta


class SystemClock:
    """The wall clock, in UTC."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    async def sleep_until(self, when: datetime) -> None:
        await asyncio.sleep(max(0.0, (when - self.now()).total_seconds()))


class ScaledClock:
    """A clock that runs `speed` times as fast as the wall clock, from `origin` (seconds since the epoch) on.

    Two processes given the same origin and speed agree on the time without a word between them.
    """

    def __init__(self, speed: float, origin: float | None = None) -> None:
        if speed <= 0:
            raise ValueError("speed must be above 0")
        self.speed = speed
        self.origin = time.time() if origin is None else origin

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.origin + (time.time() - self.origin) * self.speed, UTC)

    async def sleep_until(self, when: datetime) -> None:
        await asyncio.sleep(max(0.0, (when - self.now()).total_seconds() / self.speed))


class SteppedClock:
    """Time that moves only when its owner says so. Sleepers wake in the order of their due times.

    Sleepers may be on other event loops. One that was due before the end of a step sees the step's end: an owner who wants every
    instant goes from `next_due` to `next_due`.
    """

    def __init__(self, start: datetime) -> None:
        self._now = start
        self._order = itertools.count()
        self._sleepers: list[tuple[datetime, int, asyncio.AbstractEventLoop, asyncio.Future[None]]] = []

    def now(self) -> datetime:
        return self._now

    async def sleep_until(self, when: datetime) -> None:
        if when <= self._now:
            await asyncio.sleep(0)
            return
        loop = asyncio.get_running_loop()
        woken: asyncio.Future[None] = loop.create_future()
        heapq.heappush(self._sleepers, (when, next(self._order), loop, woken))
        await woken

    def next_due(self) -> datetime | None:
        """When the first sleeper wants to wake; None when nobody sleeps."""
        while self._sleepers and self._sleepers[0][3].done():
            heapq.heappop(self._sleepers)
        return self._sleepers[0][0] if self._sleepers else None

    def advance_to(self, when: datetime) -> None:
        """Move to `when` and wake whoever is due by then. Going back in time is refused with ValueError."""
        if when < self._now:
            raise ValueError(f"a clock does not go back: {when} is before {self._now}")
        self._now = when
        while (due := self.next_due()) is not None and due <= when:
            _, _, loop, woken = heapq.heappop(self._sleepers)
            loop.call_soon_threadsafe(_wake, woken)

    def advance(self, by: timedelta) -> None:
        self.advance_to(self._now + by)


def _wake(woken: asyncio.Future[None]) -> None:
    if not woken.done():
        woken.set_result(None)
