"""A measure over a span of time, told in numbers and in one line of a picture. Pure."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import combinations

from stead.domain.series import Sample

BARS = "▁▂▃▄▅▆▇█"
GAP = "·"
"""Where nothing was measured: a gap is no zero."""
_SLOPES_FROM = 40
"""Samples that slopes are taken from: all pairs of 40 are 780."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """`slope` in units an hour, None for fewer than three samples: the median of the slopes between pairs of samples, so that one outlier
    does not make a trend (Sen, 1968, doi:10.1080/01621459.1968.10480934)."""

    count: int
    least: float
    median: float
    most: float
    last: float
    slope: float | None

    @classmethod
    def of(cls, samples: Sequence[Sample]) -> Curve:
        """`samples` in the order of their times, one at least."""
        values = [sample.value for sample in samples]
        return cls(
            count=len(values),
            least=min(values),
            median=statistics.median(values),
            most=max(values),
            last=values[-1],
            slope=_slope(samples),
        )


def _slope(samples: Sequence[Sample]) -> float | None:
    if len(samples) < 3:
        return None
    step = max(len(samples) / _SLOPES_FROM, 1.0)
    some = [samples[int(n * step)] for n in range(min(len(samples), _SLOPES_FROM))]
    pairs = [(b.value - a.value, (b.at - a.at).total_seconds()) for a, b in combinations(some, 2)]
    slopes = [rise / seconds * 3600 for rise, seconds in pairs if seconds > 0]
    return statistics.median(slopes) if slopes else None


def sparkline(samples: Sequence[Sample], start: datetime, end: datetime, width: int = 40) -> str:
    """The samples between two moments as bars, the mean of each column; a flat line is low, and `GAP` stands where there is none."""
    span = (end - start).total_seconds()
    columns: list[list[float]] = [[] for _ in range(width)]
    for sample in samples:
        at = (sample.at - start).total_seconds() / span if span > 0 else 0.0
        if 0 <= at <= 1:
            columns[min(int(at * width), width - 1)].append(sample.value)
    means = [statistics.fmean(values) if values else None for values in columns]
    known = [mean for mean in means if mean is not None]
    if not known:
        return GAP * width
    low, high = min(known), max(known)
    return "".join(GAP if mean is None else BARS[_height(mean, low, high)] for mean in means)


def _height(value: float, low: float, high: float) -> int:
    # Halved, because the difference of two large numbers of different sign is not a number any more.
    spread = high / 2 - low / 2
    return 0 if spread <= 0 else min(int((value / 2 - low / 2) / spread * len(BARS)), len(BARS) - 1)
