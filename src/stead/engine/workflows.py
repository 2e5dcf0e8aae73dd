"""The whole journey on one page: how the stages follow each other, durably.

    question → (due) talk: begin, (ask a model, look) …, answer
    goal → (due) goal: begin, look, (ask a model, look) …, end
    (due) tick → job: begin, work, conclude
    sightings → intake: triage ┬→ (due) pursue: propose, decide ┬→ act: preflight, intend, apply, conclude → (due) verify … → settled
                               │                                ├→ ask a person … answer → act        (due) expire
                               │                                └→ (due) investigate: begin, (ask a model, look) …, resolve, decide
                               └→ (due) deliver: send, record … (due) try again

Every arrow is an enqueue or a `due` row written in the transaction of what precedes it. Every step is either one transaction that
changes nothing the second time, or looks at the world before it touches it. No workflow waits: it ends, and a row brings on the next.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
import structlog
from dbos import DBOS

from stead.clocks import SystemClock
from stead.domain.errors import BlindError
from stead.domain.finding import Finding
from stead.domain.run import Brief
from stead.engine import (
    agenda,
    approvals,
    decide,
    deliver,
    following,
    giving_up,
    goal_runs,
    hearing,
    heartbeats,
    investigating,
    investigations,
    job_runs,
    keeping,
    mutes,
    notify,
    proposing,
    pursue,
    rehearsing,
    remediate,
    talking,
    triage,
    verify,
)
from stead.engine.faults import fault_point
from stead.engine.forgetting import forget_old
from stead.engine.investigate import Outcome
from stead.engine.journal import at_work, changed, forget_finished, once
from stead.engine.journey import Journey
from stead.engine.proposing import Resolved
from stead.engine.pursue import Proposals
from stead.ports import Observation
from stead.store import due, events, incidents, runs
from stead.store.codec import load_plain, plain

log = structlog.get_logger("stead.engine")

_bound: list[Journey] = []

FORGET_EVERY = timedelta(hours=1)


def bind(journey: Journey) -> None:
    """Have the workflows work on this journey. The durable engine is one in a process, and so is what it is bound to."""
    _bound[:] = [journey]


def journey() -> Journey:
    return _bound[0]


@DBOS.workflow(name="intake", max_recovery_attempts=None)
async def intake(trigger: str) -> None:
    await _guarded("intake", trigger, _write("triage", triage.triage, trigger))


@DBOS.workflow(name="pursue", max_recovery_attempts=None)
async def pursue_incident(ref: str) -> None:
    await _guarded("pursue", ref, _pursue(int(ref)))


async def _pursue(number: int) -> None:
    segment = str(DBOS.workflow_id).removeprefix("inv:").replace(":", ".")
    proposals = load_plain(await once("propose", lambda: _propose(number)), Proposals)
    fault_point("pursue.before-decide")
    if proposals.blind:
        await _write("look-again", _look_again, number, proposals.blind)
    else:
        await _write("decide", decide.decide, number, proposals.made, segment, proposals.nothing)
        await _write("consider", investigations.consider, number)


async def _propose(number: int) -> Any:
    return plain(await journey().there(lambda: rehearsing.rehearsed(journey(), pursue.propose(journey(), number))))


def _look_again(connection: sa.Connection, bound: Journey, number: int, why: str) -> None:
    incident = incidents.get(connection, number)
    _say(connection, bound, incident.estate, number, f"could not look: {why}")
    agenda.pursue(connection, bound, incident, bound.now() + giving_up.LIFE_EVERY)


@DBOS.workflow(name="investigate", max_recovery_attempts=None)
async def investigate_incident(ref: str) -> None:
    await _guarded("investigate", ref, _investigate(int(ref)))


async def _investigate(number: int) -> None:
    begun = await _write("begin", investigations.begin, number)
    if begun is None:
        return
    outcome, found = await investigating.play(journey(), number, load_plain(begun, Brief), await _steps_of_runs())
    fault_point("investigate.before-resolve")
    resolved = load_plain(await once("resolve", lambda: _resolve(number, outcome, found)), Resolved)
    await _write("end", investigations.end, number, outcome, resolved)


async def _steps_of_runs() -> investigating.Step:
    """A run's own record keeps its steps, and twice is once too often: each writing costs milliseconds. Before 0.2 the engine did, too."""
    return _at_once if await changed("steps-in-the-record-of-a-run") else once


async def _at_once(_name: str, work: Callable[[], Coroutine[Any, Any, Any]]) -> Any:
    return await work()


