"""Placing: which incident a group of findings belongs to. One cause is one incident, also when the cause comes after its symptoms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from stead.domain.chain import Link, owner, relation
from stead.domain.delivery import Because
from stead.domain.finding import Finding
from stead.domain.grouping import Group
from stead.domain.impact import weigh
from stead.domain.incident import Incident, IncidentState
from stead.domain.trigger import Change, Trigger
from stead.engine import agenda, flaps, notify
from stead.engine.journey import Journey
from stead.engine.moves import move, record
from stead.store import actions, events, findings, incidents
from stead.store.findings import StoredFinding

MOST_REASONS = 20
"""Findings of which one event says why they are in the incident."""


class Placing:
    """One triage's placing: `known` open findings, and what `triggers` brought. What is to be said of it is said at the end, by `tell`."""

    def __init__(
        self, connection: sa.Connection, journey: Journey, known: Mapping[str, StoredFinding], triggers: Sequence[Trigger]
    ) -> None:
        self.connection, self.journey, self.known = connection, journey, known
        transitions = [transition for trigger in triggers for transition in trigger.transitions]
        self.touched = {transition.finding.fingerprint for transition in transitions}
        self.since = min(trigger.at for trigger in triggers)
        returned = {t.finding.fingerprint for t in transitions if t.change is Change.OPENED}
        closed = [t.finding.fingerprint for t in transitions if t.change is Change.CLOSED]
        self.eased = findings.homes(connection, closed)
        # What opens anew belongs nowhere yet; where it was before is where it may return to.
        self.home = {f: None if f in returned else stored.incident for f, stored in known.items()}
        self.opened: list[int] = []
        self._to_tell: dict[int, Because] = {}
        self._to_pursue: set[int] = set()
        self._open: dict[int, bool] = {}

    def concerns(self, found: Group) -> bool:
        """Whether anything of the group is new, has changed, or is in an incident of which something fell quiet."""
        homes = {self.home[finding.fingerprint] for finding in found.findings}
        return None in homes or not self.eased.isdisjoint(homes) or any(f.fingerprint in self.touched for f in found.findings)

    def place(self, found: Group) -> None:
        """Put the group into the incident that its members are in, else a returning one, else a new one."""
        homes = {self.home[finding.fingerprint] for finding in found.findings}
        there = sorted(number for number in homes if number is not None and self._is_open(number))
        if there:
            self._join(found, *there)
            return
        returning = self._returning(found.cause)
        if returning is not None and returning.closed_at is None:
            if returning.flapping_since is not None:
                flaps.came_back(self.connection, self.journey, returning)
            self._join(found, returning.number)
        else:
            self._begin(found, returning)

    def placed(self) -> Mapping[str, StoredFinding]:
        """The open findings with the incidents that they are in now."""
        return {
            fingerprint: stored if stored.incident == self.home[fingerprint] else replace(stored, incident=self.home[fingerprint])
            for fingerprint, stored in self.known.items()
        }

    def tell(self) -> None:
        """Have each incident that was touched worked on and told."""
        for number in sorted(self._to_pursue):
            agenda.pursue(self.connection, self.journey, incidents.get(self.connection, number))
        for number, because in self._to_tell.items():
            if self._is_open(number):
                notify.tell(self.connection, self.journey, number, because, since=self.since)

    def _begin(self, found: Group, returning: Incident | None) -> None:
        cause, now = found.cause, self.journey.now()
        impact = weigh(found, self.journey.severity_rules)
        about: dict[str, Any] = {"severity": impact.severity, "title": title(cause), "cause": cause.fingerprint, "impact": impact.why}
        if returning is None:
            incident = incidents.opened(self.connection, estate=cause.subject.estate, now=now, **about)
        else:
            incidents.reopen(self.connection, returning.number, now=now)
            incident = incidents.restate(self.connection, returning.number, **about)
        number = incident.number
        self._open[number] = True
        self._assign(found, number)
        record(self.connection, self.journey, "incident.opened", incident)
        self._say_why(found, number, found.findings)
        self.opened.append(number)
        self._to_pursue.add(number)
        self._to_tell[number] = Because.FIRST if returning is None else Because.REOPENED

    def _join(self, found: Group, keep: int, *others: int) -> None:
        newcomers = self._assign(found, keep)
        for other in others:
            self._fold(other, keep)
        if keep not in self._to_tell:
            self._restate(found, keep, newcomers)

    def _restate(self, found: Group, number: int, newcomers: Sequence[Finding]) -> None:
        """Say what the incident is about by what is known now: a cause may come after its symptoms, and they weigh more or less."""
        before, cause = incidents.get(self.connection, number), found.cause
        impact = weigh(found, self.journey.severity_rules)
        worse, moved = impact.severity.rank > before.severity.rank, before.cause != cause.fingerprint
        self._to_tell[number] = Because.WORSE if worse else Because.CAUSE if moved else Because.MOVED
        if newcomers or moved or impact.severity is not before.severity:
            after = incidents.restate(
                self.connection, number, severity=impact.severity, title=title(cause), cause=cause.fingerprint, impact=impact.why
            )
            record(self.connection, self.journey, "incident.moved", after)
        if newcomers or moved:
            self._say_why(found, number, found.findings if moved else newcomers)
        if newcomers:
            self._to_pursue.add(number)

    def _assign(self, found: Group, number: int) -> list[Finding]:
        """Move the group's findings into the incident; those that were not in it before."""
        newcomers = [finding for finding in found.findings if self.home[finding.fingerprint] != number]
        findings.assign(self.connection, [finding.fingerprint for finding in newcomers], number)
        self.home.update((finding.fingerprint, number) for finding in newcomers)
        return newcomers

    def _fold(self, number: int, into: int) -> None:
        """An incident turned out to be a symptom of another: it ends, and says where it went on."""
        rest = [f for f, home in self.home.items() if home == number]
        findings.assign(self.connection, rest, into)
        self.home.update(dict.fromkeys(rest, into))
        for stored in actions.of_incident(self.connection, number):
            if agenda.waits_for_person(stored.action):
                agenda.void(self.connection, self.journey, stored.action.id, f"its incident is part of I-{into} now")
        if move(self.connection, self.journey, number, IncidentState.RESOLVED, f"part of I-{into}"):
            self._open[number] = False
            notify.tell(self.connection, self.journey, number, Because.RESOLVED)

    def _returning(self, cause: Finding) -> Incident | None:
        """What this is the return of: an incident of this cause, or of another fault of its owner, that is open (it flaps, or its fix is
        being proven) or was until a short while ago."""
        estate, since = cause.subject.estate, self.journey.now() - self.journey.timing.reopen_within
        same = incidents.open_of_cause(self.connection, estate, cause.fingerprint)
        if same is not None:
            return incidents.get(self.connection, same)
        ended = incidents.recently_resolved(self.connection, estate, cause.fingerprint, since)
        past = self.known[cause.fingerprint].incident
        if ended is not None or past is None:
            return ended
        incident = incidents.find(self.connection, past)
        if incident is None or (incident.closed_at is not None and incident.closed_at < since):
            return None
        was = findings.find(self.connection, incident.cause)
        return incident if was is not None and owner(was.finding).key == owner(cause).key else None

    def _is_open(self, number: int) -> bool:
        if number not in self._open:
            self._open[number] = incidents.get(self.connection, number).state is not IncidentState.RESOLVED
        return self._open[number]

    def _say_why(self, found: Group, number: int, newcomers: Sequence[Finding]) -> None:
        """Store why these findings are in this incident, for whoever asks later."""
        links = [
            Link(finding, parent, relation(finding, parent))
            for finding in newcomers[: MOST_REASONS + 1]
            if finding is not found.cause
            for parent in [found.explained_by.get(finding.fingerprint) or found.cause]
        ]
        data = {
            "title": title(found.cause),
            "cause": str(owner(found.cause)),
            "summary": found.cause.summary,
            "check": found.cause.check,
            "reasons": [str(link) for link in links[:MOST_REASONS]],
            "more": max(len(newcomers) - MOST_REASONS, 0),
        }
        estate = found.cause.subject.estate
        events.record(self.connection, "incident.grouped", at=self.journey.now(), estate=estate, incident=number, data=data)


def title(cause: Finding) -> str:
    """One line: what is wrong, with the owner that people know in place of a generated name."""
    summary = cause.summary if cause.top is None else cause.summary.replace(cause.subject.path, cause.top.path)
    return summary if (cause.top or cause.subject).name in summary else f"{cause.top or cause.subject}: {summary}"
