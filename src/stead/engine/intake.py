"""Intake: what an estate saw becomes transitions, and transitions become a stored trigger, before anything is acknowledged.

The findings, the trigger, its events and the enqueue of its workflow are one transaction. If that transaction never was, the next
pass over the estate sees the same again: nothing is lost either way.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from stead.domain import ids
from stead.domain.cleaning import clean
from stead.domain.finding import Finding, FindingState
from stead.domain.trigger import Change, Sightings, Transition, Trigger
from stead.engine import evidence
from stead.engine.faults import fault_point
from stead.engine.journey import Journey
from stead.store import estates, events, findings, triggers
from stead.store.findings import StoredFinding

TAKEN_ALONG = timedelta(seconds=10)
"""How new a trigger that still waits must be to take a newer one along with it; whatever holds an older one up may hold it for good."""


async def watch(journey: Journey, estate_id: str) -> None:
    """Receive whatever the estate sees, until cancelled."""
    async for sightings in journey.estates[estate_id].sightings():
        await journey.store.run(receive, journey, sightings)


def receive(connection: sa.Connection, journey: Journey, sightings: Sightings) -> str | None:
    """Store what changed and enqueue its triage. The trigger's id, or None when nothing changed."""
    sightings = replace(sightings, seen=tuple(clean(finding, journey.redact) for finding in sightings.seen))
    known = _known(connection, sightings)
    refreshed = _refreshed(known, sightings)
    for finding in refreshed:
        findings.save(connection, finding, journey.now())
    evidence.came(connection, journey, ((known[finding.fingerprint], finding) for finding in refreshed))
    changes = transitions(known, sightings)
    trigger = Trigger(id=uuid.uuid4().hex, estate=sightings.estate, at=sightings.at, transitions=changes)
    if sightings.complete and not estates.is_known(connection, sightings.estate):
        estates.take_on(connection, sightings.estate, trigger.id if changes else "", sightings.at)
    if not changes:
        return None
    for change in changes:
        _store(connection, journey, change)
    coming = triggers.waits(connection, sightings.estate, journey.now() - TAKEN_ALONG)
    triggers.add(connection, trigger)
    fault_point("intake.before-enqueue")
    if not coming:
        journey.queue.enqueue(connection, "intake", ids.trigger_workflow(trigger.id), trigger.id)
    fault_point("intake.before-commit")
    return trigger.id


def _known(connection: sa.Connection, sightings: Sightings) -> Mapping[str, StoredFinding]:
    """What is open of all that these sightings could change."""
    if sightings.complete:
        return findings.open_findings(connection, sightings.estate)
    return findings.some(connection, {*(finding.fingerprint for finding in sightings.seen), *sightings.gone})


def transitions(known: Mapping[str, StoredFinding], sightings: Sightings) -> tuple[Transition, ...]:
    """What is new, differs in what matters, or is gone, compared with the open findings. Pure."""
    changes: list[Transition] = []
    for finding in sightings.seen:
        before = known.get(finding.fingerprint)
        if before is None:
            # What may still come right by its deadline is not told to anybody yet; what was a fault, and may be coming right, is one
            # until it is gone: a container between two crashes is not well.
            if finding.state is not FindingState.PROGRESSING:
                changes.append(Transition(change=Change.OPENED, finding=finding))
        elif finding.state is not FindingState.PROGRESSING and _matters(before.finding) != _matters(finding):
            changes.append(Transition(change=Change.CHANGED, finding=finding))
    gone = _gone(known, sightings)
    changes.extend(Transition(change=Change.CLOSED, finding=known[fingerprint].finding) for fingerprint in gone)
    return tuple(changes)


def _gone(known: Mapping[str, StoredFinding], sightings: Sightings) -> list[str]:
    if not sightings.complete:
        return [fingerprint for fingerprint in sightings.gone if fingerprint in known]
    seen = {finding.fingerprint for finding in sightings.seen}
    # What a blind check would have had to see is not gone: nobody looked.
    return [f for f, stored in known.items() if f not in seen and _looked_at(stored.finding, sightings)]


def _looked_at(finding: Finding, sightings: Sightings) -> bool:
    subject = finding.subject
    # What was heard from elsewhere no check of the estate could have seen.
    return not finding.heard and finding.check not in sightings.blind_checks and (subject.group, subject.kind) not in sightings.unseen


def _refreshed(known: Mapping[str, StoredFinding], sightings: Sightings) -> list[Finding]:
    """Open findings whose words or evidence moved on (a restart more) without anything that matters having changed."""
    told = [f for f in sightings.seen if f.state is not FindingState.PROGRESSING]
    pairs = [(known[f.fingerprint].finding, f) for f in told if f.fingerprint in known]
    return [new for old, new in pairs if _matters(old) == _matters(new) and old != new]


def _matters(finding: Finding) -> tuple[Any, ...]:
    causes = frozenset(subject.key for subject in finding.depends_on)
    return (finding.state, finding.severity, finding.instances, causes, finding.blames and finding.blames.key, finding.labels)


def _store(connection: sa.Connection, journey: Journey, transition: Transition) -> None:
    finding = transition.finding
    if transition.change is Change.CLOSED:
        findings.close(connection, finding.fingerprint, journey.now())
    else:
        findings.save(connection, finding, journey.now())
    events.record(
        connection,
        f"finding.{transition.change}",
        at=journey.now(),
        estate=finding.subject.estate,
        data={
            "fingerprint": finding.fingerprint,
            "check": finding.check,
            "state": finding.state,
            "severity": finding.severity,
            "subject": str(finding.subject),
            "top": str(finding.top) if finding.top else "",
            "reason": finding.reason,
            "summary": finding.summary,
            "count": max(len(finding.instances), 1),
        },
    )
