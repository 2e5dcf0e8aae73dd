"""What must hold whatever Stead does: nothing of a kind that its owner names may be found wrong.

Checks look all the time, so an invariant is looked at all the time; around an action it also decides. A broken one makes *allow* a
question, and one that breaks after an action takes that action back.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from stead.domain.finding import Finding, FindingState
from stead.domain.matching import Patterns


@dataclass(frozen=True, slots=True, kw_only=True)
class Invariant:
    """No firing finding may match all of `fields` (check, estate, kind, namespace, name); of the last three, its workload counts, too."""

    id: str
    fields: Mapping[str, Patterns] = field(default_factory=dict[str, Patterns])
    reason: str = ""

    def broken_by(self, finding: Finding) -> bool:
        if finding.state is not FindingState.FIRING:
            return False
        about = [finding.subject, *([finding.top] if finding.top is not None else [])]
        return any(self._matches(finding.check, one.estate, one.kind, one.namespace, one.name) for one in about)

    def _matches(self, check: str, estate: str, kind: str, namespace: str, name: str) -> bool:
        has = {"check": check, "estate": estate, "kind": kind, "namespace": namespace, "name": name}
        return all(patterns.match(has[key]) for key, patterns in self.fields.items())


def broken(invariants: Sequence[Invariant], findings: Iterable[Finding]) -> Iterator[tuple[Invariant, Finding]]:
    """Each invariant that does not hold, with the first finding that breaks it."""
    known = sorted(findings, key=lambda finding: finding.fingerprint)
    for invariant in invariants:
        first = next((finding for finding in known if invariant.broken_by(finding)), None)
        if first is not None:
            yield invariant, first
