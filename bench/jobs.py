"""Two hundred jobs that all come at the same moment, again and again: how long after its time each begins, and whether any is left out.

`python -m bench.jobs` measures this alone. Promise: the whole service runs as in production, on SQLite and the wall clock; only the world
is made up.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from bench.report import Row, table
from stead.app import discover
from stead.app.config import settings_of
from stead.app.wiring import Stead
from stead.clocks import SystemClock
from stead.domain.job import Job, JobKind, JobState
from stead.domain.people import SYSTEM
from stead.engine import scheduling
from stead.store import jobs
from stead.testing.scripted import Chat, ScriptedEstate

JOBS = 200
EVERY = 20
"""Seconds between two times of each."""
TIMES = 3
PATIENCE = timedelta(seconds=60)
"""How long the last ones are waited for."""
MOST = 1.0
"""Seconds that the last one may begin after its time."""


@dataclass(frozen=True, slots=True)
class Kept:
    """`ticks` that came, those that `ran`, and that came `twice`; `ended` all that are over; `p50` and `most`: seconds after their time."""

    ticks: int
    ran: int
    twice: int
    ended: int
    p50: float
    most: float


def measure(number: int = JOBS, times: int = TIMES) -> Kept:
    with tempfile.TemporaryDirectory(prefix="stead-bench-") as folder:
        return asyncio.run(_measure(Path(folder), number, times))


async def _measure(folder: Path, number: int, times: int) -> Kept:
    clock = SystemClock()
    estate = ScriptedEstate("home", clock)
    settings = settings_of({"store": {"folder": str(folder / "state")}})
    stead = Stead(settings, clock=clock, shelves=discover.shelves(), estates={"home": estate}, channels={"chat": Chat()})
    await stead.start()
    try:
        await estate.sees(complete=True)
        wanted = [_job(n) for n in range(number)]
        await stead.change(scheduling.apply, wanted, by=SYSTEM)
        first = wanted[0].when().next_after(clock.now())
        assert first is not None
        last = first + timedelta(seconds=EVERY * (times - 1))
        await clock.sleep_until(last + timedelta(seconds=2))
        while (came := await stead.store.look(_came, first, last)).ended < number * times and clock.now() < last + PATIENCE:
            await asyncio.sleep(0.1)
        return came
    finally:
        await stead.stop()


def _job(number: int) -> Job:
    return Job(name=f"job-{number}", kind=JobKind.CHECK, schedule=f"every {EVERY}s", checks=("volume_filling",))


def _came(connection: object, first: datetime, last: datetime) -> Kept:
    """What the history says of the ticks from `first` to `last`."""
    found = [
        run
        for stored in jobs.listed(connection)  # pyright: ignore[reportArgumentType]
        for run in jobs.history(connection, stored.job.name, 100)  # pyright: ignore[reportArgumentType]
        if first <= run.due <= last
    ]
    late = sorted((run.began_at - run.due).total_seconds() for run in found if run.state is JobState.DONE and run.began_at is not None)
    ticks = len({(run.job, run.due) for run in found})
    ended = sum(run.ended_at is not None for run in found)
    return Kept(ticks, len(late), len(found) - ticks, ended, late[len(late) // 2] if late else 0.0, late[-1] if late else 0.0)


def rows() -> list[Row]:
    """The figure for the page of benchmarks."""
    came = measure()
    kept = (came.ticks, came.ran, came.twice) == (JOBS * TIMES, JOBS * TIMES, 0) and came.most <= MOST
    said = f"{came.ran:,} of {JOBS * TIMES:,} ticks, {came.twice} twice; the last {came.most:.2f} s after its time"
    what = f"{JOBS} jobs at the same second, {TIMES} times"
    return [Row("jobs", what, said, f"median {came.p50:.2f} s", came.most / MOST, f"≤ {MOST:.0f} s", kept)]


if __name__ == "__main__":
    found = rows()
    print(table(found))
    sys.exit(0 if all(row.kept for row in found) else 1)
