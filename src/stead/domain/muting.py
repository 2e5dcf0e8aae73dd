"""What keeps an incident silent: a silence, a maintenance window, or another fault that says it already.

A mute is a reason, never a deletion: what is muted exists, is listed, and speaks when the mute ends if it is still open.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from stead.domain.finding import Finding, FindingState
from stead.domain.grouping import causes
from stead.domain.ids import silence_number
from stead.domain.matching import Matchers
from stead.domain.windows import Window

LABELS = ("estate", "check", "kind", "namespace", "name", "owner_kind", "owner", "container", "reason", "severity", "state", "class")
"""What matchers may name, beside `fingerprint`, Alertmanager's `alertname` (the check, or an alert's own name), and labels of objects."""

OBJECT_LABELS = ("label.", "namespace_label.")
"""How the names begin of labels that the object (or its workload) and its namespace have in the cluster."""


def labels_of(finding: Finding) -> Mapping[str, str]:
    """A finding as matchers see it. `owner` is the controller that people know (a pod's Deployment), else the subject itself."""
    subject, owner = finding.subject, finding.top or finding.subject
    return {
        **dict(finding.labels),
        "estate": subject.estate,
        "check": finding.check,
        "alertname": finding.check.partition("/")[2] or finding.check,
        "kind": subject.kind,
        "namespace": subject.namespace,
        "name": subject.name,
        "owner_kind": owner.kind,
        "owner": owner.name,
        "container": finding.container,
        "reason": finding.reason,
        "severity": finding.severity.value,
        "state": finding.state.value,
        "class": finding.class_.value,
        "fingerprint": finding.fingerprint,
    }


class MuteKind(StrEnum):
    SILENCE = "silence"
    MAINTENANCE = "maintenance"
    INHIBITION = "inhibition"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mute:
    """Why something is silent: `name` is S-3, the window's or the rule's; `why` a sentence's end; `until` when it ends by itself.

    `acts` says that what is silent for this is mended all the same, where nobody has to be asked.
    """

    kind: MuteKind
    name: str
    why: str
    until: datetime | None = None
    acts: bool = False

    def __str__(self) -> str:
        until = f" until {self.until:%Y-%m-%d %H:%M} UTC" if self.until else ""
        return f"{self.kind} {self.name}{until}: {self.why}"


class SilenceState(StrEnum):
    PENDING = "pending"
    ACTIVE = "active"
    EXPIRED = "expired"


class Origin(StrEnum):
    """PERSON made it on purpose; ADOPTION: it was broken when Stead came, and waits for a person's choice."""

    PERSON = "person"
    ADOPTION = "adoption"


@dataclass(frozen=True, slots=True, kw_only=True)
class Silence:
    """What somebody wants to hear nothing of, from `starts_at` to `ends_at` (None: until it is expired by hand)."""

    number: int
    matchers: Matchers
    author: str
    comment: str
    starts_at: datetime
    ends_at: datetime | None
    created_at: datetime
    origin: Origin = Origin.PERSON

    def state(self, now: datetime) -> SilenceState:
        if self.ends_at is not None and self.ends_at <= now:
            return SilenceState.EXPIRED
        return SilenceState.ACTIVE if self.starts_at <= now else SilenceState.PENDING

    def mute(self) -> Mute:
        why = f"{self.comment or 'no reason given'} ({self.author})"
        return Mute(kind=MuteKind.SILENCE, name=silence_number(self.number), why=why, until=self.ends_at)


@dataclass(frozen=True, slots=True, kw_only=True)
class Inhibition:
    """While something that `source` matches is firing, what `target` matches is silent, where the labels in `equal` are the same.

    As in Alertmanager, what matches both sides is not muted by what matches both sides: nothing mutes itself.
    """

    name: str
    source: Matchers
    target: Matchers
    equal: tuple[str, ...] = ()

    def values(self, labels: Mapping[str, str]) -> tuple[str, ...]:
        return tuple(labels.get(name, "") for name in self.equal)


class Mutes:
    """All mutes of one moment, and `reasons(finding)`. `firing` are the open findings, among which inhibitions look for their sources."""

    def __init__(
        self,
        now: datetime,
        *,
        silences: Iterable[Silence] = (),
        windows: Iterable[Window] = (),
        inhibitions: Iterable[Inhibition] = (),
        firing: Iterable[Finding] = (),
    ) -> None:
        self._matched = [(s.matchers, s.mute()) for s in silences if s.state(now) is SilenceState.ACTIVE]
        self._matched += [(window.matchers, _maintenance(window, now)) for window in windows if window.holds(now)]
        self._inhibited = _Inhibited(tuple(inhibitions), firing)

    @property
    def none(self) -> bool:
        """Whether nothing at all can be muted at this moment."""
        return not self._matched and self._inhibited.none

    def reasons(self, finding: Finding) -> tuple[Mute, ...]:
        if self.none:
            return ()
        labels = labels_of(finding)
        return (*(mute for matchers, mute in self._matched if matchers.match(labels)), *self._inhibited.reasons(labels))

    def of_incident(self, cause: Finding | None, present: Sequence[Finding]) -> tuple[Mute, ...]:
        """Why an incident is silent: its cause is muted and explains the rest, or everything of it is. () when it may speak."""
        if self.none:
            return ()
        if cause is not None and (reasons := self.reasons(cause)):
            parents = causes(present)
            apart = (f for f in present if parents[f.fingerprint] is None and f.fingerprint != cause.fingerprint)
            return reasons if all(self.reasons(finding) for finding in apart) else ()
        found: dict[Mute, None] = {}
        for finding in present:
            reasons = self.reasons(finding)
            if not reasons:
                return ()
            found.update(dict.fromkeys(reasons))
        return tuple(found)


class _Inhibited:
    """For each rule, the equal labels' values of what fires, and an example of it that matches the source side alone."""

    def __init__(self, rules: Sequence[Inhibition], firing: Iterable[Finding]) -> None:
        self._sources: dict[Inhibition, dict[tuple[str, ...], tuple[str, bool]]] = {}
        for finding in firing if rules else ():
            if finding.state is not FindingState.PROGRESSING:
                self._add(rules, finding)

    def _add(self, rules: Sequence[Inhibition], finding: Finding) -> None:
        labels = labels_of(finding)
        for rule in rules:
            if rule.source.match(labels):
                known = self._sources.setdefault(rule, {})
                pure = not rule.target.match(labels)
                before = known.get(rule.values(labels))
                if before is None or (pure and not before[1]):
                    known[rule.values(labels)] = (str(finding.top or finding.subject), pure)

    @property
    def none(self) -> bool:
        return not self._sources

    def reasons(self, labels: Mapping[str, str]) -> Iterable[Mute]:
        for rule, sources in self._sources.items():
            found = sources.get(rule.values(labels)) if rule.target.match(labels) else None
            if found is None or (not found[1] and rule.source.match(labels)):
                continue
            yield Mute(kind=MuteKind.INHIBITION, name=rule.name, why=f"{found[0]} says it already")


def _maintenance(window: Window, now: datetime) -> Mute:
    return Mute(kind=MuteKind.MAINTENANCE, name=window.name, why=window.comment or "planned work", until=window.ends(now), acts=window.acts)
