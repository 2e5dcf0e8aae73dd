"""A series in numbers and in a line: outliers make no trend, gaps are no zeros, and any numbers will do."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from stead.domain.curve import BARS, GAP, Curve, sparkline
from stead.domain.series import Sample

START = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)


def each_minute(*values: float) -> list[Sample]:
    return [Sample(START + timedelta(minutes=n), value) for n, value in enumerate(values)]


def test_a_series_in_numbers() -> None:
    curve = Curve.of(each_minute(1, 2, 3, 4, 5))
    assert (curve.count, curve.least, curve.median, curve.most, curve.last) == (5, 1, 3, 5, 5)
    assert curve.slope == 60


def test_one_outlier_makes_no_trend() -> None:
    assert Curve.of(each_minute(5, 5, 5, 500, 5, 5, 5)).slope == 0
    assert Curve.of(each_minute(5, 6)).slope is None


def test_a_picture_has_its_gaps() -> None:
    samples = [*each_minute(0, 1, 2, 3), *[Sample(START + timedelta(minutes=8), 7.0)]]
    assert sparkline(samples, START, START + timedelta(minutes=10), width=10) == f"▁▂▃▄{GAP * 4}█{GAP}"
    assert sparkline(each_minute(3, 3, 3, 3), START, START + timedelta(minutes=4), width=4) == "▁▁▁▁"
    assert sparkline([], START, START, width=3) == GAP * 3


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False, min_value=-1e300, max_value=1e300), min_size=1, max_size=120))
def test_any_numbers_are_told(values: list[float]) -> None:
    samples = each_minute(*values)
    curve = Curve.of(samples)
    assert curve.least <= curve.median <= curve.most and curve.last == values[-1]
    assert curve.slope is None or not math.isnan(curve.slope)
    line = sparkline(samples, START, START + timedelta(minutes=len(values)), width=20)
    assert len(line) == 20 and set(line) <= {*BARS, GAP}
