"""Ticking: the due time of a job becomes a run of it, in the transaction that claims the time and writes the next one.

So a tick is taken exactly once, whatever dies in between: either the row that was due is gone, the run stands in the history and its
workflow (`job:{job}:{due}`, or one for all that came at that moment) is enqueued, or none of it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
import structlog

from stead.domain.job import MOST_WAITING, UNDER_WAY, Job, JobKind, JobState, Overlap, StoredJob, due_at
from stead.domain.run import Ending
from stead.engine import spending
from stead.engine.journey import Journey
from stead.store import due, jobs, runs

TICK = "tick"
"""The kind of a due row that is a job's next time; its `ref` is the job's name."""
RUN, RUNS = "job", "jobs"

log = structlog.get_logger("stead.jobs")


def tick(connection: sa.Connection, journey: Journey, name: str, at: datetime) -> int | None:
    """The job's time `at` has come. The run that begins with those of other jobs (`together`); None where none does, or by itself."""
    stored = jobs.find(connection, name)
    if stored is None or stored.paused_at is not None or stored.next_at != at:
        return None
    job, now = stored.job, journey.now()
    try:
        came = due_at(job, job.when(), at, now)
    except ValueError as error:  # its time zone is not known here any more
        log.exception("a job cannot be scheduled any more", job=name, why=str(error))
        jobs.set_pause(connection, name, now, f"stead: the schedule {error}"[:300])
        return None
    plan(connection, name, came.next_at)
    if not came.runs:
        why = f"missed while Stead was not running ({job.misfire})"
        jobs.add_run(connection, name, due=at, state=JobState.MISSED, missed=came.missed, silent=why, ended_at=now)
        return None
    return _run(connection, journey, job, at, came.missed)


def together(connection: sa.Connection, journey: Journey, numbers: Sequence[int]) -> None:
    """Have runs begin that came at the same moment: one workflow for all of them, or the run's own."""
    if len(numbers) == 1:
        run = jobs.run(connection, numbers[0])
        if run is not None:
            _enqueue(connection, journey, run.job, run.due, run.number)
    elif numbers:
        name = f"jobs:{numbers[0]}-{numbers[-1]}"
        journey.queue.enqueue(connection, RUNS, name, ",".join(map(str, numbers)))


def plan(connection: sa.Connection, name: str, at: datetime | None) -> None:
    """Have the job come at `at` next, and at no other time; None: not again."""
    due.cancel(connection, TICK, name)
    jobs.set_next(connection, name, at)
    if at is not None:
        due.schedule(connection, TICK, name, at, f"{TICK}:{name}:{at.isoformat()}")


def replan(connection: sa.Connection, journey: Journey, stored: StoredJob) -> None:
    """Count its times anew from now on: it was made, resumed, or has another schedule."""
    at = None if stored.paused_at is not None else stored.job.when().next_after(journey.now())
    plan(connection, stored.job.name, at)


def start(connection: sa.Connection, journey: Journey, name: str, *, by: str, dry_run: bool) -> int:
    """Have it run now, besides its schedule; the number in its history."""
    number = jobs.add_run(connection, name, due=journey.now(), state=JobState.QUEUED, asked_by=by, dry_run=dry_run)
    journey.queue.enqueue(connection, RUN, f"job:{name}:run:{number}", str(number))
    return number


def next_in_line(connection: sa.Connection, journey: Journey, name: str) -> None:
    """A run of the job has ended: the one that waits longest begins."""
    waiting = jobs.under_way(connection, name)
    if not waiting or any(run.state is not JobState.WAITING for run in waiting):
        return
    first = waiting[0]
    jobs.move_run(connection, first.number, (JobState.WAITING,), JobState.QUEUED)
    _enqueue(connection, journey, name, first.due, first.number)


def _run(connection: sa.Connection, journey: Journey, job: Job, at: datetime, missed: int) -> int | None:
    before = jobs.under_way(connection, job.name)
    state = JobState.QUEUED
    if before and job.overlap is Overlap.REPLACE:
        for run in before:
            note = f"replaced by the run of {at:%Y-%m-%d %H:%M:%S} UTC"
            jobs.move_run(
                connection, run.number, UNDER_WAY, JobState.CANCELLED, ended_at=journey.now(), note=note, silent="it was replaced"
            )
            if run.run:
                runs.end(connection, run.run, Ending.CANCELLED, note, spending.spent_in(connection, run.run), None, journey.now())
    elif before and (job.overlap is Overlap.SKIP or len(before) > MOST_WAITING):
        why = f"the run of {before[0].due:%Y-%m-%d %H:%M:%S} UTC is still under way"
        jobs.add_run(connection, job.name, due=at, state=JobState.SKIPPED, missed=missed, silent=why, ended_at=journey.now())
        return None
    elif before:
        state = JobState.WAITING
    number = jobs.add_run(connection, job.name, due=at, state=state, missed=missed)
    if state is JobState.WAITING:
        return None
    if job.kind is not JobKind.PROMPT:
        return number
    _enqueue(connection, journey, job.name, at, number)
    return None


def _enqueue(connection: sa.Connection, journey: Journey, name: str, at: datetime, number: int) -> None:
    journey.queue.enqueue(connection, RUN, f"job:{name}:{at.isoformat()}", str(number))
