"""Making, changing, pausing and running jobs: what a person or the configuration wants of them.

Applying is idempotent by name. What is declared follows the configuration at each start and whenever its file changes; what is seeded was
made from it once, and what people change on it stays.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from stead.domain.errors import Exit, UserError
from stead.domain.job import Job, JobState, Origin, StoredJob
from stead.domain.people import Principal, PrincipalKind, Role
from stead.engine import ticking
from stead.engine.journey import Journey
from stead.store import due, events, jobs

MOST_JOBS = 1000

NOBODY = Principal(kind=PrincipalKind.SYSTEM, name="stead", role=Role.ADMIN)
"""In whose name a rehearsal is made."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """A job as the configuration has it: `origin` says what its word counts, `source` is the file."""

    job: Job
    origin: Origin
    source: str


def reconcile(connection: sa.Connection, journey: Journey, wanted: Sequence[Declared], broken: Collection[str] = ()) -> None:
    """Bring the jobs in line with the configuration, and have each come at its next time. What is from a `broken` file stays as it is."""
    names = {each.job.name for each in wanted}
    for each in wanted:
        _declare(connection, journey, each)
    for stored in jobs.listed(connection):
        if stored.job.name in names or stored.origin in (Origin.OWN, Origin.SEEDED) or stored.source in broken:
            continue
        _delete(connection, journey, stored, f"it is no longer in {stored.source or 'the configuration'}")
    for stored in jobs.listed(connection):
        if stored.paused_at is None and not due.waiting(connection, ticking.TICK, stored.job.name):
            ticking.replan(connection, journey, stored)


def _declare(connection: sa.Connection, journey: Journey, wanted: Declared) -> None:
    name = wanted.job.name
    known = jobs.find(connection, name)
    if wanted.origin is not Origin.DECLARED and jobs.is_deleted(connection, name):
        return
    in_force = wanted.job
    if known is not None and wanted.origin is Origin.SEEDED:
        in_force = known.job
    if known is not None and wanted.origin is Origin.STOCK and known.drifted:
        in_force = known.job
    if known is not None and (known.job, known.written, known.origin) == (in_force, wanted.job, wanted.origin):
        return
    made = jobs.save(
        connection, in_force, origin=wanted.origin, source=wanted.source, written=wanted.job, now=journey.now(), by=wanted.source
    )
    _changed(connection, journey, known, made, f"as {wanted.source} says")


def apply(connection: sa.Connection, journey: Journey, wanted: Iterable[Job], *, by: Principal, rehearse: bool = False) -> dict[str, str]:
    """Make each job what is wanted; name → `created`, `changed` or `unchanged`. UserError, and nothing is changed, where that cannot be."""
    done: dict[str, str] = {}
    _by_no_agent(by)
    for job in wanted:
        if job.name in done:
            raise UserError(f"the job `{job.name}` is given twice", hint="keep one of the two")
        _fits(journey, job)
        known = jobs.find(connection, job.name)
        _may_see(by, job, None if known is None else known.job)
        done[job.name] = "created" if known is None else "unchanged" if known.job == job else "changed"
        if rehearse or done[job.name] == "unchanged":
            continue
        origin, source = (Origin.OWN, "") if known is None else (known.origin, known.source)
        written = None if known is None else known.written
        made = jobs.save(connection, job, origin=origin, source=source, written=written, now=journey.now(), by=str(by))
        _changed(connection, journey, known, made, f"by {by.name}")
    if len(jobs.listed(connection)) > MOST_JOBS:
        raise UserError(f"there would be more than {MOST_JOBS} jobs", hint="`stead jobs delete` some", code=Exit.REFUSED)
    return done


def pause(connection: sa.Connection, journey: Journey, name: str, *, by: Principal) -> StoredJob:
    """Have it not run by itself from now on. UserError when it is paused already, or there is none."""
    stored = found(connection, name)
    if stored.paused_at is not None:
        raise UserError(f"the job `{name}` is paused already", hint=f"stead jobs resume {name}", code=Exit.REFUSED)
    jobs.set_pause(connection, name, journey.now(), str(by))
    ticking.plan(connection, name, None)
    _say(connection, journey, name, f"was paused by {by.name}")
    return jobs.get(connection, name)


def resume(connection: sa.Connection, journey: Journey, name: str, *, by: Principal) -> StoredJob:
    """Have it run by its schedule again, from now on: what came in between is not made up for. UserError when it is not paused."""
    stored = found(connection, name)
    if stored.paused_at is None:
        raise UserError(f"the job `{name}` is not paused", hint="`stead jobs list` shows them", code=Exit.REFUSED)
    jobs.set_pause(connection, name, None, "")
    ticking.replan(connection, journey, jobs.get(connection, name))
    _say(connection, journey, name, f"was resumed by {by.name}")
    return jobs.get(connection, name)


def run_now(connection: sa.Connection, journey: Journey, name: str, *, by: Principal, dry_run: bool = False) -> int:
    """Have it run now; the number of the run in its history. UserError when there is none, or it is running."""
    stored = found(connection, name)
    _by_no_agent(by)
    if jobs.under_way(connection, name):
        raise UserError(f"the job `{name}` is running", hint=f"`stead jobs history {name}` shows how it ended", code=Exit.REFUSED)
    return ticking.start(connection, journey, stored.job.name, by=str(by), dry_run=dry_run)


def delete(connection: sa.Connection, journey: Journey, name: str, *, by: Principal) -> StoredJob:
    """Delete it; its history stays for its time. UserError for one that the configuration declares, which would bring it back."""
    stored = found(connection, name)
    if stored.origin is Origin.DECLARED:
        raise UserError(
            f"the job `{name}` is declared in {stored.source}", hint="take it out there, or `stead jobs pause` it", code=Exit.REFUSED
        )
    _delete(connection, journey, stored, f"by {by.name}")
    return stored


def found(connection: sa.Connection, name: str) -> StoredJob:
    """UserError where there is no such job."""
    stored = jobs.find(connection, name)
    if stored is None:
        raise UserError(f"there is no job `{name[:80]}`", hint="`stead jobs list` lists them", code=Exit.NEGATIVE)
    return stored


def _delete(connection: sa.Connection, journey: Journey, stored: StoredJob, why: str) -> None:
    name = stored.job.name
    ticking.plan(connection, name, None)
    for run in jobs.under_way(connection, name):
        jobs.move_run(connection, run.number, (JobState.WAITING,), JobState.CANCELLED, ended_at=journey.now(), note="the job was deleted")
    jobs.delete(connection, name, journey.now())
    _say(connection, journey, name, f"was deleted: {why}")


def _changed(connection: sa.Connection, journey: Journey, before: StoredJob | None, made: StoredJob, why: str) -> None:
    """Count its times anew only where they are others: a job whose words change misses no tick."""
    if before is None or (before.job.schedule, before.job.timezone) != (made.job.schedule, made.job.timezone):
        ticking.replan(connection, journey, made)
    if before is None or before.job != made.job:
        _say(connection, journey, made.job.name, f"was {'made' if before is None else 'changed'} {why}")


def _fits(journey: Journey, job: Job) -> None:
    """UserError for a word that names what is not there."""
    unknown = [name for name in job.deliver if name not in journey.channels]
    if unknown:
        known = ", ".join(journey.channels) or "none"
        raise UserError(f"the job `{job.name}` is delivered to `{unknown[0][:60]}`, which is no channel", hint=f"known: {known}")
    if job.estate and job.estate not in journey.estates:
        known = ", ".join(journey.estates) or "none"
        raise UserError(f"the job `{job.name}` is of the estate `{job.estate[:60]}`, which is not there", hint=f"known: {known}")


def _may_see(by: Principal, job: Job, before: Job | None) -> None:
    """UserError where somebody who is no admin has a program see more than its own folder: what it says is told to people."""
    allowed = (before.reads, before.workdir, before.network) if before is not None else ((), "", False)
    if (job.reads, job.workdir, job.network) != allowed and not by.may(Role.ADMIN):
        raise UserError(
            f"the job `{job.name}` names what it may see (`reads`, `workdir`, `network`), which {by.name} may not give",
            hint="use a token with the scope admin, or declare it in a folder of jobs",
            code=Exit.REFUSED,
        )


def _by_no_agent(by: Principal) -> None:
    """A job makes no jobs: neither it, nor what it calls, has a token; and should an agent ever ask, it is refused."""
    if by.kind is PrincipalKind.AGENT:
        raise UserError("an agent makes and runs no jobs", hint="a person can: `stead jobs apply`", code=Exit.REFUSED)


def _say(connection: sa.Connection, journey: Journey, name: str, said: str) -> None:
    events.record(connection, "job.changed", at=journey.now(), estate="", data={"job": name, "said": f"the job {name} {said}"})
