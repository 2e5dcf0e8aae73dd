"""Triage: findings that share a cause become one incident; an incident whose findings have all fallen quiet is over.

The only place that makes incidents. Pure database work in one transaction, so doing it twice is doing it once.
"""

from __future__ import annotations

import sqlalchemy as sa

from stead.domain.delivery import Because
from stead.domain.finding import Finding
from stead.domain.grouping import Group, group
from stead.domain.incident import Incident, IncidentState
from stead.domain.muting import Mutes
from stead.engine import agenda, mutes, notify
from stead.engine.journey import Journey
from stead.store import actions, events, findings, incidents, triggers


def triage(connection: sa.Connection, journey: Journey, trigger_id: str) -> None:
    """Group what is open in the trigger's estate, place each group in an incident, and end those that are over."""
    if not triggers.finish(connection, trigger_id):
        return
    trigger = triggers.get(connection, trigger_id)
    estate = trigger.estate
    touched = {transition.finding.fingerprint for transition in trigger.transitions}
    known = findings.open_findings(connection, estate)
    home = {fingerprint: stored.incident for fingerprint, stored in known.items()}
    claimed: set[int] = set()
    muted = mutes.at_this_moment(connection, journey, (stored.finding for stored in known.values()))
    for found in group(stored.finding for stored in known.values()):
        if any(home[finding.fingerprint] is None or finding.fingerprint in touched for finding in found.findings):
            claimed.add(_place(connection, journey, found, home, claimed, muted))
    for number in incidents.fallen_quiet(connection, estate):
        settle(connection, journey, number)
    mutes.review(connection, journey, estate, findings.open_findings(connection, estate))


def settle(connection: sa.Connection, journey: Journey, number: int) -> bool:
    """End the incident if nothing of it is open and nothing is under way. Whether it is over."""
    if any(stored.closed_at is None for stored in findings.of_incident(connection, number)):
        return False
    under_way = [stored.action for stored in actions.of_incident(connection, number) if not stored.action.state.ended]
    if any(not agenda.waits_for_person(action) for action in under_way):
        return False
    for action in under_way:
        agenda.void(connection, journey, action.id, "what it was about is over")
    if move(connection, journey, number, IncidentState.RESOLVED):
        notify.tell(connection, journey, number, Because.RESOLVED)
    return True


def move(connection: sa.Connection, journey: Journey, number: int, state: IncidentState, note: str = "") -> bool:
    """Move the incident and record it; False when it is there already."""
    if not incidents.move(connection, number, state, journey.now(), note):
        return False
    incident = incidents.get(connection, number)
    name = "incident.closed" if state is IncidentState.RESOLVED else "incident.moved"
    _record(connection, journey, name, incident, note=note)
    return True


def _place(connection: sa.Connection, journey: Journey, found: Group, home: dict[str, int | None], claimed: set[int], muted: Mutes) -> int:
    """Put the group into the incident that its members are in, else a returning one, else a new one. Its number."""
    members = [finding.fingerprint for finding in found.findings]
    there = sorted({number for member in members if (number := home[member]) is not None and _is_open(connection, number)})
    if not there and (same := incidents.open_of_cause(connection, found.cause.subject.estate, found.cause.fingerprint)) is not None:
        there = [same]
    if not there:
        return _open(connection, journey, found, muted)
    keep, *others = there
    newcomers = [member for member in members if home[member] != keep]
    findings.assign(connection, newcomers, keep)
    for other in others:
        _fold(connection, journey, other, keep)
    if keep not in claimed:
        mutes.judge(connection, journey, keep, muted, found.cause, found.findings)
        _restate(connection, journey, keep, found, newcomers)
    return keep


def _is_open(connection: sa.Connection, number: int) -> bool:
    return incidents.get(connection, number).state is not IncidentState.RESOLVED


def _open(connection: sa.Connection, journey: Journey, found: Group, muted: Mutes) -> int:
    cause, now = found.cause, journey.now()
    estate, fingerprint = cause.subject.estate, cause.fingerprint
    returning = incidents.recently_resolved(connection, estate, fingerprint, now - journey.timing.reopen_within)
    if returning is None:
        incident = incidents.opened(connection, estate=estate, severity=found.severity, title=title(cause), cause=fingerprint, now=now)
    else:
        incident = incidents.reopen(connection, returning.number, severity=found.severity, title=title(cause), now=now)
    findings.assign(connection, [finding.fingerprint for finding in found.findings], incident.number)
    _record(connection, journey, "incident.opened", incident)
    mutes.judge(connection, journey, incident.number, muted, cause, found.findings)
    agenda.pursue(connection, journey, incident)
    notify.tell(connection, journey, incident.number, Because.FIRST if returning is None else Because.REOPENED)
    return incident.number


def _restate(connection: sa.Connection, journey: Journey, number: int, found: Group, newcomers: list[str]) -> None:
    """Say what the incident is about by what is known now: a cause may come after its symptoms."""
    before = incidents.get(connection, number)
    cause = found.cause
    worse = found.severity.rank > before.severity.rank
    if not newcomers and not worse and before.cause == cause.fingerprint:
        notify.tell(connection, journey, number, Because.MOVED)
        return
    incidents.restate(connection, number, severity=found.severity, title=title(cause), cause=cause.fingerprint)
    after = incidents.get(connection, number)
    _record(connection, journey, "incident.moved", after)
    if newcomers:
        agenda.pursue(connection, journey, after)
    notify.tell(connection, journey, number, Because.WORSE if worse else Because.MOVED)


def _fold(connection: sa.Connection, journey: Journey, number: int, into: int) -> None:
    """An incident turned out to be a symptom of another: it ends, and says where it went on."""
    for stored in findings.of_incident(connection, number):
        if stored.closed_at is None:
            findings.assign(connection, [stored.finding.fingerprint], into)
    for stored in actions.of_incident(connection, number):
        if agenda.waits_for_person(stored.action):
            agenda.void(connection, journey, stored.action.id, f"its incident is part of I-{into} now")
    if move(connection, journey, number, IncidentState.RESOLVED, f"part of I-{into}"):
        notify.tell(connection, journey, number, Because.RESOLVED)


def title(cause: Finding) -> str:
    """One line: what is wrong, with the owner that people know in place of a generated name."""
    summary = cause.summary if cause.top is None else cause.summary.replace(cause.subject.path, cause.top.path)
    return summary if (cause.top or cause.subject).name in summary else f"{cause.top or cause.subject}: {summary}"


def _record(connection: sa.Connection, journey: Journey, name: str, incident: Incident, note: str = "") -> None:
    stored = [s.finding for s in findings.of_incident(connection, incident.number) if s.closed_at is None]
    data = {
        "title": incident.title,
        "state": incident.state,
        "severity": incident.severity,
        "episode": incident.episode,
        "findings": len(stored),
        "instances": sum(max(len(finding.instances), 1) for finding in stored),
        "note": note,
    }
    events.record(connection, name, at=journey.now(), estate=incident.estate, incident=incident.number, data=data)
