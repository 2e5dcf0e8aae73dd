"""The reflectors of one watch: one for each kind, started and ended as custom kinds come and go.

Promise: a kind whose definition appears is read from then on, and one whose definition vanishes leaves nothing behind.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterable
from datetime import timedelta

from stead.domain.errors import BlindError, SteadError
from stead.estate.kubernetes.client import ApiClient
from stead.estate.kubernetes.custom_kinds import defined
from stead.estate.kubernetes.discovery import Discovery
from stead.estate.kubernetes.kinds import Kind, kind_of
from stead.estate.kubernetes.mirror import Mirror
from stead.estate.kubernetes.slices import CustomResourceDefinition
from stead.estate.kubernetes.turns import CustomReflector, Turns
from stead.estate.kubernetes.watch import Dialect, Reflector
from stead.ports import Clock

KINDS_AGAIN = timedelta(minutes=5)
"""How often the API server is asked which kinds there are, where its definitions may not be watched."""


class Reflectors:
    """Whatever it was told last to read, it reads."""

    def __init__(self, client: ApiClient, mirror: Mirror, clock: Clock, discovery: Discovery, rng: random.Random) -> None:
        self._client, self._mirror, self._clock, self._discovery, self._rng = client, mirror, clock, discovery, rng
        self._dialect = Dialect()
        self._turns = Turns()
        self._running: dict[Kind, tuple[Reflector, asyncio.Task[None]]] = {}
        self._ended: set[asyncio.Task[None]] = set()

    @property
    def reading(self) -> frozenset[Kind]:
        """The kinds that are read at this moment, and do not wait for the clock to try again."""
        return frozenset(kind for kind, (reflector, _) in self._running.items() if not reflector.pausing)

    def only(self, kinds: Iterable[Kind]) -> None:
        """Read these kinds and no others."""
        wanted = dict.fromkeys(kinds)
        for kind in [kind for kind in self._running if kind not in wanted]:
            self._end(self._running.pop(kind)[1])
            self._mirror.forget(kind)
        for kind in wanted:
            if kind not in self._running:
                self._mirror.follow(kind)
                reflector = self._reflector(kind)
                task = asyncio.create_task(reflector.run(), name=f"watch {kind.plural}")
                task.add_done_callback(lambda _: self._mirror.wake.set())
                self._running[kind] = (reflector, task)

    def check(self) -> None:
        """BlindError where a reflector has ended, for whatever reason: one that reads no more must not look like a cluster in which nothing
        happens."""
        for kind, (_, task) in self._running.items():
            if task.done():
                server = self._client.connection.server
                error = None if task.cancelled() else task.exception()
                raise BlindError(f"the watch of {kind.plural} at {server} ended: it is begun again", reason="Ended") from error

    async def close(self) -> None:
        for _, task in self._running.values():
            self._end(task)
        self._running.clear()
        await asyncio.gather(*self._ended, return_exceptions=True)

    def _reflector(self, kind: Kind) -> Reflector:
        around = (self._client, self._mirror, self._clock, self._dialect, self._discovery, self._rng)
        return CustomReflector(kind, *around, self._turns) if kind.custom else Reflector(kind, *around)

    def _end(self, task: asyncio.Task[None]) -> None:
        task.cancel()
        self._ended.add(task)
        task.add_done_callback(self._ended.discard)


class CustomKinds:
    """Which custom kinds there are at this moment."""

    def __init__(self, mirror: Mirror, discovery: Discovery, clock: Clock) -> None:
        self._mirror, self._discovery, self._clock = mirror, discovery, clock
        self._definitions = kind_of(CustomResourceDefinition)
        self._told: frozenset[Kind] | None = None
        self._asking: asyncio.Task[None] | None = None

    def now(self) -> frozenset[Kind] | None:
        """None while that is not known yet: it will wake the mirror. A cluster that does not answer keeps the kinds that it had."""
        if self._mirror.view.knows(CustomResourceDefinition):
            self._told = self._mirror.view.derived(CustomResourceDefinition, "kinds", defined)
        elif self._definitions in self._mirror.absent:
            self._asking = self._asking or asyncio.create_task(self._ask(), name="ask for the custom kinds")
        elif self._definitions in self._mirror.blind:
            return self._told or frozenset()
        return self._told

    async def close(self) -> None:
        if self._asking is not None:
            self._asking.cancel()
            await asyncio.gather(self._asking, return_exceptions=True)

    async def _ask(self) -> None:
        while not self._mirror.view.knows(CustomResourceDefinition):
            try:
                self._told = await self._discovery.custom_kinds()
            except SteadError:
                self._told = self._told or frozenset()
            self._mirror.wake.set()
            await self._clock.sleep_until(self._clock.now() + KINDS_AGAIN)
