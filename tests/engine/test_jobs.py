"""Jobs run at their time, once each; what they come to is told, or why not is written down."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from tests.engine.conftest import OnCall, broken

from stead.domain.errors import UserError
from stead.domain.job import Job, JobKind, JobRun, JobState, Misfire, Overlap
from stead.domain.people import Principal, PrincipalKind, Role
from stead.engine import scheduling
from stead.store import due, jobs

ADA = Principal(kind=PrincipalKind.PERSON, name="ada", role=Role.ADMIN)


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    return sqlite_url


def check(name: str = "health", schedule: str = "every 15m", **more: Any) -> Job:
    return Job(name=name, kind=JobKind.CHECK, schedule=schedule, **more)


async def has(on_call: OnCall, *wanted: Job) -> None:
    await on_call.stead.change(scheduling.apply, wanted, by=ADA)


async def history(on_call: OnCall, name: str = "health") -> list[JobRun]:
    """Oldest first."""
    return [*reversed(await on_call.stead.store.look(jobs.history, name, 10_000))]


async def comes(on_call: OnCall, number: int, state: JobState, name: str = "health") -> list[JobRun]:
    """Wait until the job's run at this position is in this state."""
    async with asyncio.timeout(20):
        while len(found := await history(on_call, name)) <= number or found[number].state is not state:
            await asyncio.sleep(0.01)
    return found


async def hurry(on_call: OnCall, until: datetime) -> None:
    """Let time pass from due time to due time, with each one taken; the runs may lag behind."""
    while (at := await on_call.stead.store.look(due.next_at)) is not None and at <= until:
        on_call.clock.advance(max(at - on_call.clock.now(), timedelta(0)))
        async with asyncio.timeout(20):
            while (left := await on_call.stead.store.look(due.next_at)) is not None and left <= on_call.clock.now():
                await asyncio.sleep(0)
    on_call.clock.advance(until - on_call.clock.now())


async def test_each_tick_of_a_week_is_taken_exactly_once_through_restarts(on_call: OnCall) -> None:
    start = on_call.clock.now()
    zone = ZoneInfo("Europe/Madrid")
    await has(on_call, check(schedule="every 1h"), check("night", "30 2 * * *", timezone="Europe/Madrid", misfire=Misfire.ALL))
    for day in range(1, 8):
        await hurry(on_call, start + timedelta(days=day, minutes=day))
        if day % 2:
            await on_call.restart()
    ticks = [run.due for run in await history(on_call)]
    first = start.replace(minute=0, second=0, microsecond=0)
    assert ticks == [first + timedelta(hours=n) for n in range(1, 1 + 7 * 24)]
    nights = [run.due.astimezone(zone) for run in await history(on_call, "night")]
    assert [f"{night:%H:%M}" for night in nights] == ["02:30"] * 7
    assert len({night.date() for night in nights}) == 7


async def test_what_came_while_nobody_was_there_is_made_up_for_as_each_job_says(on_call: OnCall) -> None:
    await on_call.estate.sees(complete=True)
    more: dict[str, Any] = {"within": timedelta(minutes=20), "overlap": Overlap.QUEUE}
    await has(on_call, *(check(str(misfire), misfire=misfire, **more) for misfire in Misfire))
    await on_call.stead.stop()
    on_call.clock.advance(timedelta(minutes=61))
    await on_call.restart()
    await on_call.passes(timedelta(minutes=15))
    for misfire, states, missed in (
        (Misfire.SKIP, ["missed", "done"], 4),
        (Misfire.ONCE, ["done", "done"], 3),
        (Misfire.ALL, ["missed", "done", "done", "done"], 2),
    ):
        found = await history(on_call, str(misfire))
        assert ([run.state.value for run in found], sum(run.missed for run in found)) == (states, missed)


async def test_a_quiet_check_says_nothing_and_why_is_written_down(on_call: OnCall) -> None:
    await on_call.estate.sees(complete=True)
    await has(on_call, check())
    await on_call.passes(timedelta(minutes=16))
    (run,) = await history(on_call)
    assert run.began_at is not None
    assert run.began_at - run.due < timedelta(seconds=1)
    assert (run.state, run.silent) == (JobState.DONE, "all is well: all checks quiet in home")
    assert on_call.chat.told == []


