"""Which findings share a cause: the cause, and the symptoms folded under it.

Every finding names the subjects whose fault would explain it (`depends_on`, nearest first). Following those names as far as they
lead gives its cause; findings with one cause are one group. Those that nothing explains and that blame one subject are one group, too.
Pure: the same findings in any order give the same groups.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce

from stead.domain.finding import Finding, FindingState, Severity, merge
from stead.domain.subject import Key


@dataclass(frozen=True, slots=True)
class Group:
    """A cause and its symptoms. `severity` is the worst of them all."""

    cause: Finding
    symptoms: tuple[Finding, ...] = ()

    @property
    def findings(self) -> tuple[Finding, ...]:
        return (self.cause, *self.symptoms)

    @property
    def severity(self) -> Severity:
        return max((f.severity for f in self.findings), key=lambda s: s.rank)


def group(findings: Iterable[Finding]) -> list[Group]:
    """Group firing and blind findings by cause, worst and then oldest name first. Progressing ones belong to no group."""
    known = sorted(_distinct(findings).items(), key=lambda item: _order(item[1]))
    by_key: dict[Key, list[Finding]] = {}
    for _, finding in known:
        for key in finding.keys:
            by_key.setdefault(key, []).append(finding)
    first: dict[Key, str] = {}
    causes = {fingerprint: _cause(finding, by_key, first) for fingerprint, finding in known}
    roots = _roots(causes)
    members: dict[str, list[Finding]] = {}
    for fingerprint, finding in known:
        members.setdefault(roots[fingerprint], []).append(finding)
    return sorted((_as_group(cause, found) for cause, found in members.items()), key=lambda g: _order(g.cause))


def _cause(finding: Finding, by_key: Mapping[Key, Sequence[Finding]], first: dict[Key, str]) -> str | None:
    """The fingerprint of what explains it: a finding, else the first of those that blame the same subject. None for a cause itself."""
    found = explains(finding, by_key)
    if found is not None:
        return found.fingerprint
    if finding.blames is None:
        return None
    speaker = first.setdefault(finding.blames.key, finding.fingerprint)
    return None if speaker == finding.fingerprint else speaker


def explains(finding: Finding, candidates: Mapping[Key, Sequence[Finding]]) -> Finding | None:
    """The nearest finding that would explain this one; None where nothing that it depends on is at fault."""
    for subject in finding.depends_on:
        for candidate in candidates.get(subject.key, ()):
            # A subject's own finding explains nothing of its pods through `top`: that arrow points the other way.
            if candidate.fingerprint != finding.fingerprint and not _points_back(candidate, finding):
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
    return {fingerprint: reduce(merge, sorted(same, key=repr)) for fingerprint, same in sightings.items()}


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


def _as_group(cause: str, found: Sequence[Finding]) -> Group:
    root = next(f for f in found if f.fingerprint == cause)
    return Group(root, tuple(f for f in found if f.fingerprint != cause))


def _order(finding: Finding) -> tuple[int, str, str, str, str]:
    subject = finding.subject
    return (-finding.severity.rank, subject.namespace, subject.name, finding.check, finding.fingerprint)
