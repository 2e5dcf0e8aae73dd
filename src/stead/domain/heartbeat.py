"""Heartbeats: something reports again and again, and its silence is what is told. Pure; the meaning of signals is healthchecks.io's
(https://healthchecks.io/docs/http_api/).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from stead.domain.evidence import Evidence
from stead.domain.finding import Finding, Severity
from stead.domain.schedule import Schedule
from stead.domain.subject import Subject

HOOK = "stead/heartbeat"
"""Under which what is missing is heard. No hook of the configuration can be called so."""
CHECK = "heartbeat"


EARLY = timedelta(minutes=1)
"""A report may come this much before its time, by another machine's clock."""
NEVER = timedelta(days=36_500)


class Signal(StrEnum):
    """SUCCESS it is done · START it begins · FAIL it went wrong · LOG only words."""

    SUCCESS = "success"
    START = "start"
    FAIL = "fail"
    LOG = "log"


class State(StrEnum):
    """WAITING it was never heard of · UP · STARTED it said that it begins · DOWN it failed, or should have been heard of by now."""

    WAITING = "waiting"
    UP = "up"
    STARTED = "started"
    DOWN = "down"


@dataclass(frozen=True, slots=True, kw_only=True)
class Beat:
    """A sign of life that came in another way than by the heartbeat's own address: Alertmanager's Watchdog."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Heartbeat:
    """What is expected: a report `every` so often, or by a `schedule` instead, `grace` later at most."""

    name: str
    title: str
    every: timedelta
    grace: timedelta
    schedule: Schedule | None = None
    severity: Severity = Severity.WARNING
    estate: str = ""

    def next_after(self, moment: datetime) -> datetime:
        """When the report after the one of `moment` is expected."""
        if self.schedule is None:
            return moment + self.every
        return self.schedule.next_after(moment + EARLY) or moment + NEVER


@dataclass(frozen=True, slots=True, kw_only=True)
class Pulse:
    """What is known. `since` when it was first waited for, or Stead last began to listen · `down` it is told to be missing ·
    `failed` it said so itself, `code` the exit code that it gave · `said` its last words, cleaned."""

    name: str
    since: datetime
    last_at: datetime | None = None
    started_at: datetime | None = None
    down: bool = False
    failed: bool = False
    code: int | None = None
    said: str = ""

    @property
    def state(self) -> State:
        if self.down:
            return State.DOWN
        if self.started_at is not None:
            return State.STARTED
        return State.WAITING if self.last_at is None else State.UP


def expected(rule: Heartbeat, pulse: Pulse, listening_since: datetime) -> datetime:
    """When the next report is expected: after the last one, or when a run began that has to end within the grace.

    What fell into a time in which nobody listened is given the grace once more.
    """
    at = rule.next_after(pulse.last_at or pulse.since)
    if pulse.started_at is not None:
        at = min(at, pulse.started_at)
    return max(at, listening_since)


def deadline(rule: Heartbeat, pulse: Pulse, listening_since: datetime) -> datetime | None:
    """When its silence is told, unless it reports; None when that is told already."""
    return None if pulse.down else expected(rule, pulse, listening_since) + rule.grace


def missing(rule: Heartbeat, pulse: Pulse, estate: str, now: datetime) -> Finding:
    """What is wrong with one that is down."""
    words = _words(rule, pulse, now)
    last = "never" if pulse.last_at is None else _time(pulse.last_at, now)
    evidence = [Evidence(what="last heard of", value=last, command="stead heartbeats list")]
    if pulse.started_at is not None:
        evidence.append(Evidence(what="its run began", value=_time(pulse.started_at, now)))
    if pulse.said:
        evidence.append(Evidence(what="it says", value=pulse.said, tainted=True))
    return Finding(
        check=f"{CHECK}/{rule.name}",
        subject=Subject(estate=estate, api_version="stead/v1", kind="Heartbeat", name=rule.name),
        reason="Missing",
        summary=f"{rule.title} {words}",
        severity=rule.severity,
        evidence=tuple(evidence),
        since=now,
    )


def _words(rule: Heartbeat, pulse: Pulse, now: datetime) -> str:
    if pulse.failed:
        return "failed" + (f" with exit code {pulse.code}" if pulse.code else "")
    if pulse.started_at is not None and pulse.started_at + rule.grace <= now:
        return f"began at {_time(pulse.started_at, now)} and has not ended"
    if pulse.last_at is None:
        return f"has never reported, and is waited for since {_time(pulse.since, now)}"
    return f"has not reported since {_time(pulse.last_at, now)}"


def _time(at: datetime, now: datetime) -> str:
    """`03:10 UTC`, with the day where that is not this one."""
    return f"{at:%H:%M} UTC" if at.date() == now.date() else f"{at:%Y-%m-%d %H:%M} UTC"
