"""Asks for logs and events of the findings that need them, within a fixed budget, and remembers the answers."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from stead.domain.change import Change, causes
from stead.domain.evidence import Evidence
from stead.domain.finding import Finding
from stead.estate.history.rollouts import MOST_QUESTIONS
from stead.estate.kubernetes.client import ApiClient
from stead.estate.kubernetes.enrich.events import About, Event
from stead.estate.kubernetes.enrich.learned import Learned, learned
from stead.estate.kubernetes.enrich.reading import PATIENCE, events_about, last_words
from stead.estate.kubernetes.enrich.targets import LogPlace, distinct, events_of, log_of
from stead.estate.kubernetes.view import View

MOST_CAUSES = 6
"""Distinct causes that are asked about in WINDOW: a storm has few, and the API server is in trouble already."""
MOST_REQUESTS = (3 + MOST_QUESTIONS) * MOST_CAUSES
"""For each its events, the log of two runs, and what changed."""
WINDOW = timedelta(minutes=1)
AGAIN = timedelta(minutes=10)
"""After which a finding that still changes is asked about anew: the log may say something else by now."""


Asks = Callable[[Finding], Awaitable[tuple[Change, ...]]]


class Enricher:
    """Findings in, the same findings with what logs and events say out. It remembers what it read until `forget`, so that a finding keeps
    its evidence from one sighting to the next."""

    def __init__(self, client: ApiClient, view: View, changes: Asks | None = None) -> None:
        """`changes` asks what changed before a finding began, where nobody has kept a history."""
        self._client = client
        self._view = view
        self._changes = changes
        self._added: dict[str, Learned] = {}
        self._window: datetime | None = None
        self._asked = 0

    async def enrich(self, findings: Sequence[Finding], now: datetime) -> tuple[Finding, ...]:
        """The same findings in the same order."""
        left = self._left(now)
        wanted = [f for f in distinct(findings) if self._is_new(f, now) and events_of(f, self._view) is not None] if left else []
        chosen = wanted[:left]
        self._asked += len(chosen)
        answers = await asyncio.gather(*(self._ask(finding, now) for finding in chosen))
        self._added.update(zip((finding.fingerprint for finding in chosen), answers, strict=True))
        return tuple(added.to(f) if (added := self._added.get(f.fingerprint)) else f for f in findings)

    def forget(self, fingerprints: Iterable[str]) -> None:
        for fingerprint in fingerprints:
            self._added.pop(fingerprint, None)

    def _is_new(self, finding: Finding, now: datetime) -> bool:
        added = self._added.get(finding.fingerprint)
        return added is None or now - added.at >= AGAIN

    def _left(self, now: datetime) -> int:
        """How many more causes may be asked about in this window."""
        if self._window is None or not timedelta() <= now - self._window < WINDOW:
            self._window, self._asked = now, 0
        return max(0, MOST_CAUSES - self._asked)

    async def _ask(self, finding: Finding, now: datetime) -> Learned:
        place, about = log_of(finding, self._view), events_of(finding, self._view)
        log, events, changes = await asyncio.gather(self._log(place), self._events(about), self._changed(finding))
        since = finding.since or now
        return replace(learned(finding, now, self._view, about, events, log), changes=causes(changes, since))

    async def _log(self, place: LogPlace | None) -> tuple[Evidence, ...]:
        return () if place is None else (await last_words(self._client, place),)

    async def _changed(self, finding: Finding) -> tuple[Change, ...]:
        if self._changes is None:
            return ()
        try:
            async with asyncio.timeout(PATIENCE):
                return await self._changes(finding)
        except TimeoutError:
            return ()  # the finding is worth more now than its history later

    async def _events(self, about: About | None) -> tuple[Event, ...]:
        return () if about is None else await events_about(self._client, *about)
