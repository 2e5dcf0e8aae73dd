"""Runs checks over a view: all at first, then only those that a change may concern, and those whose time has come.

Promise: the same objects in any order give the same findings; a check that fails on an odd object makes one blind finding, and
the others go on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

from stead.declare import Check
from stead.domain.evidence import Evidence
from stead.domain.finding import Finding, FindingState, LookAgain, Progressing, merge, merge_all
from stead.estate.kubernetes.kinds import kind_of
from stead.estate.kubernetes.slices import Custom, Object
from stead.estate.kubernetes.view import ObjectKey, View

RECHECK = timedelta(seconds=60)
"""How often an object that is at fault is looked at again though nothing changed: some faults end by time alone."""

_SOONEST = timedelta(seconds=1)
"""Before which nothing is looked at again by time: a time that has passed already is no loop."""

_Place = tuple[str, ObjectKey]
_Answers = Mapping[str, Finding]
"""By their fingerprints."""
_NOTHING: _Answers = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Delta:
    """What a run changed: findings that are new or differ, and fingerprints that are no longer there. Both in a fixed order."""

    seen: tuple[Finding, ...] = ()
    gone: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.seen or self.gone)


class Runner:
    """The checks of one estate. Synchronous and pure but for what it remembers of its own last answers."""

    def __init__(self, view: View, checks: Iterable[Check]) -> None:
        self.view = view
        self.checks = tuple(sorted(checks, key=lambda check: check.name))
        self._said: dict[_Place, _Answers] = {}
        self._due: dict[_Place, datetime] = {}
        self._given: dict[_Place, dict[str, datetime]] = {}
        self._sightings: dict[str, dict[_Place, Finding]] = {}
        self._current: dict[str, Finding] = {}
        self._check = {check.name: check for check in self.checks}
        self._alike: dict[tuple[type[Object], Callable[[Any], bool] | None], list[Check]] = {}
        for check in self.checks:
            for own in _own(check):
                self._alike.setdefault((own, check.unless), []).append(check)

    def current(self) -> Mapping[str, Finding]:
        """Every finding by its fingerprint, sightings of one fault merged."""
        return MappingProxyType(self._current)

    def words(self, check: str, key: ObjectKey) -> list[tuple[Finding, datetime | None]]:
        """What a check last said of an object, and when it looks at it again by itself."""
        place = (check, key)
        return [(finding, self._due.get(place)) for finding in self._said.get(place, _NOTHING).values()]

    def next_due(self) -> datetime | None:
        """When `tick` has something to do; None when nothing waits."""
        return min(self._due.values(), default=None)

    def full(self, now: datetime) -> Delta:
        """Run every check on every object, and forget what is no longer there."""
        # What was said before is asked again, so that what is gone is forgotten; for the rest, an object that is calm costs one question.
        before = self._said.keys() | self._due.keys()
        touched = self._touched(before, now)
        for (own, unless), checks in self._alike.items():
            for obj in self.view.all(own):
                if unless is None or not _surely(unless, obj):
                    key = _key(obj)
                    for check in checks:
                        if (place := (check.name, key)) not in before:
                            touched.update(self._look_first(place, now, obj))
        return self._settle(touched)

    def update(self, changed: Iterable[ObjectKey], now: datetime) -> Delta:
        """Run the checks that these objects concern: their own, and those of their namespace (of all, for a cluster-wide one)."""
        return self._run(set(self._concerned(set(changed))), now)

    def tick(self, now: datetime) -> Delta:
        """Look again at what waited for a time that has come."""
        return self._run({place for place, due in self._due.items() if due <= now}, now)

    def _concerned(self, changed: set[ObjectKey]) -> Iterator[_Place]:
        scopes = {(struct, namespace if kind_of(struct).namespaced else None) for struct, namespace, _ in changed}
        for check in self.checks:
            yield from ((check.name, key) for key in changed if issubclass(key[0], check.of))
            seen_from = {namespace for struct, namespace in scopes if struct in check.watches and struct not in check.of}
            for own in _own(check):
                for namespace in (None,) if None in seen_from or (not _namespaced(own) and seen_from) else seen_from:
                    yield from (
                        place for obj in self.view.all(own, namespace) if self._matters(check, obj, place := (check.name, _key(obj)))
                    )

    def _matters(self, check: Check, obj: Object, place: _Place) -> bool:
        """Whether a change elsewhere may change what is said of `obj`: nothing was, and nothing surely will be, of one that is calm."""
        return check.unless is None or place in self._said or not _surely(check.unless, obj)

    def _run(self, places: Iterable[_Place], now: datetime) -> Delta:
        return self._settle(self._touched(places, now))

    def _touched(self, places: Iterable[_Place], now: datetime) -> set[str]:
        touched: set[str] = set()
        for place in places:
            touched |= self._look(place, now, self.view.get(*place[1]))
        return touched

    def _look_first(self, place: _Place, now: datetime, obj: Object) -> Iterable[str]:
        """As `_look`, at what nothing is known of and which is not calm: of ten thousand pods most have nothing to be remembered."""
        answers, due = self._judge(place, {}, obj, now)
        if due is not None:
            self._due[place] = due
        return self._remember(place, _NOTHING, answers) if answers else ()

    def _look(self, place: _Place, now: datetime, obj: Object | None) -> set[str]:
        """Run one check on one object; return the fingerprints that this may have changed."""
        given = self._given.pop(place, {})
        answers, due = self._ask(place, given, obj, now) if obj is not None else (_NOTHING, None)
        before = self._said.pop(place, _NOTHING)
        self._due.pop(place, None)
        if due is not None:
            self._due[place] = due
        if answers == before:
            if before:
                self._said[place] = before
            return set()
        return self._remember(place, before, answers)

    def _remember(self, place: _Place, before: _Answers, answers: _Answers) -> set[str]:
        for fingerprint in before.keys() - answers.keys():
            sightings = self._sightings[fingerprint]
            sightings.pop(place, None)
            if not sightings:
                del self._sightings[fingerprint]
        for fingerprint, finding in answers.items():
            self._sightings.setdefault(fingerprint, {})[place] = finding
        if answers:
            self._said[place] = answers
        return {*before, *answers}

    def _settle(self, touched: set[str]) -> Delta:
        seen: list[Finding] = []
        gone: list[str] = []
        for fingerprint in sorted(touched):
            before = self._current.get(fingerprint)
            sightings = self._sightings.get(fingerprint)
            if sightings is None:
                if self._current.pop(fingerprint, None) is not None:
                    gone.append(fingerprint)
                continue
            after = _going_on(before, _merged([*sightings.values()]))
            if after != before:
                self._current[fingerprint] = after
                seen.append(after)
        return Delta(tuple(sorted(seen, key=_finding_order)), tuple(gone))

    def _ask(self, place: _Place, given: Mapping[str, datetime], obj: Object, now: datetime) -> tuple[_Answers, datetime | None]:
        unless = self._check[place[0]].unless
        if unless is not None and _surely(unless, obj):
            return _NOTHING, None
        return self._judge(place, given, obj, now)

    def _judge(self, place: _Place, given: Mapping[str, datetime], obj: Object, now: datetime) -> tuple[_Answers, datetime | None]:
        check = self._check[place[0]]
        try:
            outcome = check.run(obj, self.view, now)
            if outcome is None:
                return _NOTHING, None
            if isinstance(outcome, LookAgain):
                return _NOTHING, max(outcome.at, now + _SOONEST)
            if not (said := [_as_given(one, given) for one in _each(outcome)]):
                return _NOTHING, None
            if sticky := {_waited_for(one): one.until for one in said if isinstance(one, Progressing) and one.sticky}:
                self._given[place] = sticky
            return _answers(check, said, now)
        except Exception as error:  # an odd object must cost no more than itself
            blind = _blind(check, self.view, obj, error)
            return {blind.fingerprint: blind}, None


def _answers(check: Check, said: Iterable[Finding | Progressing], now: datetime) -> tuple[_Answers, datetime | None]:
    findings: dict[str, Finding] = {}
    due: datetime | None = None
    for one in said:
        waits = isinstance(one, Progressing) and one.until > now
        finding = replace(
            one.finding if isinstance(one, Progressing) else one,
            check=check.name,
            class_=check.class_,
            state=FindingState.PROGRESSING if waits else FindingState.FIRING,
        )
        until = one.until if isinstance(one, Progressing) and waits else now + RECHECK
        due = until if due is None else min(due, until)
        known = findings.get(fingerprint := finding.fingerprint)
        findings[fingerprint] = finding if known is None else merge(known, finding)
    return findings, due


def _as_given(one: Finding | Progressing, given: Mapping[str, datetime]) -> Finding | Progressing:
    """A deadline that counts from the first sight stays where it was."""
    if not isinstance(one, Progressing) or not one.sticky:
        return one
    return replace(one, until=min(one.until, given.get(_waited_for(one), one.until)))


def _waited_for(one: Progressing) -> str:
    return one.finding.reason


def _each(outcome: Finding | Progressing | Iterable[Finding | Progressing]) -> Iterable[Finding | Progressing]:
    return (outcome,) if isinstance(outcome, (Finding, Progressing)) else outcome


def _blind(check: Check, view: View, obj: Object, error: Exception) -> Finding:
    subject = view.subject(obj)
    return Finding(
        check=check.name,
        subject=subject,
        top=None,
        reason="CheckFailed",
        summary=f"check `{check.name}` could not judge {subject}: {type(error).__name__}",
        class_=check.class_,
        state=FindingState.BLIND,
        evidence=(Evidence(what="error", value=str(error)[:200], tainted=True),),
    )


def _going_on(before: Finding | None, after: Finding) -> Finding:
    """A fault that goes on began when it began, though each restart moves the object's own times, and is as bad as it has been,
    though a looping container is up for a moment now and then."""
    if before is None or before.state is not after.state:
        return after
    began = min((f.since for f in (before, after) if f.since is not None), default=None)
    return replace(after, since=began, severity=max(before.severity, after.severity, key=lambda s: s.rank))


def _merged(sightings: Sequence[Finding]) -> Finding:
    """All sightings of one fault as one."""
    merged = merge_all(sightings)
    if len(sightings) == 1 or not merged.depends_on:
        return merged
    return replace(merged, depends_on=tuple(s for s in merged.depends_on if _explains_all(s.kind, sightings)))


def _explains_all(kind: str, sightings: Sequence[Finding]) -> bool:
    """Whether every sighting names a cause of that kind: a dead node explains no pod that crashes on a living one."""
    return all(any(subject.kind == kind for subject in sighting.depends_on) for sighting in sightings)


def _surely(unless: Callable[[Any], bool], obj: Object) -> bool:
    """An object too odd for the question is asked about by the checks themselves."""
    try:
        return unless(obj)
    except Exception:
        return False


def _own(check: Check) -> tuple[type[Object], ...]:
    return check.of


def _namespaced(own: type[Object]) -> bool:
    """Custom resources of all kinds together count as both."""
    return own is not Custom and kind_of(own).namespaced


def _key(obj: Object) -> ObjectKey:
    return (type(obj), obj.metadata.namespace, obj.metadata.name)


def _finding_order(finding: Finding) -> tuple[str, str, str, str]:
    return (finding.check, finding.subject.namespace, finding.subject.name, finding.fingerprint)
