"""One run of a job: it begins, does its work, and ends; what it came to is told, or why not is written down.

A look that a crash cut short is made again. A program is not, unless its job says that it may be: how far it came nobody knows, and
that is told. What a run came to is written once, and told once. What is wrong with a job is told when it begins and when it is over, and
not at each of its times in between.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import sqlalchemy as sa
import structlog

from stead.domain import ids
from stead.domain.delivery import Because, Block, BlockKind, Message
from stead.domain.errors import BlindError
from stead.domain.excerpt import excerpt, visible
from stead.domain.finding import Severity
from stead.domain.job import Job, JobKind, JobRun, JobState, Overlap, StoredJob
from stead.domain.logs.templates import template
from stead.engine import goal_runs, job_checks, job_prompts, job_reports, job_scripts, notify, ticking
from stead.engine.faults import fault_point
from stead.engine.job_came import Came
from stead.engine.journey import Journey
from stead.store import events, jobs
from stead.store.codec import load_plain

log = structlog.get_logger("stead.jobs")

Once = Callable[[str, Callable[[], Coroutine[Any, Any, Any]]], Coroutine[Any, Any, Any]]
"""A step of the durable engine: `once(name, work)`."""
Write = Callable[..., Coroutine[Any, Any, Any]]
"""One step that is one transaction: `write(name, work, *args)` calls `work(connection, journey, *args)`."""

MOST_OUTPUT = 20_000
"""Characters of what a run said that its history keeps."""
MOST_TOLD = 6_000
"""Characters of it that are told."""

CUT_OFF = """Stead stopped while it ran, so what it did is not known
It was not run again. Look at what it did, then have it run: `stead jobs run {name}`. `repeatable: true` in a job has Stead run it again."""


async def play(journey: Journey, number: int, once: Once, write: Write) -> None:
    """Play one run to its end. An agent's has a step for each call of a model and a tool, so that none is paid for twice."""
    stored = await journey.store.look(_job_of, number)
    if stored is None or stored.kind is not JobKind.PROMPT:
        await play_together(journey, [number], once)
        return
    begun = await write("begin", begin, number)
    if begun is None:
        return
    job = load_plain(begun, Job)
    came = await job_prompts.ask(journey, job, number, once, write)
    await write("conclude", conclude, number, came)


async def play_together(journey: Journey, numbers: Sequence[int], once: Once) -> None:
    """Play runs that came at the same moment, all at once: a workflow for each would have the last of two hundred begin seconds late.

    Each run's own row says how far it has come, so after a crash only what has not ended is done again.
    """
    await once("run", partial(_together, journey, numbers))


async def _together(journey: Journey, numbers: Sequence[int]) -> None:
    begun = await journey.store.run(_begin_all, journey, numbers)
    await asyncio.gather(*(_alone(journey, number, job) for number, job in begun))


def _begin_all(connection: sa.Connection, journey: Journey, numbers: Sequence[int]) -> list[tuple[int, Job]]:
    ready = [number for number in numbers if not _cut_off(connection, journey, number)]
    return [(number, job) for number in ready if (job := begin(connection, journey, number)) is not None]


def _cut_off(connection: sa.Connection, journey: Journey, number: int) -> bool:
    """End the run of a program that was under way in an earlier life of Stead's; whether that was so."""
    run = jobs.run(connection, number)
    stored = None if run is None else jobs.find(connection, run.job)
    if run is None or stored is None or run.state is not JobState.RUNNING:
        return False
    if stored.job.kind is not JobKind.SCRIPT or stored.job.repeatable:
        return False
    conclude(connection, journey, number, Came(state=JobState.CUT_OFF, text=CUT_OFF.format(name=run.job)))
    return True


async def _alone(journey: Journey, number: int, job: Job) -> None:
    if job.overlap is Overlap.REPLACE:
        await journey.there(lambda: journey.underway.stop(job.name, number))
    try:
        fault_point("jobs.before-work")
        came = await _work(journey, job, number)
    except Exception as error:
        log.exception("a run of a job failed", job=job.name)
        came = Came(state=JobState.FAILED, text=f"{type(error).__name__}: {error}")
    await journey.store.run(conclude, journey, number, came)


def _job_of(connection: sa.Connection, number: int) -> Job | None:
    run = jobs.run(connection, number)
    stored = None if run is None else jobs.find(connection, run.job)
    return None if stored is None else stored.job


def begin(connection: sa.Connection, journey: Journey, number: int) -> Job | None:
    """The job as it is now; None when the run is over before it began. Beginning again hands out the same."""
    run = jobs.run(connection, number)
    stored = None if run is None else jobs.find(connection, run.job)
    if run is None:
        return None
    if stored is None:
        jobs.move_run(connection, number, (JobState.QUEUED,), JobState.CANCELLED, ended_at=journey.now(), note="the job was deleted")
        return None
    now_running = jobs.move_run(connection, number, (JobState.QUEUED,), JobState.RUNNING, began_at=journey.now())
    return stored.job if now_running or run.state is JobState.RUNNING else None


async def _work(journey: Journey, job: Job, number: int) -> Came:
    came = await journey.there(lambda: journey.underway.run(job.name, number, partial(_do, journey, job)))
    return came or Came(state=JobState.CANCELLED, text="")


