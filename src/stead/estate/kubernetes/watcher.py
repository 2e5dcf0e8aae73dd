"""The watch over a whole cluster: one reflector a kind, the checks over their mirror, and what they say as Sightings.

First one complete pass, when each kind has been read or is known to be blind; from then on what changes, in batches, and what becomes due.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncGenerator, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from stead.declare import Check
from stead.domain.finding import Finding
from stead.domain.scan import Account
from stead.domain.trigger import Sightings
from stead.estate.history.recorder import History
from stead.estate.kubernetes.account import account
from stead.estate.kubernetes.blindness import blind_checks
from stead.estate.kubernetes.client import ApiClient
from stead.estate.kubernetes.custom_kinds import looks_at_custom
from stead.estate.kubernetes.discovery import Discovery
from stead.estate.kubernetes.enrich.enricher import Asks, Enricher
from stead.estate.kubernetes.gauges.gauges import Gauges
from stead.estate.kubernetes.kinds import Kind
from stead.estate.kubernetes.mirror import Excluded, Mirror
from stead.estate.kubernetes.reflectors import CustomKinds, Reflectors
from stead.estate.kubernetes.runner import Delta, Runner
from stead.estate.kubernetes.view import View
from stead.ports import Clock

COALESCE = timedelta(milliseconds=20)
"""How long changes are gathered before the checks run: a rollout touches a dozen objects within a moment."""


class Watcher:
    """One watch, from its start to `stop()`."""

    def __init__(
        self,
        estate_id: str,
        client: ApiClient,
        discovery: Discovery,
        kinds: Iterable[Kind],
        checks: Iterable[Check],
        clock: Clock,
        excluded: Excluded,
        rng: random.Random,
        gauges: Gauges,
        history: History | None = None,
    ) -> None:
        self._id = estate_id
        self._client = client
        self._clock = clock
        self.mirror = Mirror(View(estate_id), kinds := tuple(kinds), excluded)
        self.mirror.history = history
        self._runner = Runner(self.mirror.view, checks)
        self._enricher = Enricher(client, self.mirror.view)
        self._reflectors = Reflectors(client, self.mirror, clock, discovery, rng)
        self._kinds = kinds
        self._custom = CustomKinds(self.mirror, discovery, clock) if looks_at_custom(self._runner.checks) else None
        self._gauges = gauges
        self._gauged = gauges.complete
        self._blind: dict[str, Finding] = {}
        self._never_seen: set[Kind] = set()
        self._stopped = asyncio.Event()
        self._waits = False
        self._gathers = False
        self.compared: dict[Kind, str] = {}
        """At which resourceVersion of the cluster a kind was last found to be read completely: it need not be compared again."""

    def ask_for_changes(self, asks: Asks) -> None:
        """Ask this what changed before a finding that the history does not explain."""
        self._enricher = Enricher(self._client, self.mirror.view, asks)

    def stop(self) -> None:
        self._stopped.set()

    @property
    def resting(self) -> bool:
        """Whether it waits for the cluster or the clock, and for nothing else: all that it has read has been passed on."""
        return self._waits and not self._gauges.busy and (self._gathers or not self.mirror.pending)

    @property
    def following(self) -> frozenset[Kind]:
        """The kinds that are read at this moment: not blind, not absent, and not waiting for the clock to try again."""
        return self._reflectors.reading - self.mirror.blind.keys() - self.mirror.absent

    def account(self, kind: str, namespace: str, name: str) -> Account:
        """What the checks make of the objects of that name at this moment."""
        return account(self.mirror, self._runner, kind, namespace, name)

    async def sightings(self) -> AsyncGenerator[Sightings]:
        self._reflectors.only(self._kinds)
        measures: asyncio.Task[None] | None = None
        try:
            while not (self._follow_custom() and self.mirror.settled) and not self._stopped.is_set():
                self.mirror.wake.clear()
                await self._wait(None)
                self._reflectors.check()
            if not self._stopped.is_set():
                yield await self._complete()
                measures = asyncio.create_task(self._measure(), name="measures")
            while not self._stopped.is_set():
                await self._wait(self._runner.next_due())
                self._reflectors.check()
                if self.mirror.pending:
                    await self._gather()
                self._follow_custom()
                if not self._stopped.is_set() and (found := await self._next()) is not None:
                    yield found
        finally:
            if measures is not None:
                measures.cancel()
                await asyncio.gather(measures, return_exceptions=True)
            if self._custom is not None:
                await self._custom.close()
            await self._reflectors.close()

    def _follow_custom(self) -> bool:
        """Read the custom kinds that there are now, and no others. False while nobody can say yet which those are."""
        if self._custom is None:
            return True
        if (kinds := self._custom.now()) is None:
            return False
        self._reflectors.only((*self._kinds, *kinds))
        return True

    async def _complete(self) -> Sightings:
        """Everything that is known now. What is not in it has gone, unless a blind check would have had to see it."""
        now = self._clock.now()
        self.mirror.take()
        self._enricher.forget(self._runner.full(now).gone)
        self._blind = self._blind_now()
        self._never_seen = {kind for kind in self.mirror.blind if not self.mirror.view.knows(kind.struct)}
        seen = await self._told(tuple(self._runner.current().values()), now)
        self._gauges.take()
        self._gauged = self._gauges.complete
        return self._sightings(now, (*seen, *self._gauges.current().values(), *self._blind.values()), (), complete=True)

    async def _measure(self) -> None:
        """Read the measures now and then; wake the others when they have something to say."""
        while (pause := self._gauges.next_due) is not None:
            before = self._gauges.current()
            await self._gauges.look(self.mirror.view)
            if not self._gauged or self._gauges.current() != before:
                self.mirror.wake.set()
            await self._clock.sleep_until(self._clock.now() + pause)

    async def _next(self) -> Sightings | None:
        """What changed since the last time; None when nothing did."""
        if self._never_seen - self.mirror.blind.keys() or self._gauges.complete is not self._gauged:
            # What this kind's checks remember from before the start has not been compared with the world yet.
            return await self._complete()
        now = self._clock.now()
        delta = self._run(now)
        blind = self._blind_now()
        lost = tuple(f for fingerprint, f in blind.items() if self._blind.get(fingerprint) != f)
        found = tuple(fingerprint for fingerprint in self._blind if fingerprint not in blind)
        self._blind = blind
        self._enricher.forget(delta.gone)
        gauged = self._gauges.take()
        if not (delta or lost or found or gauged):
            self._flush()
            return None
        seen = (*await self._told(delta.seen, now), *gauged.seen, *lost)
        return self._sightings(now, seen, (*delta.gone, *gauged.gone, *found))

    async def _told(self, findings: Sequence[Finding], now: datetime) -> tuple[Finding, ...]:
        """The findings with what logs and events tell, and with what changed before they began."""
        self._flush()
        said = await self._enricher.enrich(findings, now)
        history = self.mirror.history
        return said if history is None else tuple(history.explain(finding, self.mirror.view) for finding in said)

    def _flush(self) -> None:
        if self.mirror.history is not None:
            self.mirror.history.flush()

    def _run(self, now: datetime) -> Delta:
        changes = self.mirror.take()
        if changes.everything:
            return self._runner.full(now)
        first = self._runner.update(changes.keys, now) if changes.keys else Delta()
        return _joined(first, self._runner.tick(now), self._runner.current())

    def _sightings(self, now: datetime, seen: tuple[Finding, ...], gone: tuple[str, ...], *, complete: bool = False) -> Sightings:
        blind = blind_checks(self._runner.checks, self.mirror.blind) | self._gauges.blind_checks
        unseen = frozenset((kind.group, kind.kind) for kind in (*self.mirror.refused, *self.mirror.blind) if kind.by_right)
        return Sightings(estate=self._id, at=now, seen=seen, gone=gone, complete=complete, blind_checks=blind, unseen=unseen)

    def _blind_now(self) -> dict[str, Finding]:
        return {f.fingerprint: f for f in self.mirror.blind_findings(self._client.connection.server)}

    async def _gather(self) -> None:
        self._gathers = True
        try:
            await self._wait(self._clock.now() + COALESCE, changes=False)
        finally:
            self._gathers = False

    async def _wait(self, until: datetime | None, *, changes: bool = True) -> None:
        """Wait for the first of: a change, the time `until`, the end."""
        waits: list[asyncio.Future[Any]] = [asyncio.ensure_future(self._stopped.wait())]
        if changes:
            waits.append(asyncio.ensure_future(self.mirror.wake.wait()))
        if until is not None:
            waits.append(asyncio.ensure_future(self._clock.sleep_until(until)))
        self._waits = True
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._waits = False
            for wait in waits:
                wait.cancel()
            await asyncio.gather(*waits, return_exceptions=True)


def _joined(first: Delta, second: Delta, current: Mapping[str, Finding]) -> Delta:
    """Two runs as one: of a fingerprint that is in both, how it is now."""
    seen = {f.fingerprint: f for f in (*first.seen, *second.seen) if f.fingerprint in current}
    gone = dict.fromkeys(f for f in (*first.gone, *second.gone) if f not in current)
    return Delta(tuple(seen.values()), tuple(gone))