async def test_what_an_incident_tells_no_job_tells_again(on_call: OnCall) -> None:
    fault = broken("Pod", "web")
    await on_call.sees(complete=True)
    await on_call.sees(fault, after=timedelta(minutes=1))
    before = len(on_call.chat.messages)
    await has(on_call, check(), check("volumes", checks=("volume_filling",)), check("loud", always=True))
    await on_call.passes(timedelta(minutes=15))
    (run,), (other,) = await history(on_call), await history(on_call, "volumes")
    assert run.silent == "told already by I-1"
    assert "web is broken (I-1)" in run.output
    assert other.silent.startswith("all is well")
    assert [delivery.message.title for delivery in on_call.chat.messages[before:]] == ["loud: all checks in home: 1 firing"]


async def test_a_check_that_nobody_could_look_with_is_blind_and_told_once_and_when_it_is_over(on_call: OnCall) -> None:
    await has(on_call, check())
    await on_call.passes(timedelta(minutes=46))
    assert [run.state for run in await history(on_call)] == [JobState.BLIND] * 3
    assert [run.silent for run in await history(on_call)][1:] == ["J-1 has told it, and it is still so"] * 2
    assert [delivery.message.title for delivery in on_call.chat.told] == ["health: blind: all checks in home: 1 blind"]
    await on_call.sees(complete=True, after=timedelta(minutes=15))
    assert on_call.chat.last.title == "health works again"
    assert on_call.chat.last.resolved
    assert len(on_call.chat.messages) == 1


async def test_a_time_that_comes_while_the_job_runs_is_skipped_or_waits_or_replaces_the_run(on_call: OnCall) -> None:
    await on_call.sees(complete=True)
    await on_call.sees(broken("Pod", "web"), after=timedelta(minutes=1))
    on_call.estate.may_look.clear()
    await has(on_call, *(check(str(overlap), overlap=overlap) for overlap in Overlap))
    on_call.clock.advance(timedelta(minutes=15))
    for overlap in Overlap:
        await comes(on_call, 0, JobState.RUNNING, str(overlap))
    await on_call.estate.looking.wait()
    on_call.clock.advance(timedelta(minutes=15))
    skipped = await comes(on_call, 1, JobState.SKIPPED, "skip")
    assert "is still under way" in skipped[1].silent
    await comes(on_call, 1, JobState.WAITING, "queue")
    replaced = await comes(on_call, 0, JobState.CANCELLED, "replace")
    assert replaced[0].note.startswith("replaced by the run of")
    await comes(on_call, 1, JobState.RUNNING, "replace")
    on_call.estate.may_look.set()
    await comes(on_call, 0, JobState.DONE, "skip")
    await comes(on_call, 1, JobState.DONE, "queue")
    await comes(on_call, 1, JobState.DONE, "replace")
    assert (await history(on_call, "replace"))[0].state is JobState.CANCELLED


async def test_a_paused_job_rests_and_makes_up_for_nothing(on_call: OnCall) -> None:
    await on_call.estate.sees(complete=True)
    await has(on_call, check())
    await on_call.stead.change(scheduling.pause, "health", by=ADA)
    await on_call.restart()
    await on_call.passes(timedelta(minutes=31))
    assert await history(on_call) == []
    await on_call.stead.change(scheduling.resume, "health", by=ADA)
    await on_call.passes(timedelta(minutes=15))
    assert [run.missed for run in await history(on_call)] == [0]


async def test_a_job_that_comes_once_comes_once(on_call: OnCall) -> None:
    await on_call.estate.sees(complete=True)
    at = on_call.clock.now() + timedelta(minutes=5)
    await has(on_call, check(schedule=f"at {at:%Y-%m-%dT%H:%M:%S}"))
    await on_call.passes(timedelta(minutes=10))
    await on_call.restart()
    await on_call.passes(timedelta(minutes=10))
    assert len(await history(on_call)) == 1


async def test_words_that_change_miss_no_tick_a_new_schedule_counts_anew_and_an_agent_makes_none(on_call: OnCall) -> None:
    await has(on_call, check())
    before = await on_call.stead.store.look(jobs.get, "health")
    await has(on_call, check(description="how it is"))
    assert (await on_call.stead.store.look(jobs.get, "health")).next_at == before.next_at
    await has(on_call, check(schedule="every 1h"))
    assert (await on_call.stead.store.look(jobs.get, "health")).next_at != before.next_at

    agent = Principal(kind=PrincipalKind.AGENT, name="reporter", role=Role.ADMIN)
    with pytest.raises(UserError, match="an agent makes and runs no jobs"):
        await on_call.stead.change(scheduling.apply, [check()], by=agent)
