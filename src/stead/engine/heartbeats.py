"""Heartbeats: what reports is noted, what falls silent becomes a finding, and its return ends that, all in one transaction each.

The finding takes the way of what is heard from elsewhere (hearing.py): it opens an incident, and nothing acts on it.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import sqlalchemy as sa

from stead.domain.heartbeat import HOOK, Heartbeat, Pulse, Signal, deadline, missing
from stead.engine import hearing
from stead.engine.hearing import OUTSIDE
from stead.engine.journey import Journey
from stead.store import due, heartbeats
from stead.store.alerts import Heard

DUE, NEVER = "heartbeats", timedelta(0)
MOST_WORDS = 1000
"""Characters of what a report says that are kept: its end, where programs say how it went."""


def take_on(connection: sa.Connection, journey: Journey) -> None:
    """At the start: wait for those that are new, let go of those that are not expected any more, and expect all others anew."""
    known = {pulse.name: pulse for pulse in heartbeats.all_of(connection)}
    for name in known.keys() - journey.heartbeats.keys():
        _end(connection, journey, known[name])
    heartbeats.forget(connection, known.keys() - journey.heartbeats.keys())
    for name in journey.heartbeats.keys() - known.keys():
        heartbeats.save(connection, Pulse(name=name, since=journey.now()))
    _expect(connection, journey)


def ping(connection: sa.Connection, journey: Journey, name: str, signal: Signal, *, code: int | None = None, said: str = "") -> Pulse:
    """Note a report of the heartbeat; what is known of it then."""
    now = journey.now()
    before = heartbeats.find(connection, name) or Pulse(name=name, since=now)
    words = journey.redact(said.strip())[-MOST_WORDS:]
    after = replace(_after(before, signal, now), code=code if signal is Signal.FAIL else before.code, said=words or before.said)
    heartbeats.save(connection, after)
    if after.failed:
        _tell(connection, journey, after)
    elif before.down and not after.down:
        _end(connection, journey, before)
    _expect(connection, journey)
    return after


def miss(connection: sa.Connection, journey: Journey) -> None:
    """Tell of those that should have been heard of by now."""
    for pulse, at in _awaited(connection, journey):
        if at <= journey.now():
            down = replace(pulse, down=True)
            heartbeats.save(connection, down)
            _tell(connection, journey, down)
    _expect(connection, journey)


def _after(before: Pulse, signal: Signal, now: datetime) -> Pulse:
    match signal:
        case Signal.SUCCESS:
            return replace(before, last_at=now, started_at=None, down=False, failed=False)
        case Signal.FAIL:
            return replace(before, last_at=now, started_at=None, down=True, failed=True)
        case Signal.START:
            return replace(before, started_at=now)
        case Signal.LOG:
            return before


def _awaited(connection: sa.Connection, journey: Journey) -> list[tuple[Pulse, datetime]]:
    """Those that are not told to be missing, each with the moment at which it will be."""
    found: list[tuple[Pulse, datetime]] = []
    for pulse in heartbeats.all_of(connection):
        rule = journey.heartbeats.get(pulse.name)
        at = None if rule is None else deadline(rule, pulse, journey.listening_since)
        if at is not None:
            found.append((pulse, at))
    return found


def _expect(connection: sa.Connection, journey: Journey) -> None:
    """Have `miss` look when the first of them is due."""
    first = min((at for _, at in _awaited(connection, journey)), default=None)
    due.cancel(connection, DUE, "next")
    if first is not None:
        due.schedule(connection, DUE, "next", first, f"{DUE}:{first.isoformat()}:{journey.now().isoformat()}")


def _tell(connection: sa.Connection, journey: Journey, pulse: Pulse) -> None:
    rule = journey.heartbeats[pulse.name]
    finding = missing(rule, pulse, _estate(journey, rule), journey.now())
    hearing.hear(connection, journey, [Heard(hook=HOOK, key=pulse.name, finding=finding)])


def _end(connection: sa.Connection, journey: Journey, pulse: Pulse) -> None:
    rule = journey.heartbeats.get(pulse.name) or Heartbeat(name=pulse.name, title=pulse.name, every=NEVER, grace=NEVER)
    finding = missing(rule, pulse, _estate(journey, rule), journey.now())
    hearing.hear(connection, journey, [Heard(hook=HOOK, key=pulse.name, finding=finding, ended_at=journey.now())])


def _estate(journey: Journey, rule: Heartbeat) -> str:
    return rule.estate or next(iter(journey.estates), OUTSIDE)
