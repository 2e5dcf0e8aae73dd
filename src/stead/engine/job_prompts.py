"""A job that asks an agent: what the agent is told, and when its silence counts.

`[SILENT]` sends nothing only if every look of the run was made: an agent that could not see does not know that there is nothing to tell.
What it answers then is *blind*, and is sent.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from stead.domain.excerpt import excerpt, fenced, visible
from stead.domain.job import SILENT, Job, JobState
from stead.domain.run import Brief, Budget, Ending, Speaker
from stead.engine import background, goal_runs, investigating, spending
from stead.engine.context import MOST_OPENING, Pack
from stead.engine.investigate import Outcome
from stead.engine.job_came import Came
from stead.engine.journey import Journey
from stead.engine.packing import Part, pack
from stead.store import jobs, runs
from stead.store.codec import load_plain

GOAL = "job"
"""The goal of a run whose job names none."""
MOST_TOLD = 4000
"""Characters of another job's output, and of the words in a working folder, that an agent is told."""

MANNER = f"""\
You run by yourself, as a job, and nobody can answer you. Look, then answer in plain words and short Markdown: people are sent it as it is.
- Name the evidence beside each claim, like [E3]. You change nothing; never claim that you did. Where a command would help, give it.
- When there is nothing that a person needs to know, answer exactly {SILENT}.
- A look that failed means that you do not know. Say what you could not see."""

Step = Callable[[str, Callable[[], Coroutine[Any, Any, Any]]], Coroutine[Any, Any, Any]]


async def ask(journey: Journey, job: Job, number: int, step: Step, write: Callable[..., Coroutine[Any, Any, Any]]) -> Came:
    """Have the job's agent answer. `number` is the run's in the job's history."""
    begun = await write("open", open_run, number, job)
    if isinstance(begun, str):
        return Came(state=JobState.FAILED, text=begun)
    run, brief = int(begun[0]), load_plain(begun[1], Brief)
    outcome = await investigating.pursue_goal(journey, run, brief, step)
    return load_plain(await write("close", close_run, run, job, outcome), Came)


def open_run(connection: sa.Connection, journey: Journey, number: int, job: Job) -> tuple[int, Brief] | str:
    """The agent's run and what it is told; or why there is none. Opening again hands out the same."""
    kept = jobs.run(connection, number)
    before = None if kept is None or not kept.run else runs.find(connection, kept.run)
    if before is not None and before.brief is not None:
        return before.number, before.brief
    soul, goal = journey.souls().get(job.agent), journey.goals().get(job.goal)
    if journey.models is None:
        return "no model is configured: nobody can be asked"
    if soul is None or (job.goal and goal is None):
        return f"there is no agent `{job.agent}`" if soul is None else f"there is no goal `{job.goal}`"
    estate = job.estate or next(iter(journey.estates), "")
    if estate not in journey.estates:
        return f"there is no estate `{estate}`" if estate else "nothing is watched"
    run = runs.add(
        connection,
        incident=0,
        episode=0,
        segment=0,
        agent=job.agent,
        asked_by=f"job:{job.name}",
        goal=job.goal or GOAL,
        estate=estate,
        question=journey.redact(job.prompt)[: goal_runs.MOST_QUESTION],
        nonce=secrets.token_hex(4),
        now=journey.now(),
    )
    jobs.set_agent_run(connection, number, run)
    made = runs.get(connection, run)
    if why := spending.spent_out(connection, journey, made):
        runs.end(connection, run, Ending.OUT_OF_BUDGET, why, Outcome(ending=Ending.OUT_OF_BUDGET).spent, None, journey.now())
        return why
    known = Pack(journey.redact, made.nonce)
    told = "\n".join([f"Job: {job.name}. Task: {job.prompt}", *goal_runs.about_estate(connection, journey, made, known)])
    heard = "\n".join(_heard(connection, journey, job, made.nonce))
    cases = background.open_cases(connection, estate)
    besides = background.told(connection, journey, made.nonce, estate, cases, job.prompt)
    here = Part(heading="", items=["\n\n".join(part for part in (told, heard) if part)], share=0.0)
    instructions = f"\n\n{goal.text}" if goal is not None else ""
    brief = Brief(
        system=f"{soul.text}{instructions}\n\n{MANNER}",
        opening=pack([here, *besides.parts], MOST_OPENING).text,
        budget=_budget(job, journey.run_budget),
        toolsets=soul.toolsets,
        collected={**known.collected, **besides.collected},
        commands={**known.commands, **besides.commands},
        tainted=known.tainted or besides.tainted or bool(heard),
        looks=tuple(goal_runs.looks_for(journey, *_packs(journey, job))),
        talk=True,
    )
    runs.set_brief(connection, run, brief)
    goal_runs.say(connection, journey, made, f"begins for the job {job.name}")
    return run, brief