async def _resolve(number: int, outcome: Outcome, found: list[Finding]) -> Any:
    if outcome.conclusion is None:
        return plain(Resolved())
    conclusion, tainted = outcome.conclusion, outcome.tainted
    run = await journey().store.look(runs.get, number)
    resolving = proposing.resolve(journey(), run, conclusion, found, tainted=tainted)
    return plain(await journey().there(lambda: rehearsing.rehearsed(journey(), resolving)))


@DBOS.workflow(name="goal", max_recovery_attempts=None)
async def pursue_goal(ref: str) -> None:
    """A run for a goal that is not an open incident."""
    await _guarded("goal", ref, _goal(int(ref)))


async def _goal(number: int) -> None:
    begun = await _write("begin", goal_runs.begin, number)
    if begun is None:
        return
    outcome = await investigating.pursue_goal(journey(), number, load_plain(begun, Brief), await _steps_of_runs())
    await _write("end", goal_runs.end, number, outcome)


@DBOS.workflow(name="talk", max_recovery_attempts=None)
async def talk(ref: str) -> None:
    """Answer a person's question."""
    await _guarded("talk", ref, _talk(int(ref)))


async def _talk(number: int) -> None:
    if older := await _write("older", talking.older, number):
        summary = await investigating.sum_up(journey(), number, older, once)
        await _write("sum-up", talking.sum_up, number, summary)
    begun = await _write("begin", talking.begin, number)
    if begun is None:
        return
    outcome = await investigating.talk(journey(), number, load_plain(begun, Brief), await _steps_of_runs())
    fault_point("talk.before-answer")
    await _write("answer", talking.end, number, outcome)


@DBOS.workflow(name="job", max_recovery_attempts=None)
async def run_job(ref: str) -> None:
    """One run of a job."""
    await _guarded("job", ref, job_runs.play(journey(), int(ref), once, _write))


@DBOS.workflow(name="jobs", max_recovery_attempts=None)
async def run_jobs(ref: str) -> None:
    """Runs of jobs that came at the same moment."""
    await _guarded("jobs", ref, job_runs.play_together(journey(), [*map(int, ref.split(","))], once))


@DBOS.workflow(name="session", max_recovery_attempts=None)
async def age_session(ref: str) -> None:
    """A session may have rested long enough."""
    await _guarded("session", ref, _write("age", talking.age, ref))


@DBOS.workflow(name="act", max_recovery_attempts=None)
async def act(ref: str) -> None:
    await _guarded("act", ref, _act(ref))


async def _act(ref: str) -> None:
    action, _, attempt = ref.partition("#")
    looked = load_plain(await once("preflight", lambda: _preflight(action)), remediate.Preflight)
    fault_point("act.before-intent")
    if not await _write("intend", remediate.intend, action, looked):
        return
    fault_point("act.after-intent")
    result = load_plain(await once("apply", lambda: _apply(action)), remediate.Result)
    fault_point("act.before-outcome")
    await _write("conclude", remediate.conclude, action, result, int(attempt or 1))


async def _preflight(action: str) -> Any:
    return plain(await journey().there(lambda: remediate.preflight(journey(), action)))


async def _apply(action: str) -> Any:
    return plain(await journey().there(lambda: remediate.apply(journey(), action)))


@DBOS.workflow(name="verify", max_recovery_attempts=None)
async def verify_action(ref: str) -> None:
    await _guarded("verify", ref, _verify(ref))


async def _verify(ref: str) -> None:
    action, _, position = ref.partition("#")
    observation = load_plain(await once("look", lambda: _look(action)), Observation)
    fault_point("verify.before-weigh")
    if await _write("weigh", verify.weigh, action, int(position), observation):
        await once("undo", lambda: _undo(action))


async def _look(action: str) -> Any:
    return plain(await journey().there(lambda: verify.look(journey(), action)))


async def _undo(action: str) -> None:
    try:
        await journey().there(lambda: verify.undo(journey(), action))
    except BlindError as error:
        log.warning("the way back could not be proposed", action=action, error=str(error))


@DBOS.workflow(name="follow", max_recovery_attempts=None)
async def follow(ref: str) -> None:
    """What an action made may have been taken up, or not."""
    await _guarded("follow", ref, _follow(ref))


async def _follow(ref: str) -> None:
    action, _, position = ref.partition("#")
    looked = load_plain(await once("look", lambda: _look_after(action)), following.Looked)
    await _write("take", following.take, action, int(position), looked)


async def _look_after(action: str) -> Any:
    return plain(await journey().there(lambda: following.look(journey(), action)))


@DBOS.workflow(name="expire", max_recovery_attempts=None)
async def expire(ref: str) -> None:
    await _guarded("expire", ref, _write("expire", approvals.expire, int(ref)))