async def _do(journey: Journey, job: Job) -> Came:
    work = {JobKind.CHECK: job_checks.look, JobKind.SCRIPT: job_scripts.run, JobKind.REPORT: job_reports.run}[job.kind]
    try:
        return await work(journey, job)
    except BlindError as error:
        return Came(state=JobState.BLIND, text=str(error))


def conclude(connection: sa.Connection, journey: Journey, number: int, came: Came) -> None:
    """Write how the run ended and tell of it. Concluding the same run again changes nothing."""
    run = jobs.run(connection, number)
    if run is None:
        return
    stored = jobs.find(connection, run.job)
    if run.state is JobState.RUNNING and stored is not None:
        came = replace(came, text=visible(journey.redact(came.text)).strip())
        silent = _tell(connection, journey, stored, run, came)
        output = excerpt(came.text, MOST_OUTPUT).text
        ended = replace(
            run,
            state=came.state,
            ended_at=journey.now(),
            output=output,
            silent=silent,
            note=came.note,
            exit=came.exit,
            tainted=came.tainted,
            spent=came.spent,
            run=came.run or run.run,
        )
        jobs.end_run(connection, ended)
        _record(connection, journey, ended)
        fault_point("jobs.before-end-commit")
    ticking.next_in_line(connection, journey, run.job)


def give_up(connection: sa.Connection, journey: Journey, number: int, why: str) -> None:
    """The run itself failed, for no foreseen reason, again and again."""
    run = jobs.run(connection, number)
    if run is not None and run.run:
        goal_runs.give_up(connection, journey, run.run, why)
    conclude(connection, journey, number, Came(state=JobState.FAILED, text=why))


def _tell(connection: sa.Connection, journey: Journey, stored: StoredJob, run: JobRun, came: Came) -> str:
    """Why nothing is told; "" when something is."""
    if run.dry_run:
        return "it was a rehearsal"
    if came.state in _STATES:
        return came.silent or _tell_trouble(connection, journey, stored, run, came)
    _tell_recovery(connection, journey, stored, run)
    if came.silent:
        return came.silent
    message = came.message or _message(stored.job, run, came, came.severity or stored.job.severity)
    announce(connection, journey, stored.job, f"{run.number}", message, Because.FIRST)
    return ""


def _tell_trouble(connection: sa.Connection, journey: Journey, stored: StoredJob, run: JobRun, came: Came) -> str:
    which = run.number if came.state is JobState.CUT_OFF else came.exit if came.exit is not None else ""
    words = f"{came.state} {which} {template(first_line(came.text))}"[:300]
    if stored.trouble == words:
        return f"{ids.job_run_number(stored.trouble_run)} has told it, and it is still so"
    jobs.set_trouble(connection, stored.job.name, words, run.number)
    worst = max(Severity.WARNING, stored.job.severity, key=lambda severity: severity.rank)
    announce(connection, journey, stored.job, f"{run.number}", _message(stored.job, run, came, worst), Because.FIRST)
    return ""


def _tell_recovery(connection: sa.Connection, journey: Journey, stored: StoredJob, run: JobRun) -> None:
    if not stored.trouble:
        return
    jobs.set_trouble(connection, stored.job.name, "", 0)
    message = Message(
        title=f"{stored.job.name} works again",
        severity=Severity.INFO,
        number="",
        state="resolved",
        blocks=(Block(kind=BlockKind.TEXT, text=f"The run of {run.due:%Y-%m-%d %H:%M} UTC ended well."),),
        resolved=True,
    )
    announce(connection, journey, stored.job, f"{stored.trouble_run}", message, Because.RESOLVED)


def announce(connection: sa.Connection, journey: Journey, job: Job, about: str, message: Message, because: Because) -> None:
    """Say it where the job is delivered to; everywhere, when none of those channels is there any more."""
    named = [name for name in job.deliver if name in journey.channels]
    notify.announce(connection, journey, f"job:{job.name}:{about}", message, because, channels=named)


def _message(job: Job, run: JobRun, came: Came, severity: Severity) -> Message:
    lines = came.text.splitlines()
    title = f"{job.name}: {_STATES.get(came.state, '')}{first_line(came.text)[:200] or 'says nothing'}"
    rest = excerpt("\n".join(lines[1:]).strip(), MOST_TOLD).text
    late = [f"{run.missed} times before it had no run of their own."] if run.missed else []
    blocks = tuple(Block(kind=BlockKind.TEXT, text=text) for text in (rest, came.note, *late) if text)
    state, plain = came.state.value, came.state is JobState.DONE and severity is Severity.INFO
    return Message(title=title, severity=severity, number="", state=state, blocks=blocks, plain=plain)


_STATES = {JobState.FAILED: "failed: ", JobState.BLIND: "blind: ", JobState.CUT_OFF: "cut off: "}
"""Ends that are trouble. Each run that was cut off is told: what one did says nothing of another."""


def first_line(text: str) -> str:
    return next((line.strip() for line in text.splitlines() if line.strip()), "")


def _record(connection: sa.Connection, journey: Journey, run: JobRun) -> None:
    data = {
        "job": run.job,
        "run": ids.job_run_number(run.number),
        "state": run.state.value,
        "silent": run.silent,
        "said": f"the job {run.job} ended, {run.state}" + (f"; nothing is told: {run.silent}" if run.silent else ""),
    }
    events.record(connection, "job.ended", at=journey.now(), estate="", data=data)
