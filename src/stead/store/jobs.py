"""Jobs by name, and the history of their runs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from stead.domain.job import UNDER_WAY, Job, JobRun, JobState, Origin, StoredJob
from stead.domain.run import Spent
from stead.store.codec import dumps, loads
from stead.store.job_tables import job, job_run

_ENDED_WELL_OR_NOT = (JobState.DONE.value, JobState.FAILED.value, JobState.BLIND.value)


def listed(connection: sa.Connection) -> list[StoredJob]:
    """By name."""
    return [_job(row) for row in connection.execute(sa.select(job).where(job.c.deleted_at.is_(None)).order_by(job.c.name))]


def find(connection: sa.Connection, name: str) -> StoredJob | None:
    row = connection.execute(sa.select(job).where(job.c.name == name, job.c.deleted_at.is_(None))).first()
    return None if row is None else _job(row)


def is_deleted(connection: sa.Connection, name: str) -> bool:
    """Whether there was such a job, and somebody deleted it: what was seeded once does not come back."""
    row = connection.execute(sa.select(job.c.deleted_at).where(job.c.name == name)).first()
    return row is not None and row.deleted_at is not None


def save(connection: sa.Connection, wanted: Job, *, origin: Origin, source: str, written: Job | None, now: datetime, by: str) -> StoredJob:
    """Make the job, or make it what is wanted. Its pause and its next time stay."""
    values: dict[str, Any] = {
        "body": dumps(wanted),
        "written": None if written is None else dumps(written),
        "origin": origin.value,
        "source": source,
        "changed_at": now,
        "changed_by": by,
        "deleted_at": None,
    }
    if connection.execute(sa.select(job.c.name).where(job.c.name == wanted.name)).first() is None:
        connection.execute(sa.insert(job).values(name=wanted.name, **values))
    else:
        connection.execute(sa.update(job).where(job.c.name == wanted.name).values(**values))
    return get(connection, wanted.name)


def get(connection: sa.Connection, name: str) -> StoredJob:
    """KeyError when there is none."""
    found = find(connection, name)
    if found is None:
        raise KeyError(name)
    return found


def set_next(connection: sa.Connection, name: str, at: datetime | None) -> None:
    connection.execute(sa.update(job).where(job.c.name == name).values(next_at=at))


def set_pause(connection: sa.Connection, name: str, at: datetime | None, by: str) -> None:
    connection.execute(sa.update(job).where(job.c.name == name).values(paused_at=at, paused_by=by))


def set_trouble(connection: sa.Connection, name: str, trouble: str, number: int) -> None:
    connection.execute(sa.update(job).where(job.c.name == name).values(trouble=trouble, trouble_run=number))


def delete(connection: sa.Connection, name: str, now: datetime) -> None:
    """Its history stays for its time."""
    values = {"deleted_at": now, "next_at": None, "paused_at": None, "trouble": "", "trouble_run": 0}
    connection.execute(sa.update(job).where(job.c.name == name).values(**values))


def add_run(
    connection: sa.Connection,
    name: str,
    *,
    due: datetime,
    state: JobState,
    asked_by: str = "",
    dry_run: bool = False,
    missed: int = 0,
    silent: str = "",
    ended_at: datetime | None = None,
) -> int:
    """A row of the history; its number."""
    values = {
        "job": name,
        "due": due,
        "state": state.value,
        "asked_by": asked_by,
        "dry_run": int(dry_run),
        "missed": missed,
        "silent": silent,
        "ended_at": ended_at,
    }
    return connection.execute(sa.insert(job_run).values(**values).returning(job_run.c.number)).scalar_one()


def run(connection: sa.Connection, number: int) -> JobRun | None:
    row = connection.execute(sa.select(job_run).where(job_run.c.number == number)).first()
    return None if row is None else _run(row)


def set_agent_run(connection: sa.Connection, number: int, run: int) -> None:
    """Which run of an agent works for it."""
    connection.execute(sa.update(job_run).where(job_run.c.number == number).values(run=run))


def under_way(connection: sa.Connection, name: str) -> list[JobRun]:
    """Its runs that have not ended, oldest first."""
    query = sa.select(job_run).where(job_run.c.job == name, job_run.c.state.in_([state.value for state in UNDER_WAY]))
    return [_run(row) for row in connection.execute(query.order_by(job_run.c.number))]


def move_run(connection: sa.Connection, number: int, since: Iterable[JobState], to: JobState, **values: Any) -> bool:
    """Have a run go on to another state; False when it is in none of those that it would go on from."""
    here = job_run.c.state.in_([state.value for state in since])
    update = sa.update(job_run).where(job_run.c.number == number, here)
    return connection.execute(update.values(state=to.value, **values)).rowcount == 1


def end_run(connection: sa.Connection, ended: JobRun) -> bool:
    """Write how a run ended; False when it was not running."""
    values: dict[str, Any] = {
        "ended_at": ended.ended_at,
        "exit": ended.exit,
        "output": ended.output,
        "silent": ended.silent,
        "note": ended.note,
        "run": ended.run,
        "tainted": int(ended.tainted),
        "spent": dumps(ended.spent),
    }
    return move_run(connection, ended.number, (JobState.RUNNING,), ended.state, **values)


def history(connection: sa.Connection, name: str, limit: int) -> Sequence[JobRun]:
    """Newest first."""
    query = sa.select(job_run).where(job_run.c.job == name).order_by(job_run.c.number.desc()).limit(limit)
    return [_run(row) for row in connection.execute(query)]


def last_ended(connection: sa.Connection, name: str) -> JobRun | None:
    """The newest run that came to an end by itself, and was no rehearsal."""
    query = sa.select(job_run).where(job_run.c.job == name, job_run.c.state.in_(_ENDED_WELL_OR_NOT), job_run.c.dry_run == 0)
    row = connection.execute(query.order_by(job_run.c.number.desc()).limit(1)).first()
    return None if row is None else _run(row)


def ended_since(connection: sa.Connection, since: datetime) -> list[JobRun]:
    """Every run that ended at or after `since`, of all jobs, oldest first."""
    query = sa.select(job_run).where(job_run.c.ended_at >= since).order_by(job_run.c.number)
    return [_run(row) for row in connection.execute(query)]


def _job(row: sa.Row[tuple[object, ...]]) -> StoredJob:
    return StoredJob(
        job=loads(row.body, Job),
        origin=Origin(row.origin),
        source=row.source,
        written=None if row.written is None else loads(row.written, Job),
        next_at=row.next_at,
        paused_at=row.paused_at,
        paused_by=row.paused_by,
        changed_at=row.changed_at,
        changed_by=row.changed_by,
        trouble=row.trouble,
        trouble_run=row.trouble_run,
    )


def _run(row: sa.Row[tuple[object, ...]]) -> JobRun:
    return JobRun(
        number=row.number,
        job=row.job,
        due=row.due,
        state=JobState(row.state),
        asked_by=row.asked_by,
        dry_run=bool(row.dry_run),
        missed=row.missed,
        began_at=row.began_at,
        ended_at=row.ended_at,
        exit=row.exit,
        output=row.output,
        silent=row.silent,
        note=row.note,
        run=row.run,
        tainted=bool(row.tainted),
        spent=loads(row.spent, Spent),
    )