@DBOS.workflow(name="remind", max_recovery_attempts=None)
async def remind(ref: str) -> None:
    """A question still waits."""
    await _guarded("remind", ref, _write("remind", approvals.remind, int(ref)))


@DBOS.workflow(name="calm", max_recovery_attempts=None)
async def calm(ref: str) -> None:
    """An incident that came and went may have kept still."""
    await _guarded("calm", ref, _write("calm", triage.calm, int(ref)))


@DBOS.workflow(name="mutes", max_recovery_attempts=None)
async def review_mutes(ref: str) -> None:
    """A silence or a maintenance window has begun or ended."""
    await _guarded("mutes", ref, _write("review", mutes.turn))


@DBOS.workflow(name="alerts", max_recovery_attempts=None)
async def end_alerts(ref: str) -> None:
    """Alerts that were not sent again are over."""
    await _guarded("alerts", ref, _write("expire", hearing.expire))


@DBOS.workflow(name="escalate", max_recovery_attempts=None)
async def escalate(ref: str) -> None:
    """Nobody has acknowledged an incident in time."""
    await _guarded("escalate", ref, _write("escalate", notify.escalate, int(ref)))


@DBOS.workflow(name="repeat", max_recovery_attempts=None)
async def repeat(ref: str) -> None:
    """A route wants an incident said once more."""
    await _guarded("repeat", ref, _write("repeat", notify.repeat, ref))


@DBOS.workflow(name="heartbeats", max_recovery_attempts=None)
async def miss_heartbeats(ref: str) -> None:
    """What should have reported by now has not."""
    await _guarded("heartbeats", ref, _write("miss", heartbeats.miss))


@DBOS.workflow(name="gather", max_recovery_attempts=None)
async def gather(ref: str) -> None:
    """Something that waited on a channel is told together."""
    await _guarded("gather", ref, _write("gather", keeping.gather, ref))


@DBOS.workflow(name="deliver", max_recovery_attempts=None)
async def deliver_message(ref: str) -> None:
    await _guarded("deliver", ref, _deliver(int(ref)))


async def _deliver(delivery_id: int) -> None:
    worker = str(DBOS.workflow_id)
    begun = await once("begin", lambda: _begin(delivery_id, worker))
    if begun is None:
        return
    delivery = load_plain(begun, deliver.Delivery)
    came = load_plain(await once("send", lambda: _send(delivery)), deliver.Try)
    fault_point("deliver.before-record")
    await _write("record", deliver.conclude, delivery, came)


async def _begin(delivery_id: int, worker: str) -> Any:
    return plain(await journey().store.run(deliver.begin, delivery_id, worker))


async def _send(delivery: deliver.Delivery) -> Any:
    return plain(await journey().there(lambda: deliver.send(journey(), delivery)))


@DBOS.workflow(name="forget", max_recovery_attempts=None)
async def forget(_ref: str) -> None:
    """Delete what ended long ago, and its journal; the next time is written first, so that one failure is not the last time."""
    await _write("next", schedule_forgetting)
    await once("forget", _forget)
    await once("forget-old", lambda: forget_old(journey()))


async def _forget() -> int:
    # The durable engine writes down when by the wall clock, whatever clock Stead itself runs on.
    return await asyncio.to_thread(forget_finished, SystemClock().now() - journey().timing.keep_finished)


def schedule_forgetting(connection: sa.Connection, bound: Journey) -> None:
    at = bound.now() + FORGET_EVERY
    due.schedule(connection, "forget", "journal", at, f"forget:{at.isoformat()}")


async def _write(name: str, work: Any, *args: Any) -> Any:
    """One step that is one transaction: `work(connection, journey, *args)`."""

    async def transaction() -> Any:
        return plain(await journey().store.run(work, journey(), *args))

    return await once(name, transaction)


async def _guarded(kind: str, ref: str, work: Coroutine[Any, Any, Any]) -> None:
    """Begin a workflow anew that failed for no foreseen reason; after five lives give it up aloud. Nothing ends in silence."""
    with at_work(str(DBOS.workflow_id)):
        try:
            await work
        except Exception as error:
            log.exception("a workflow failed", kind=kind, ref=ref)
            said = f"{type(error).__name__}: {error}"
            await _write("failed", giving_up.failed, kind, ref, str(DBOS.workflow_id), said)


def _say(connection: sa.Connection, bound: Journey, estate: str, incident: int | None, text: str) -> None:
    events.record(connection, "run.step", at=bound.now(), estate=estate, incident=incident, data={"said": text})
