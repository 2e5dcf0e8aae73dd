"""Remembers measures, asks the checks about them, and says what changed.

Promise: a source that fails is blind and takes nothing back; one that was never there, and that nobody configured, is not covered.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from stead.declare import GaugeCheck
from stead.domain.errors import BlindError, SteadError
from stead.domain.evidence import Evidence
from stead.domain.finding import Finding, FindingState, Progressing, merge
from stead.domain.gauge import Gauge, Measure
from stead.domain.series import Series
from stead.domain.subject import Key, Subject
from stead.estate.kubernetes.errors import AbsentError, as_blind
from stead.estate.kubernetes.gauges.reading import Reading, Source
from stead.estate.kubernetes.runner import Delta
from stead.estate.kubernetes.slices import Node, Object, Pod, ReplicaSet
from stead.estate.kubernetes.view import View
from stead.ports import Clock

_Place = tuple[Measure, Key, str, str]
"""What is measured, of what, of which container, and by which source: two may measure the same, and neither speaks for the other."""


_OF_CONTAINERS = frozenset({Measure.CONTAINER_MEMORY, Measure.CONTAINER_THROTTLED})


def looked_up(checks: Sequence[GaugeCheck]) -> tuple[type[Object], ...]:
    """The kinds that sources look up for these checks: nodes, and for containers their pods with what controls them."""
    of_containers = any(check.measures & _OF_CONTAINERS for check in checks)
    return (*((Node,) if checks else ()), *((Pod, ReplicaSet) if of_containers else ()))


class Gauges:
    """The measures of one estate. `look` reads every source once; the rest tells what came of it."""

    def __init__(self, estate_id: str, sources: Iterable[Source], checks: Iterable[GaugeCheck], clock: Clock) -> None:
        self.checks = tuple(checks)
        self._id = estate_id
        self._clock = clock
        told = {measure for check in self.checks for measure in check.measures}
        self._sources = tuple(source for source in sources if source.measures & told)
        self._gauges: dict[_Place, Gauge] = {}
        self._seen: set[str] = set()
        self._absent: set[str] = set()
        self._blind: dict[str, Finding] = {}
        self._said: dict[str, Finding] = {}
        self._told: dict[str, Finding] = {}
        self.complete = not self._sources
        """Whether every source has been asked once since the start."""
        self.busy = False

    @property
    def next_due(self) -> timedelta | None:
        """How long after a look the next one is worth it; None where there is nothing to look at."""
        return timedelta(seconds=min(source.every for source in self._sources)) if self._sources else None

    @property
    def not_covered(self) -> frozenset[str]:
        return frozenset(self._absent)

    @property
    def blind_checks(self) -> frozenset[str]:
        """Checks that lack a measure at this moment: what they said before is not gone."""
        told = {m for s in self._sources if self.complete and s.name not in self._absent for m in s.measures}
        lost = {m for s in self._sources for m in s.measures if s.name in self._blind or m not in told}
        return frozenset(check.name for check in self.checks if check.measures & lost)

    def current(self) -> Mapping[str, Finding]:
        """Every finding by its fingerprint, blind ones among them."""
        return {**self._said, **{finding.fingerprint: finding for finding in self._blind.values()}}

    def known(self) -> list[Gauge]:
        """Every gauge as it was last read."""
        return list(self._gauges.values())

    def take(self) -> Delta:
        """What differs from the last time that this was asked."""
        before, self._told = self._told, dict(self.current())
        seen = tuple(f for fingerprint, f in self._told.items() if before.get(fingerprint) != f)
        return Delta(seen, tuple(fingerprint for fingerprint in before if fingerprint not in self._told))

    async def look(self, view: View) -> None:
        """Ask every source, then the checks. Never raises for what could not be seen."""
        self.busy = True
        try:
            said = await asyncio.gather(*(self._ask(source, view) for source in self._sources))
            now = self._clock.now()
            for source, found in zip(self._sources, said, strict=True):
                self._take_in(source, found, now)
            self.complete = True
            self._judge(now)
        finally:
            self.busy = False

    async def close(self) -> None:
        for source in self._sources:
            await source.close()

    async def _ask(self, source: Source, view: View) -> Sequence[Reading] | SteadError:
        try:
            return await source.read(view)
        except SteadError as error:
            return error

    def _take_in(self, source: Source, found: Sequence[Reading] | SteadError, now: datetime) -> None:
        if isinstance(found, SteadError):
            self._failed(source, found, now)
            return
        self._seen.add(source.name)
        self._absent.discard(source.name)
        self._blind.pop(source.name, None)
        there: set[_Place] = set()
        for reading in found:
            place = (reading.measure, reading.subject.key, reading.container, source.name)
            there.add(place)
            self._gauges[place] = self._joined(self._gauges.get(place), reading, source)
        for place in [place for place in self._gauges if place[3] == source.name and place not in there]:
            del self._gauges[place]

    def _failed(self, source: Source, error: SteadError, now: datetime) -> None:
        # An add-on that never answered is not here; one that did, or that somebody configured, is lost.
        if not source.wanted and source.name not in self._seen:
            self._absent.add(source.name)
        elif isinstance(error, AbsentError) and not source.wanted:
            self._absent.add(source.name)
            self._seen.discard(source.name)
            self._blind.pop(source.name, None)
            self._gauges = {place: gauge for place, gauge in self._gauges.items() if place[3] != source.name}
        elif source.name not in self._blind:
            self._blind[source.name] = self._blindness(source, as_blind(error), now)

    def _joined(self, before: Gauge | None, reading: Reading, source: Source) -> Gauge:
        series = Series() if before is None or source.remembers else before.series
        for sample in Series.of(reading.samples).samples:
            series = series.and_then(sample)
        return Gauge(
            measure=reading.measure,
            subject=reading.subject,
            series=series,
            capacity=reading.capacity,
            every=source.every,
            command=reading.command,
            container=reading.container,
            top=reading.top,
        )

    def _judge(self, now: datetime) -> None:
        said: dict[str, Finding] = {}
        for check in self.checks:
            for gauge in (gauge for gauge in self._gauges.values() if gauge.measure in check.measures):
                finding = _asked(check, gauge, now)
                if finding is not None:
                    known = said.get(finding.fingerprint)
                    said[finding.fingerprint] = finding if known is None else merge(known, finding)
        # What a measure told that is lost now stays as it was.
        lost = self.blind_checks
        kept = {fingerprint: f for fingerprint, f in self._said.items() if f.check in lost and fingerprint not in said}
        self._said = {**kept, **said}

    def _blindness(self, source: Source, error: BlindError, now: datetime) -> Finding:
        return Finding(
            check="estate",
            subject=Subject(estate=self._id, api_version="stead/v1", kind="Probe", name=source.name),
            reason=error.reason,
            summary=f"{', '.join(sorted(source.measures))} cannot be read: {error}",
            state=FindingState.BLIND,
            evidence=(Evidence(what="the answer", value=str(error)[:1000], command=error.command, tainted=True),),
            since=now,
        )


def _asked(check: GaugeCheck, gauge: Gauge, now: datetime) -> Finding | None:
    said = check.run(gauge, now)
    if said is None:
        return None
    waits = isinstance(said, Progressing) and said.until > now
    finding = said.finding if isinstance(said, Progressing) else said
    state = FindingState.PROGRESSING if waits else FindingState.FIRING
    return replace(finding, check=check.name, class_=check.class_, state=state)
