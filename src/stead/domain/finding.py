"""What a check says of a Subject, and the fingerprint by which it is known again."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from functools import lru_cache

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
    """Two sightings with one fingerprint become one: worst state and severity, earliest start, all instances, the labels that both have.

    Commutative.
    """
    first, second = (one, other) if _speaks_before(one, other) else (other, one)
    instances = sorted({*_names(one), *_names(other)})
    began = [f.since for f in (one, other) if f.since is not None]
    return replace(
        first,
        severity=max(one.severity, other.severity, key=lambda s: s.rank),
        instances=tuple(instances),
        since=min(began, default=None),
        depends_on=first.depends_on + tuple(s for s in second.depends_on if s not in first.depends_on),
        blames=first.blames or second.blames,
        labels=first.labels if first.labels == second.labels else tuple(sorted(set(first.labels) & set(second.labels))),
    )


def _speaks_before(one: Finding, other: Finding) -> bool:
    before, after = _precedence(one), _precedence(other)
    return before < after if before != after else repr(one) <= repr(other)


def _precedence(finding: Finding) -> tuple[int, int, str, str, str]:
    """The sighting that speaks for both: firing before progressing, worst severity, then the smallest name and text."""
    order = (FindingState.FIRING, FindingState.BLIND, FindingState.PROGRESSING)
    subject = finding.subject
    return (order.index(finding.state), -finding.severity.rank, subject.name, subject.uid, finding.summary)


def _names(finding: Finding) -> tuple[str, ...]:
    return finding.instances or (finding.subject.name,)
