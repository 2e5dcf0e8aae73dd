"""Jobs and their history as programs and people see them: JSON-ready values, read from the store alone."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from stead.app.job_settings import as_written
from stead.app.shown import time
from stead.domain import ids
from stead.domain.errors import Exit, UserError
from stead.domain.job import Job, JobRun, Origin, StoredJob
from stead.domain.schedule import Schedule
from stead.engine import scheduling
from stead.engine.journey import Journey
from stead.store import jobs


def listed(connection: sa.Connection, _journey: Journey) -> list[dict[str, Any]]:
    """Every job by name, with how its last run ended."""
    return [job(connection, stored) for stored in jobs.listed(connection)]


def whole(connection: sa.Connection, _journey: Journey, name: str) -> dict[str, Any]:
    """One job. UserError when there is none."""
    return job(connection, scheduling.found(connection, name))


def job(connection: sa.Connection, stored: StoredJob) -> dict[str, Any]:
    """`spec` is what holds, `written` what the configuration says, `drift` the keys in which the two differ."""
    last = jobs.last_ended(connection, stored.job.name)
    spec = as_written(stored.job, seeded=stored.origin is Origin.SEEDED)
    running = [run.number for run in jobs.under_way(connection, stored.job.name)]
    return {
        "name": stored.job.name,
        "kind": stored.job.kind.value,
        "schedule": stored.job.schedule,
        "timezone": stored.job.timezone,
        "description": stored.job.description,
        "origin": stored.origin.value,
        "source": stored.source,
        "next_at": time(stored.next_at),
        "paused_at": time(stored.paused_at),
        "paused_by": stored.paused_by,
        "changed_at": time(stored.changed_at),
        "changed_by": stored.changed_by,
        "running": [ids.job_run_number(number) for number in running],
        "trouble": stored.trouble != "",
        "last": None if last is None else run(last),
        "spec": spec,
        "written": None if stored.written is None else as_written(stored.written, seeded=stored.origin is Origin.SEEDED),
        "drift": differing(stored.written, stored.job) if stored.written is not None else [],
    }


def differing(before: Job, after: Job) -> list[dict[str, Any]]:
    """The keys in which two jobs differ, with both values; null where a key has its default."""
    old, new = as_written(before), as_written(after)
    return [{"key": key, "old": old.get(key), "new": new.get(key)} for key in dict.fromkeys((*old, *new)) if old.get(key) != new.get(key)]


def difference(connection: sa.Connection, journey: Journey, wanted: list[Job]) -> list[dict[str, Any]]:
    """What applying these would change, job by job."""
    would = scheduling.apply(connection, journey, wanted, by=scheduling.NOBODY, rehearse=True)
    told: list[dict[str, Any]] = []
    for each in wanted:
        known = jobs.find(connection, each.name)
        before = Job(name=each.name, kind=each.kind, schedule="") if known is None else known.job
        told.append({"name": each.name, "change": would[each.name], "fields": differing(before, each)})
    return told


def run(of: JobRun) -> dict[str, Any]:
    seconds = None if of.began_at is None or of.ended_at is None else (of.ended_at - of.began_at).total_seconds()
    return {
        "id": ids.job_run_number(of.number),
        "number": of.number,
        "job": of.job,
        "due": time(of.due),
        "state": of.state.value,
        "asked_by": of.asked_by,
        "dry_run": of.dry_run,
        "missed": of.missed,
        "began_at": time(of.began_at),
        "ended_at": time(of.ended_at),
        "seconds": seconds,
        "exit": of.exit,
        "output": of.output,
        "silent": of.silent,
        "note": of.note,
        "tainted": of.tainted,
        "run": ids.run_number(of.run) if of.run else None,
        "tokens": of.spent.tokens,
        "money": of.spent.money,
    }


def history(connection: sa.Connection, _journey: Journey, name: str, limit: int) -> list[dict[str, Any]]:
    """Newest first, also of a job that was deleted. UserError when there never was one of that name."""
    found = jobs.history(connection, name, limit)
    if not found:
        scheduling.found(connection, name)
    return [run(each) for each in found]


def one_run(connection: sa.Connection, _journey: Journey, number: int) -> dict[str, Any]:
    """UserError when there is none of that number."""
    found = jobs.run(connection, number)
    if found is None:
        raise UserError(f"there is no run {ids.job_run_number(number)}", hint="`stead jobs history` lists them", code=Exit.NEGATIVE)
    return run(found)


def next_times(connection: sa.Connection, journey: Journey, name: str, count: int) -> dict[str, Any]:
    """When the job comes next. UserError when there is none."""
    stored = scheduling.found(connection, name)
    return {"name": name, "paused": stored.paused_at is not None} | times(stored.job.when(), journey.now(), count)


def times(schedule: Schedule, now: datetime, count: int) -> dict[str, Any]:
    """The next times of a schedule, as a clock of its zone shows them."""
    found: list[str] = []
    at = schedule.next_after(now)
    while at is not None and len(found) < count:
        found.append(at.astimezone(schedule.zone).isoformat())
        at = schedule.next_after(at)
    return {"schedule": schedule.text, "timezone": schedule.zone.key, "times": found}
