"""What a check says of a Subject, and the fingerprint by which it is known again."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from itertools import pairwise
from operator import itemgetter

from stead.domain.change import Change
from stead.domain.evidence import Evidence
from stead.domain.subject import Key, Subject


class Severity(StrEnum):
    INFO = "info"
    WARNING = "warning"
    CRITICAL = "critical"

    @property
    def rank(self) -> int:
        return _SEVERITIES.index(self)


_SEVERITIES = list(Severity)


class FindingClass(StrEnum):
    """A fault is broken now or sure to break; hygiene is an opinion, off by default."""

    FAULT = "fault"
    HYGIENE = "hygiene"


class FindingState(StrEnum):
    """FIRING is broken now; PROGRESSING may still come right by a deadline; BLIND could not be looked at."""

    FIRING = "firing"
    PROGRESSING = "progressing"
    BLIND = "blind"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One fault of one Subject.

    `check` the detector's name · `reason` a stable CamelCase code that never alternates · `summary` one line for a person ·
    `top` the controller that owns the subject, where one does (a Pod's Deployment) · `container` where the fault has one ·
    `depends_on` the subjects whose fault would explain this one, nearest first (node, claim, ConfigMap, its own workload) ·
    `blames` the one that was looked at and is at fault, where it has no finding of its own (a Service that does not exist) ·
    `changes` that could have caused it, nearest in time first ·
    `labels` of the subject, its workload and its namespace, as matchers name them (`label.tier`, `namespace_label.env`) ·
    `since` when it began, as far as the object tells · `instances` names of the subjects that this finding stands for.
    """

    check: str
    subject: Subject
    reason: str
    summary: str
    severity: Severity = Severity.WARNING
    class_: FindingClass = FindingClass.FAULT
    state: FindingState = FindingState.FIRING
    top: Subject | None = None
    container: str = ""
    evidence: tuple[Evidence, ...] = ()
    changes: tuple[Change, ...] = ()
    depends_on: tuple[Subject, ...] = ()
    blames: Subject | None = None
    labels: tuple[tuple[str, str], ...] = ()
    since: datetime | None = None
    instances: tuple[str, ...] = ()

    @property
    def fingerprint(self) -> str:
        """sha256 over what does not change from one pod, listing or alternating status to the next (DECISIONS, Identity)."""
        owner = self.top or self.subject
        identity = (
            self.subject.estate,
            self.check,
            self.subject.group,
            self.subject.kind,
            self.subject.namespace,
            f"{owner.kind}/{owner.name}",
            self.container,
            self.reason,
        )
        return _digest(identity)

    @property
    def heard(self) -> bool:
        """Whether another system said so (domain/alert.py), and no check of Stead's own."""
        return "/" in self.check

    @property
    def keys(self) -> frozenset[Key]:
        """The identities under which another finding may name this one as its cause."""
        return frozenset({self.subject.key} if self.top is None else {self.subject.key, self.top.key})


@lru_cache(maxsize=32_768)
def _digest(identity: tuple[str, ...]) -> str:
    return hashlib.sha256("\x1f".join(identity).encode()).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Progressing:
    """Not a fault before `until`; `finding` says what is being waited for.

    `sticky`: the object does not tell when it began, so `until` counts from the first time that it was seen so, and does not move on.
    """

    until: datetime
    finding: Finding
    sticky: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class LookAgain:
    """All is well, and what would be wrong next shows by time alone: the check runs again `at` this time."""

    at: datetime


def merge(one: Finding, other: Finding) -> Finding:
    """Two sightings with one fingerprint become one: see `merge_all`."""
    return merge_all((one, other))


def merge_all(sightings: Sequence[Finding]) -> Finding:
    """All sightings with one fingerprint become one: worst state and severity, earliest start, all instances, the labels that all have.

    The same in whatever order they come. ValueError for none at all.
    """
    if len(sightings) == 1:
        return sightings[0]
    ranked = _ranked(sightings)
    first = ranked[0]
    labels = set(first.labels).intersection(*(f.labels for f in ranked)) if any(f.labels != first.labels for f in ranked) else None
    return replace(
        first,
        severity=max((f.severity for f in ranked), key=lambda s: s.rank),
        instances=tuple(sorted({name for f in ranked for name in _names(f)})),
        since=min((f.since for f in ranked if f.since is not None), default=None),
        depends_on=tuple(dict.fromkeys(subject for f in ranked for subject in f.depends_on)),
        blames=next((f.blames for f in ranked if f.blames is not None), None),
        labels=first.labels if labels is None else tuple(sorted(labels)),
    )


def _ranked(sightings: Iterable[Finding]) -> list[Finding]:
    """In the order in which they speak for all. Those that a person could not tell apart are told apart by the rest of them."""
    ranked = sorted(((_precedence(finding), finding) for finding in sightings), key=itemgetter(0))
    if not ranked:
        raise ValueError("no sighting to merge")
    if any(one == other for (one, _), (other, _) in pairwise(ranked)):
        ranked.sort(key=lambda one: (one[0], repr(one[1])))
    return [finding for _, finding in ranked]


def _precedence(finding: Finding) -> tuple[int, int, str, str, str]:
    """The sighting that speaks for all: firing before progressing, worst severity, then the smallest name and text."""
    subject = finding.subject
    return (_STATES.index(finding.state), -finding.severity.rank, subject.name, subject.uid, finding.summary)


_STATES = (FindingState.FIRING, FindingState.BLIND, FindingState.PROGRESSING)


def _names(finding: Finding) -> tuple[str, ...]:
    return finding.instances or (finding.subject.name,)
