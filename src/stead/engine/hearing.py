"""Hearing: alerts of other systems become findings, each about the object that it names, and are stored before they are acknowledged.
They are acknowledged from the inbox, and heard in the order in which they came.

Alerts of one name about one object, or about several of one owner, are one finding: it opens with the first of them and closes with the
last. A re-send changes nothing. What is never said to be over is over when it has not been heard of for as long as its hook says.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import reduce

import sqlalchemy as sa

from stead.domain.alert import HOST_API, UNIT, Alert, about, candidates, finding_of
from stead.domain.finding import Finding, merge
from stead.domain.subject import Subject
from stead.domain.trigger import Sightings
from stead.engine import intake
from stead.engine.faults import fault_point
from stead.engine.journey import Journey
from stead.ports import Estate, Locator
from stead.store import alerts, due
from stead.store.alerts import Heard
from stead.store.columns import as_kept
from stead.store.inbox import Entry, Inbox

OUTSIDE = "outside"
"""The estate of what is heard where no estate is watched."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One alert as it came in by the hook of that name; `estate` is what the hook is for, "" for any."""

    hook: str
    alert: Alert
    estate: str = ""


def understand(journey: Journey, messages: Iterable[Message]) -> list[Heard]:
    """Each as a finding about the object that its labels name. Looks at what estates remember, and asks none of them anything."""
    return [_understood(journey, message) for message in messages]


def take(connection: sa.Connection, journey: Journey, inbox: Inbox, entries: Sequence[Entry]) -> None:
    """Hear what waits in the inbox, unless it was heard before."""
    fresh = inbox.take(connection, entries)
    hear(connection, journey, [one for entry in fresh for one in entry.heard])


def hear(connection: sa.Connection, journey: Journey, heard: Sequence[Heard]) -> None:
    """Store what was heard, and have triage see what it changes. Hearing the same again changes nothing."""
    for part in _parts(heard):
        _hear(connection, journey, part)
    _expect(connection, journey)


def _parts(heard: Sequence[Heard]) -> list[list[Heard]]:
    """In their order, so that no alert both begins and ends in one part: what was over again at once was there all the same."""
    parts: list[list[Heard]] = [[]]
    firing: dict[alerts.Key, bool] = {}
    for one in heard:
        if firing.setdefault((one.hook, one.key), one.ended_at is None) != (one.ended_at is None):
            parts.append([])
            firing = {(one.hook, one.key): one.ended_at is None}
        parts[-1].append(one)
    return parts


def _hear(connection: sa.Connection, journey: Journey, heard: Sequence[Heard]) -> None:
    stored = alerts.some(connection, {(one.hook, one.key) for one in heard})
    changed: dict[alerts.Key, Heard] = {}
    touched: dict[str, Finding] = {}
    for one in heard:
        key = one.hook, one.key
        before = changed.get(key) or stored.get(key)
        if (after := _after(one, before)) is None:
            continue
        changed[key] = after
        touched[after.finding.fingerprint] = after.finding
        if before is not None:
            touched.setdefault(before.finding.fingerprint, before.finding)
    alerts.save(connection, changed.values(), journey.now(), stored)
    fault_point("hearing.before-findings")
    _tell(connection, journey, touched)


def expire(connection: sa.Connection, journey: Journey) -> None:
    """End the alerts that should have been heard of again by now."""
    now = journey.now()
    while late := alerts.overdue(connection, now):
        alerts.save(connection, [replace(one, ended_at=now) for one in late], now, {(one.hook, one.key) for one in late})
        _tell(connection, journey, {one.finding.fingerprint: one.finding for one in late})
    _expect(connection, journey)


def _after(one: Heard, before: Heard | None) -> Heard | None:
    """What is to be stored; None where that is stored already. One that goes on stays about the object that it was first about."""
    ongoing = before if before is not None and before.ended_at is None else None
    if one.ended_at is not None:
        return None if ongoing is None else replace(ongoing, ended_at=one.ended_at)
    if ongoing is None:
        return one
    same = replace(one.finding, subject=ongoing.finding.subject, top=ongoing.finding.top, depends_on=ongoing.finding.depends_on)
    fresh = replace(one, finding=same)
    return None if same == ongoing.finding and not _much_later(fresh.until, ongoing.until) else fresh


def _much_later(until: datetime | None, before: datetime | None) -> bool:
    """A re-send puts off the end, and is worth a write once that is more than a minute."""
    return until != before and (until is None or before is None or abs((until - before).total_seconds()) > _WORTH_A_WRITE)


_WORTH_A_WRITE = 60


def _tell(connection: sa.Connection, journey: Journey, touched: Mapping[str, Finding]) -> None:
    """Let intake compare each finding that was touched with what is known of it."""
    seen: dict[str, list[Finding]] = {}
    gone: dict[str, list[str]] = {}
    ongoing = alerts.ongoing(connection, touched)
    for fingerprint, finding in touched.items():
        if parts := ongoing.get(fingerprint):
            seen.setdefault(finding.subject.estate, []).append(reduce(merge, parts))
        else:
            gone.setdefault(finding.subject.estate, []).append(fingerprint)
    for estate in sorted({*seen, *gone}):
        sightings = Sightings(estate=estate, at=journey.now(), seen=tuple(seen.get(estate, ())), gone=tuple(gone.get(estate, ())))
        intake.receive(connection, journey, sightings)


def _expect(connection: sa.Connection, journey: Journey) -> None:
    """Have `expire` look when the first alert is due to be over."""
    until = alerts.next_until(connection)
    if until is not None:
        due.schedule(connection, "alerts", "until", until, f"alerts:{until.isoformat()}:{journey.now().isoformat()}")


def _understood(journey: Journey, message: Message) -> Heard:
    alert = message.alert
    subject, top = _place(journey.estates, alert, message.estate)
    finding = finding_of(alert, message.hook, subject, top, clean=journey.redact)
    if subject.kind == "Pod":
        on = tuple(other for other in candidates(alert.labels, subject.estate) if other.kind == "Node" and alert.labels.get("node"))
        finding = replace(finding, depends_on=on[:1])
    ended_at = None if alert.firing else journey.now()
    if alert.once and subject.kind == UNIT:
        alert = replace(alert, until=min(filter(None, (alert.until, journey.now() + TAKEN_OVER))))
    return Heard(hook=message.hook, key=as_kept(alert.key), finding=finding, until=alert.until, ended_at=ended_at)


TAKEN_OVER = timedelta(minutes=3)
"""After so long a check of Stead's own has looked at a host's units, and tells how it goes on."""


def _place(estates: Mapping[str, Estate], alert: Alert, only: str) -> tuple[Subject, Subject | None]:
    """The object that the alert is about, and its owner: the first that an estate knows, else the first that is named for certain."""
    places = [only] if only else [*estates] or [OUTSIDE]
    for place in places:
        estate = estates.get(place)
        if isinstance(estate, Locator):
            named = candidates(alert.labels, place)
            found = next(filter(None, map(estate.locate, named)), None)
            if only and found is None:
                found = estate.locate(Subject(estate=place, api_version=HOST_API, kind="Host", name=place))
            if found is not None:
                return _within(found, named)
    return about(alert, places[0]), None


def _within(found: tuple[Subject, Subject | None], named: Iterable[Subject]) -> tuple[Subject, Subject | None]:
    """A host remembers none of its units: one that is named beside it is its own."""
    unit = next((subject for subject in named if subject.kind == UNIT), None)
    return (unit, None) if unit is not None and found[0].kind == "Host" else found
