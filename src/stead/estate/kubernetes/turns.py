"""Custom kinds are many, and most have no objects: they share a few connections instead of holding one each.

Every open watch is a TLS connection of its own, here and in the API server. So a custom kind without objects is only asked, now and then,
whether there are any yet; the first `OPEN` of those with objects keep a watch open; any more take turns with a watch of a second, which
brings what changed since their last. https://kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes
"""

from __future__ import annotations

import asyncio
import random
from datetime import timedelta

from stead.estate.kubernetes.client import ApiClient
from stead.estate.kubernetes.decode import decode_page
from stead.estate.kubernetes.discovery import Discovery
from stead.estate.kubernetes.kinds import Kind
from stead.estate.kubernetes.mirror import Mirror
from stead.estate.kubernetes.view import ObjectKey
from stead.estate.kubernetes.watch import Dialect, Reflector
from stead.ports import Clock

OPEN = 64
"""How many custom kinds keep a watch open: more than the homelab has that uses any."""
AT_ONCE = 8
"""How many of the others ask at the same time."""
EMPTY_AGAIN = timedelta(seconds=60)
"""How often a kind without objects is asked for again: a new object is given minutes before it is a fault."""
EACH = timedelta(seconds=0.25)
"""Of very many empty kinds each waits longer, so that they ask no more than four questions a second together."""
TURN_AGAIN = timedelta(seconds=15)
_TURN_SECONDS = 1


class Turns:
    """What the custom kinds of one cluster share."""

    def __init__(self) -> None:
        self.asking = asyncio.Semaphore(AT_ONCE)
        self.resting: set[Kind] = set()
        self._open: set[Kind] = set()

    def take(self, kind: Kind) -> bool:
        """Whether this kind may keep a watch open; it has to give that back."""
        if len(self._open) >= OPEN:
            return False
        self._open.add(kind)
        return True

    def give_back(self, kind: Kind) -> None:
        self._open.discard(kind)

    @property
    def empty_again(self) -> timedelta:
        return max(EMPTY_AGAIN, EACH * len(self.resting))


class CustomReflector(Reflector):
    """One custom kind: read once, and then looked after by what it holds."""

    def __init__(
        self,
        kind: Kind,
        client: ApiClient,
        mirror: Mirror,
        clock: Clock,
        dialect: Dialect,
        discovery: Discovery,
        rng: random.Random,
        turns: Turns,
    ) -> None:
        super().__init__(kind, client, mirror, clock, dialect, discovery, rng)
        self._turns = turns
        self._passed_over = False
        """Whether all that there is lies in namespaces that are not looked at: not empty, though nothing is remembered."""

    async def run(self) -> None:
        try:
            await super().run()
        finally:
            self._turns.resting.discard(self.kind)

    async def _follow(self) -> timedelta:
        if not self._version or (self.kind in self._turns.resting and await self._appeared()):
            async with self._turns.asking:
                await self._list()
        if not (self._mirror.holds(self.kind) or self._passed_over):
            self._turns.resting.add(self.kind)
            return self._turns.empty_again * self._rng.uniform(0.8, 1.2)
        self._turns.resting.discard(self.kind)
        if self._turns.take(self.kind):
            try:
                await self._watch(first=False)
            finally:
                self._turns.give_back(self.kind)
            return self._pause()
        async with self._turns.asking:
            await self._watch(first=False, seconds=_TURN_SECONDS)
        return TURN_AGAIN * self._rng.uniform(0.8, 1.2)

    def _in_sight(self, keys: set[ObjectKey], version: str) -> None:
        super()._in_sight(keys, version)
        self._passed_over = bool(keys) and not self._mirror.holds(self.kind)

    async def _appeared(self) -> bool:
        """Whether there are objects now, by the API server's own memory (resourceVersion=0 does not go to its database)."""
        params = {"limit": "1", "resourceVersion": "0"}
        async with self._turns.asking:
            body = await self._client.get(self._resource.path(), params, what=f"list {self.kind.plural}", command=self._command)
        try:
            page = decode_page(self.kind.struct, body)
        except ValueError as error:
            raise self._malformed("with something that is no list") from error
        self._failing_since = None
        return bool(page.items or page.odd)
