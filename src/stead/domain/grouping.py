"""Which findings share a cause: the cause, and the symptoms folded under it.

Every finding names the subjects whose fault would explain it (`depends_on`, nearest first). Following those names as far as they
lead gives its cause; findings with one cause are one group. Those that nothing explains and that blame one subject are one group, too.
What another system says (an alert) goes with what Stead's own checks say of the same subject, and explains nothing but other alerts.
Pure: the same findings in any order give the same groups.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce

from stead.domain.finding import Finding, FindingState, Severity, merge
from stead.domain.subject import Key


@dataclass(frozen=True, slots=True)
class Group:
    """A cause and its symptoms. `severity` is the worst of them all; `explained_by` tells of each fingerprint which finding explains it."""

    cause: Finding
    symptoms: tuple[Finding, ...] = ()
    explained_by: Mapping[str, Finding | None] = field(default_factory=dict[str, Finding | None], compare=False, repr=False)

    @property
    def findings(self) -> tuple[Finding, ...]:
        return (self.cause, *self.symptoms)

    @property
    def severity(self) -> Severity:
        return max((f.severity for f in self.findings), key=lambda s: s.rank)


def group(findings: Iterable[Finding]) -> list[Group]:
    """Group firing and blind findings by cause, worst and then oldest name first. Progressing ones belong to no group."""
    known = dict(sorted(_distinct(findings).items(), key=lambda item: _order(item[1], item[0])))
    explained_by = _causes(known)
    roots = _roots({fingerprint: None if cause is None else cause.fingerprint for fingerprint, cause in explained_by.items()})
    members: dict[str, list[str]] = {}
    for fingerprint in known:
        members.setdefault(roots[fingerprint], []).append(fingerprint)
    groups = [
        (_order(known[root], root), Group(known[root], tuple(known[f] for f in found if f != root), explained_by))
        for root, found in members.items()
    ]
    return [found for _, found in sorted(groups, key=lambda item: item[0])]


def causes(findings: Iterable[Finding]) -> dict[str, Finding | None]:
    """What explains each of these findings most directly, by its fingerprint; None where nothing among them does."""
    return _causes({finding.fingerprint: finding for finding in findings})


def _causes(known: Mapping[str, Finding]) -> dict[str, Finding | None]:
    index, first, heard = by_key(known.values()), dict[Key, str](), dict[Key, str]()
    return {
        fingerprint: explains(finding, index)
        or _says_the_same(finding, fingerprint, known, index, heard)
        or _blames_the_same(finding, fingerprint, known, first)
        for fingerprint, finding in known.items()
    }


def _says_the_same(
    finding: Finding, fingerprint: str, known: Mapping[str, Finding], index: Mapping[Key, Sequence[Finding]], first: dict[Key, str]
) -> Finding | None:
    """For an alert, what Stead's own checks say of its subject or owner; else the first alert of that owner, which speaks for all."""
    if not finding.heard:
        return None
    for subject in (finding.subject, *([finding.top] if finding.top else [])):
        for candidate in index.get(subject.key, ()):
            if not candidate.heard:
                return candidate
    speaker = first.setdefault((finding.top or finding.subject).key, fingerprint)
    return None if speaker == fingerprint else known[speaker]


def _blames_the_same(finding: Finding, fingerprint: str, known: Mapping[str, Finding], first: dict[Key, str]) -> Finding | None:
    """Among those that nothing explains, the first that blames the same subject speaks for the others. None for that one itself."""
    if finding.blames is None:
        return None
    speaker = first.setdefault(finding.blames.key, fingerprint)
    return None if speaker == fingerprint else known[speaker]


def by_key(findings: Iterable[Finding]) -> dict[Key, list[Finding]]:
    """The findings under each identity by which another may name them as its cause."""
    index: dict[Key, list[Finding]] = {}
    for finding in findings:
        for key in finding.keys:
            index.setdefault(key, []).append(finding)
    return index


def explains(finding: Finding, candidates: Mapping[Key, Sequence[Finding]]) -> Finding | None:
    """The nearest finding that would explain this one; None where nothing that it depends on is at fault."""
    for subject in finding.depends_on:
        for candidate in candidates.get(subject.key, ()):
            # A subject's own finding explains nothing of its pods through `top`: that arrow points the other way.
            # An alert is somebody else's word: it explains no finding of Stead's own.
            hearsay = candidate.heard and not finding.heard
            if candidate.fingerprint != finding.fingerprint and not hearsay and not _points_back(candidate, finding):
                return candidate
    return None


def _points_back(candidate: Finding, finding: Finding) -> bool:
    return any(subject.key in finding.keys for subject in candidate.depends_on)


def _distinct(findings: Iterable[Finding]) -> dict[str, Finding]:
    """Firing and blind findings by fingerprint; sightings of one fault are one."""
    sightings: dict[str, list[Finding]] = {}
    for finding in findings:
        if finding.state is not FindingState.PROGRESSING:
            same = sightings.setdefault(finding.fingerprint, [])
            if finding not in same:
                same.append(finding)
    # `repr` of thousands costs more than all the rest, and orders nothing where there is one.
    return {f: same[0] if len(same) == 1 else reduce(merge, sorted(same, key=repr)) for f, same in sightings.items()}


def _roots(causes: Mapping[str, str | None]) -> dict[str, str]:
    """Where following the causes leads from each fingerprint; every step is taken once.

    Causes that go round in a circle have one root, too: the first of the circle in the order given.
    """
    place = {fingerprint: n for n, fingerprint in enumerate(causes)}
    roots: dict[str, str] = {}
    for start in causes:
        trail: list[str] = []
        on_trail: set[str] = set()
        here = start
        while here not in roots and here not in on_trail:
            trail.append(here)
            on_trail.add(here)
            here = causes[here] or here
        root = roots[here] if here in roots else min(trail[trail.index(here) :], key=place.__getitem__)
        roots.update(dict.fromkeys(trail, root))
    return roots


def _order(finding: Finding, fingerprint: str) -> tuple[int, str, str, str, str]:
    subject = finding.subject
    return (-finding.severity.rank, subject.namespace, subject.name, finding.check, fingerprint)
