"""A measure over time: since when it has been above a bound, and when it will have run full. Pure; time is in the samples.

Promise: what was not measured is not guessed. A gap in the samples, or too short a history, gives no answer rather than a bold one.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import combinations

MOST_SAMPLES = 400
"""Samples that a series keeps: more than six hours of one a minute."""
FEWEST, SHORTEST = 12, timedelta(minutes=30)
"""Samples, and the time between the first and the last of them, from which a slope is told."""
_SLOPES_FROM = 60
"""Samples that slopes are taken from, evenly spread: all pairs of 60 are 1,770."""


@dataclass(frozen=True, slots=True)
class Sample:
    """`value` in the measure's unit (bytes, cores), as it was at `at`."""

    at: datetime
    value: float


@dataclass(frozen=True, slots=True)
class Series:
    """Samples in the order of their times, one a moment."""

    samples: tuple[Sample, ...] = ()

    @classmethod
    def of(cls, samples: Iterable[Sample]) -> Series:
        """In order, the newest `MOST_SAMPLES` of them; of two of one moment the larger counts."""
        once: dict[datetime, Sample] = {}
        for sample in samples:
            known = once.get(sample.at)
            once[sample.at] = sample if known is None or sample.value > known.value else known
        return cls(tuple(once[at] for at in sorted(once))[-MOST_SAMPLES:])

    def and_then(self, sample: Sample) -> Series:
        """With one more sample. One that is older than the last is dropped: clocks that go back are no measure."""
        if self.samples and sample.at <= self.samples[-1].at:
            return self
        return Series((*self.samples, sample)[-MOST_SAMPLES:])

    @property
    def last(self) -> Sample | None:
        return self.samples[-1] if self.samples else None

    def above_since(self, bound: float, most_gap: timedelta) -> datetime | None:
        """Since when each sample has been above `bound`, without a gap longer than `most_gap`; None when the last one is not."""
        since: datetime | None = None
        for sample in reversed(self.samples):
            if sample.value <= bound or (since is not None and since - sample.at > most_gap):
                break
            since = sample.at
        return since


def growth(series: Series) -> float | None:
    """How fast it grows, in units a second, said carefully; None where the history is too short to tell.

    The lower quartile of the slopes between all pairs of samples, where Theil and Sen take the median (Sen, 1968,
    doi:10.1080/01621459.1968.10480934): a burst or a clean-up in between moves few of them, and what only sometimes grows does not
    count as growing.
    """
    samples = _spread(series.samples)
    if len(samples) < FEWEST or samples[-1].at - samples[0].at < SHORTEST:
        return None
    slopes = [(b.value - a.value) / (b.at - a.at).total_seconds() for a, b in combinations(samples, 2)]
    return statistics.quantiles(slopes, n=4)[0]


def time_to_full(series: Series, capacity: float) -> timedelta | None:
    """How long until `capacity` is reached if it goes on like this; None where it does not grow, or nobody can tell.

    Nothing that is longer than ten years is told.
    """
    speed = growth(series)
    if speed is None or speed <= 0 or series.last is None:
        return None
    left = max(0.0, capacity - series.last.value) / speed
    return timedelta(seconds=left) if left < timedelta(days=3650).total_seconds() else None


def _spread(samples: Sequence[Sample]) -> Sequence[Sample]:
    """At most `_SLOPES_FROM` of them, evenly, the first and the last among them."""
    if len(samples) <= _SLOPES_FROM:
        return samples
    step = (len(samples) - 1) / (_SLOPES_FROM - 1)
    return [samples[round(n * step)] for n in range(_SLOPES_FROM)]
