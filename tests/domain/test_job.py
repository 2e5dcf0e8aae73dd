"""What becomes of a tick that comes late."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stead.domain.job import Job, JobKind, Misfire, due_at

DUE = datetime(2026, 6, 1, 12, tzinfo=UTC)


def job(misfire: Misfire, within: timedelta = timedelta(hours=1)) -> Job:
    return Job(name="x", kind=JobKind.CHECK, schedule="every 15m", misfire=misfire, within=within)


@pytest.mark.parametrize(
    ("misfire", "late", "runs", "missed", "next_at"),
    [
        (Misfire.SKIP, "00:00:30", True, 0, "12:15"),
        (Misfire.SKIP, "00:02", False, 1, "12:15"),
        (Misfire.SKIP, "00:50", False, 4, "13:00"),
        (Misfire.ONCE, "00:50", True, 3, "13:00"),
        (Misfire.ALL, "00:50", True, 0, "12:15"),
        (Misfire.ALL, "01:20", False, 2, "12:30"),
    ],
)
def test_late_ticks_are_made_up_for_as_the_job_says(misfire: Misfire, late: str, runs: bool, missed: int, next_at: str) -> None:
    wanted = job(misfire)
    now = DUE + (datetime.fromisoformat(f"2026-06-01T{late}") - datetime(2026, 6, 1))
    came = due_at(wanted, wanted.when(), DUE, now)
    assert (came.runs, came.missed, f"{came.next_at:%H:%M}") == (runs, missed, next_at)


@given(st.sampled_from(Misfire), st.lists(st.timedeltas(timedelta(0), timedelta(hours=4)), max_size=30))
def test_every_tick_runs_or_is_counted_whatever_the_service_slept_through(misfire: Misfire, sleeps: list[timedelta]) -> None:
    wanted = job(misfire)
    schedule, due, now, taken = wanted.when(), DUE, DUE, 0
    for sleep in sleeps:
        now = max(now, due) + sleep
        while due <= now:
            came = due_at(wanted, schedule, due, now)
            assert came.next_at is not None
            assert came.next_at > due
            taken, due = taken + came.runs + came.missed, came.next_at
    assert taken == (due - DUE) // timedelta(minutes=15)