def close_run(connection: sa.Connection, journey: Journey, number: int, job: Job, outcome: Outcome) -> Came:
    """Write how the agent's run ended; what it means for the job."""
    goal_runs.end(connection, journey, number, outcome)
    run = runs.get(connection, number)
    text = _answer(outcome)
    came = Came(state=JobState.DONE, text=text, tainted=True, run=number, spent=outcome.spent)
    if run.ending is not Ending.CONCLUDED:
        state = JobState.CANCELLED if run.ending is Ending.CANCELLED else JobState.FAILED
        ended = run.ending.value if run.ending is not None else ""
        return replace(came, state=state, text=f"the agent's run ended, {ended}: {run.note}\n{text}".strip())
    unseen = list(_unseen(connection, journey, number, job))
    said_nothing = text.strip() in ("", SILENT)
    if unseen:
        could_not = f"{len(unseen)} of its looks could not be made: {'; '.join(unseen[:5])}"
        said = f"it had nothing to tell, but could not see everything\n{could_not}" if said_nothing else text
        return replace(came, state=JobState.BLIND, text=said, note="" if said_nothing else could_not)
    return replace(came, silent=f"it says {SILENT}, and every look of it was made") if said_nothing else came


def _answer(outcome: Outcome) -> str:
    if outcome.conclusion is not None:
        return "\n".join([outcome.conclusion.cause, *(f"- {claim.claim}" for claim in outcome.conclusion.evidence)])
    last = outcome.messages[-1] if outcome.messages else None
    return "" if last is None or last.speaker is not Speaker.MODEL else last.text


def _unseen(connection: sa.Connection, journey: Journey, number: int, job: Job) -> Iterator[str]:
    """The looks of the run that failed, and the packs that are not there."""
    known = {*journey.packs, *(tool.name.removeprefix(goal_runs.SCRIPT) for toolset in journey.toolsets for tool in toolset.tools)}
    yield from (f"there is no context pack `{name}`" for name in job.packs if name not in known)
    for step in runs.steps(connection, number):
        if step.kind == "tool" and step.body.get("failed"):
            yield f"{step.body.get('tool')}: {first_words(str(step.body.get('text')))}"


def first_words(text: str) -> str:
    return " ".join(visible(text).split())[:160]


def _packs(journey: Journey, job: Job) -> tuple[list[Any], list[str], bool]:
    """The looks, the scripts by name, and whether all scripts: of the job's goal and of its own packs."""
    goal = journey.goals().get(job.goal)
    looks = [*(goal.looks if goal else ()), *(look for name in job.packs for look in journey.packs.get(name, ()))]
    scripts = [*(goal.script_names if goal else ()), *(name for name in job.packs if name not in journey.packs)]
    return looks, scripts, bool(goal and goal.scripts)


def _budget(job: Job, most: Budget) -> Budget:
    """What one run may spend: no more than any run may."""
    own = job.budget
    money = [each for each in (own.money, most.money) if each is not None]
    return replace(
        most,
        tokens=min(own.tokens or most.tokens, most.tokens),
        calls=min(own.calls or most.calls, most.calls),
        seconds=min(own.seconds or most.seconds, most.seconds),
        money=min(money, default=None),
    )


def _heard(connection: sa.Connection, journey: Journey, job: Job, nonce: str) -> Iterator[str]:
    """Words of others: another job's last output, and what lies in the working folder. A run that is told them is tainted."""
    last = jobs.last_ended(connection, job.context_from) if job.context_from else None
    if last is not None:
        when = f"{last.ended_at or last.due:%Y-%m-%d %H:%M} UTC"
        yield f"The job {last.job} said at {when} ({last.state}):"
        yield fenced(excerpt(journey.redact(last.output) or "(nothing)", MOST_TOLD).text, nonce)
    elif job.context_from:
        yield f"The job {job.context_from} has not said anything yet."
    if words := journey.read_workdir(job):
        yield f"In the working folder {job.workdir} stands:"
        yield fenced(excerpt(journey.redact(words), MOST_TOLD).text, nonce)
