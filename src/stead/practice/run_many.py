"""Many runs, two at a time: the durable engine is one to a process, so each worker is a process that plays one run after another."""

from __future__ import annotations

import asyncio
import multiprocessing
from collections.abc import Callable, Coroutine, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from stead.domain.errors import UserError
from stead.practice.grade import Grade, grade, of_plain
from stead.practice.run import run
from stead.practice.run_proofs import proofs
from stead.practice.scenario import Scenario
from stead.practice.thinkers import NOBODY, Thinker

R = TypeVar("R")

WORKERS = 2

Told = Callable[[str, int, int], None]
"""Is told at the beginning ("", 0) and after each: its name, how many are done, of how many."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proven:
    """The proofs of one scenario: what is wrong with it, nothing when it means what it says."""

    scenario: str
    wrong: tuple[str, ...]


def grades(
    scenarios: Sequence[Scenario], *, repeat: int = 1, policy: Path | None = None, model: Thinker = NOBODY, told: Told | None = None
) -> list[Grade]:
    """Play each `repeat` times; the grades by scenario, then by turn. UserError for a policy that cannot be used."""
    check_policy(policy)
    jobs = [(scenario, policy, model) for scenario in scenarios for _ in range(repeat)]
    if len(jobs) == 1:
        return [of_plain(_play(*jobs[0]))]
    return [of_plain(plain) for plain in _spread(_play, jobs, told)]


def proven(scenarios: Sequence[Scenario], *, told: Told | None = None) -> list[Proven]:
    """The proofs of each, in the same order."""
    found = _spread(_prove, [(scenario,) for scenario in scenarios], told)
    return [Proven(scenario=scenario.name, wrong=tuple(wrong)) for scenario, wrong in zip(scenarios, found, strict=True)]


def check_policy(policy: Path | None) -> None:
    """UserError with the line of the first mistake in the policy file."""
    from stead.app.config import settings_of
    from stead.app.discover import shelves
    from stead.app.furnish import policy_of

    if policy is not None:
        policy_of(settings_of({"policy": str(policy.absolute())}), shelves())


def _spread(work: Callable[..., R], jobs: Sequence[tuple[Any, ...]], told: Told | None) -> list[R]:
    """The results in the order of the jobs. What is not begun when this ends early (Ctrl-C) is not begun any more."""
    pool = ProcessPoolExecutor(min(WORKERS, len(jobs)), mp_context=multiprocessing.get_context("spawn"), initializer=_begin)
    try:
        futures: list[Future[R]] = [pool.submit(work, *job) for job in jobs]
        if told is not None:
            told("", 0, len(jobs))
        names = {future: str(job[0].name) for future, job in zip(futures, jobs, strict=True)}
        for done, future in enumerate(as_completed(futures), start=1):
            if told is not None:
                told(names[future], done, len(jobs))
        return [future.result() for future in futures]
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _begin() -> None:
    from stead.app import telemetry

    telemetry.configure(quiet=True)


def _play(scenario: Scenario, policy: Path | None, model: Thinker) -> dict[str, object]:
    """In a worker. What goes wrong in one run is its grade, and does not end the others."""
    return _unless_interrupted(_graded(scenario, policy, model)).plain()


_interrupted: list[bool] = []


def _unless_interrupted(work: Coroutine[Any, Any, R]) -> R:
    """Run it, unless a Ctrl-C was heard in this process: a job that was handed out before is then not begun."""
    if _interrupted:
        work.close()
        raise KeyboardInterrupt
    try:
        return asyncio.run(work)
    except KeyboardInterrupt:
        _interrupted.append(True)
        raise


async def _graded(scenario: Scenario, policy: Path | None, model: Thinker) -> Grade:
    try:
        return grade(scenario, await run(scenario, policy=policy, model=model), model.name)
    except UserError as error:
        return failed(scenario, error.what)
    except Exception as error:  # whatever it is, it belongs to this run
        return failed(scenario, f"the run failed: {_shortly(error)}")


def _shortly(error: Exception) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"


def failed(scenario: Scenario, why: str) -> Grade:
    """The grade of a run that could not be played."""
    return Grade(
        scenario=scenario.name,
        title=scenario.title,
        action=scenario.action,
        difficulty=scenario.difficulty,
        tags=scenario.tags,
        wanted=scenario.ending.value,
        ending="none",
        detected=False,
        top1=False,
        top3=False,
        named="",
        trouble=(why,),
    )


def _prove(scenario: Scenario) -> list[str]:
    try:
        return _unless_interrupted(proofs(scenario))
    except UserError as error:
        return [error.what]
    except Exception as error:  # it belongs to this scenario, and could not be carried to the other process
        return [f"the proof failed: {_shortly(error)}"]
