"""The one heart of the practice cluster: a queue of work that can be done now and a heap of work that is due later.

Promise: driven by the clock only, and in one order. When the clock jumps, what fell due in between is done one instant
after another, each seeing its own instant as `now`; so a ten-minute step gives the same timestamps as six hundred of a second.
"""

from __future__ import annotations

import asyncio
import heapq
import itertools
import logging
from collections import Counter, deque
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Protocol

from stead.practice.objects import Key

log = logging.getLogger(__name__)

_BATCH = 64
"""Pieces of work between two breaths of the event loop, so that requests are answered during a storm."""

_RETRY = timedelta(seconds=5)
_MAX_TURNS = 2_000


class Clock(Protocol):
    def now(self) -> datetime: ...
    async def sleep_until(self, when: datetime) -> None: ...


class Worker(Protocol):
    """Something that brings one object, named by its key, closer to what it should be. Asking twice is harmless."""

    @property
    def name(self) -> str: ...
    def reconcile(self, key: Key) -> None: ...


class Engine:
    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._now = clock.now()
        self._queue: deque[tuple[Worker, Key]] = deque()
        self._queued: set[tuple[str, Key]] = set()
        self._due: list[tuple[datetime, int, Worker, Key]] = []
        self._promised: dict[tuple[str, Key], datetime] = {}
        self._order = itertools.count()
        self._turns: Counter[tuple[str, Key]] = Counter()
        self._turns_at = self._now
        self._woken = asyncio.Event()
        self.faults: list[str] = []
        """What a worker could not do because of a defect here; empty in every correct run."""

    def now(self) -> datetime:
        """The cluster's present: the clock's, unless earlier work is still to be done; then that work's instant."""
        if self.quiescent:
            self._now = max(self._now, self._clock.now())
        return self._now

    def enqueue(self, worker: Worker, key: Key) -> None:
        if (worker.name, key) not in self._queued:
            self._queued.add((worker.name, key))
            self._queue.append((worker, key))
            self._woken.set()

    def at(self, when: datetime, worker: Worker, key: Key) -> None:
        """Do it at `when`. The earliest promise for a worker and key holds; a worker that is early promises again."""
        promised = self._promised.get((worker.name, key))
        if promised is not None and promised <= when:
            return
        self._promised[worker.name, key] = when
        heapq.heappush(self._due, (when, next(self._order), worker, key))
        self._woken.set()

    def after(self, delay: timedelta, worker: Worker, key: Key) -> None:
        self.at(self.now() + delay, worker, key)

    @property
    def quiescent(self) -> bool:
        due = self.next_due()
        return not self._queue and (due is None or due > self._clock.now())

    def next_due(self) -> datetime | None:
        while self._due and self._promised.get((self._due[0][2].name, self._due[0][3])) != self._due[0][0]:
            heapq.heappop(self._due)  # a promise that an earlier one replaced
        return self._due[0][0] if self._due else None

    def run_batch(self) -> bool:
        """Do some of the work that can be done now; False when there was none."""
        for done in range(_BATCH):
            if not self._step():
                return done > 0
        return True

    def _step(self) -> bool:
        if not self._queue and not self._fall_due():
            return False
        worker, key = self._queue.popleft()
        self._queued.discard((worker.name, key))
        self._reconcile(worker, key)
        return True

    def _fall_due(self) -> bool:
        """Queue all that is due at the next instant, so that what follows from it is done once, not after each of them."""
        due = self.next_due()
        if due is None or due > self._clock.now():
            return False
        self._now = max(self._now, due)
        while self.next_due() == due:
            _, _, worker, key = heapq.heappop(self._due)
            del self._promised[worker.name, key]
            self.enqueue(worker, key)
        return True

    def _spins(self, worker: Worker, key: Key) -> bool:
        """Whether the worker never comes to rest with this key: a defect, which must not hang the whole cluster."""
        if self._turns_at != self._now:
            self._turns.clear()
            self._turns_at = self._now
        self._turns[worker.name, key] += 1
        return self._turns[worker.name, key] > _MAX_TURNS

    def _reconcile(self, worker: Worker, key: Key) -> None:
        if self._spins(worker, key):
            self.faults.append(f"{worker.name} {key}: does not come to rest at {self._now}")
            self.at(self._now + _RETRY, worker, key)
            return
        try:
            worker.reconcile(key)
        except Exception as error:  # one broken object must not stop the cluster: a real controller retries, too
            log.exception("%s could not reconcile %s", worker.name, key)
            self.faults.append(f"{worker.name} {key}: {error!r}")
            self.at(self._now + _RETRY, worker, key)

    def memory(self) -> dict[str, Any]:
        """What is to be done and when, with the workers by their names."""
        due: dict[tuple[str, Key], datetime] = {}
        for when, _, worker, key in sorted(self._due, key=lambda promise: promise[:2]):
            if self._promised.get((worker.name, key)) == when:
                due.setdefault((worker.name, key), when)
        return {"now": self._now, "queue": [(worker.name, key) for worker, key in self._queue], "due": due}

    def remember(self, memory: Mapping[str, Any], workers: Mapping[str, Worker]) -> None:
        """Go on from what `memory` gave: forget all other work."""
        self._now = memory["now"]
        for work in (self._queue, self._queued, self._due, self._promised, self._turns):
            work.clear()
        for name, key in memory["queue"]:
            self.enqueue(workers[name], key)
        for (name, key), when in memory["due"].items():
            self.at(when, workers[name], key)

    async def settle(self) -> None:
        while self.run_batch():  # noqa: ASYNC110  (a breath for requests, not a wait)
            await asyncio.sleep(0)

    async def serve(self) -> None:
        """Work for ever: all that can be done, then sleep until something is due or somebody adds work."""
        while True:
            await self.settle()
            self._woken.clear()
            if self.quiescent:
                await self._idle(self.next_due())

    async def wait(self, woken: asyncio.Event, longest: timedelta) -> None:
        """Until the event is set, or `longest` of the cluster's time has passed."""
        await self._first(woken, self._clock.now() + longest)

    async def _idle(self, due: datetime | None) -> None:
        await self._first(self._woken, due)

    async def _first(self, woken: asyncio.Event, due: datetime | None) -> None:
        waits: list[asyncio.Task[object]] = [asyncio.create_task(self._hear(woken))]
        if due is not None:
            waits.append(asyncio.create_task(self._sleep(due)))
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
            # Not one by one under `suppress`: that would swallow the cancellation of this task itself.
            await asyncio.gather(*waits, return_exceptions=True)

    async def _hear(self, woken: asyncio.Event) -> object:
        return await woken.wait()

    async def _sleep(self, due: datetime) -> object:
        return await self._clock.sleep_until(due)
