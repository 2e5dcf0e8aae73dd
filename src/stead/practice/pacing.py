"""Time for a practice cluster with a Stead on it: it moves only when both have done all that could be done at this moment.

So a run is the same on a fast machine and on a slow one. `speed` is for people: at most so many seconds of the cluster's time pass in
one of theirs; None is as fast as the work allows.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta

from stead.clocks import SteppedClock

LONGEST_STEP = timedelta(seconds=5)
"""Time is shown to people while nothing is due, so it does not jump further than this."""

_LOOK_EVERY = 0.02
"""Wall-clock seconds between two looks whether all is quiet."""


class Pacer:
    """Drives `clock`. `quiescent()` says whether nothing is left to be done at the present moment."""

    def __init__(self, clock: SteppedClock, quiescent: Callable[[], Awaitable[bool]], *, speed: float | None = None) -> None:
        self._clock = clock
        self._quiescent = quiescent
        self._speed = speed

    async def run(self) -> None:
        """Move time until cancelled."""
        while True:
            await self.settle()
            await self._step()

    async def settle(self) -> None:
        """Wait until nothing is left to be done at this moment: twice in a row, because a message may be on its way in between."""
        quiet = 0
        while quiet < 2:
            await asyncio.sleep(_LOOK_EVERY)
            quiet = quiet + 1 if await self._quiescent() else 0

    async def _step(self) -> None:
        now = self._clock.now()
        due = self._clock.next_due()
        to = now + LONGEST_STEP if due is None else min(due, now + LONGEST_STEP)
        if self._speed is not None:
            started = time.monotonic()
            wait = (to - now).total_seconds() / self._speed
            await asyncio.sleep(max(0.0, wait - (time.monotonic() - started)))
        self._clock.advance_to(max(to, self._clock.now()))
