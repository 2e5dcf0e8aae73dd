"""A measure over time: above a bound since when, and full when; no bold answer from a thin history."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stead.domain.series import MOST_SAMPLES, Sample, Series, growth, time_to_full

START = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
GIB = 2**30


def series(*values: float, every: timedelta = MINUTE) -> Series:
    return Series.of(Sample(START + n * every, value) for n, value in enumerate(values))


def test_above_a_bound_counts_from_the_first_sample_of_the_last_unbroken_run() -> None:
    assert series(95, 80, 92, 93, 94).above_since(90, 2 * MINUTE) == START + 2 * MINUTE
    assert series(95, 96, 89).above_since(90, 2 * MINUTE) is None
    assert series().above_since(90, 2 * MINUTE) is None


def test_a_gap_ends_the_run_since_nobody_looked() -> None:
    with_gap = Series.of([Sample(START, 95), Sample(START + 30 * MINUTE, 95), Sample(START + 31 * MINUTE, 95)])
    assert with_gap.above_since(90, 5 * MINUTE) == START + 30 * MINUTE


def test_what_grows_evenly_is_full_when_it_says() -> None:
    hourly = series(*(n * GIB for n in range(13)), every=timedelta(hours=1))
    left = time_to_full(hourly, 24 * GIB)
    assert left == pytest.approx(timedelta(hours=12), abs=timedelta(minutes=1))


def test_a_burst_in_an_even_line_is_no_growth() -> None:
    burst = series(*(10.0 for _ in range(40)), 60.0, *(10.0 for _ in range(19)))
    assert time_to_full(burst, 100) is None


def test_a_saw_that_is_cleaned_up_each_time_is_no_growth() -> None:
    saw = series(*(float(n % 10) for n in range(120)))
    assert time_to_full(saw, 100) is None


def test_growth_is_seen_through_noise() -> None:
    rng = random.Random(7)
    noisy = series(*(n + rng.uniform(-5, 5) for n in range(240)))
    left = time_to_full(noisy, 480)
    assert left is not None
    assert timedelta(hours=3) < left < timedelta(hours=6)


@pytest.mark.parametrize("thin", [series(), series(1.0), series(*range(11)), series(*range(20), every=timedelta(seconds=10))])
def test_a_thin_history_tells_nothing(thin: Series) -> None:
    assert growth(thin) is None
    assert time_to_full(thin, 100) is None


def test_what_is_full_already_has_no_time_left() -> None:
    assert time_to_full(series(*range(60)), 30) == timedelta(0)


def test_older_samples_are_no_news_and_only_the_newest_are_kept() -> None:
    grown = series(1.0, 2.0)
    assert grown.and_then(Sample(START, 9.0)) == grown
    for n in range(2, MOST_SAMPLES + 10):
        grown = grown.and_then(Sample(START + n * MINUTE, float(n)))
    assert len(grown.samples) == MOST_SAMPLES
    assert grown.last == Sample(START + (MOST_SAMPLES + 9) * MINUTE, float(MOST_SAMPLES + 9))


NUMBERS = st.floats(min_value=-1e15, max_value=1e15)
ANY = st.lists(st.tuples(st.integers(0, 100_000), NUMBERS), max_size=80).map(
    lambda pairs: [Sample(START + timedelta(seconds=second), value) for second, value in pairs]
)


@given(ANY, st.randoms(use_true_random=False), NUMBERS)
def test_the_order_in_which_samples_come_changes_nothing(samples: list[Sample], rng: random.Random, bound: float) -> None:
    shuffled = list(samples)
    rng.shuffle(shuffled)
    one, other = Series.of(samples), Series.of(shuffled)
    assert one == other
    assert growth(one) == growth(other)
    since = one.above_since(bound, timedelta(hours=1))
    assert since is None or all(sample.value > bound for sample in one.samples if sample.at >= since)
    left = time_to_full(one, bound)
    assert left is None or left >= timedelta(0)
