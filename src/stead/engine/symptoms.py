"""The symptoms of an incident in a few lines: how many of what, which weigh most, and how each hangs on the cause."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from stead.domain.chain import counted, how_many, owner, plural, relation
from stead.domain.finding import Finding
from stead.domain.grouping import by_key, explains
from stead.domain.subject import Key

MOST_LINES = 6
MOST_KINDS = 3


def with_it(symptoms: Sequence[Finding]) -> str:
    """`499 pods, 4 services and more`: what suffers, most first."""
    counts = [how_many(kind, number) for kind, number in counted(symptoms)]
    if len(counts) > MOST_KINDS:
        return f"{', '.join(counts[:MOST_KINDS])} and more"
    return " and ".join(filter(None, [", ".join(counts[:-1]), *counts[-1:]]))


def lines(cause: Finding, symptoms: Sequence[Finding]) -> Iterator[str]:
    """The heaviest symptoms, one line for each owner, with what explains them; then how many are not shown."""
    index = by_key([cause, *symptoms])
    owners: dict[Key, list[Finding]] = {}
    for finding in sorted(symptoms, key=_weight):
        owners.setdefault(owner(finding).key, []).append(finding)
    for found in list(owners.values())[:MOST_LINES]:
        yield _line(found, explains(found[0], index) or cause)
    hidden = [finding for found in list(owners.values())[MOST_LINES:] for finding in found]
    if hidden:
        yield f"and {with_it(hidden)}"


def _line(found: Sequence[Finding], parent: Finding) -> str:
    first = found[0]
    number = dict(counted(found)).get(first.subject.kind, 1)
    who, verb = str(owner(first)), relation(first, parent)
    if number > 1 and owner(first).key != first.subject.key:
        who, verb = f"{how_many(first.subject.kind, number)} of {who}", plural(verb)
    on = owner(parent)
    # A workload and the pods that it is made of have one name, which need not be said twice.
    hangs = "" if on.key == owner(first).key else f" {verb} {on}"
    return f"{who}{hangs}: {_short(first)}"


def _short(finding: Finding) -> str:
    """The summary without the name that the line begins with."""
    for subject in (finding.subject, owner(finding)):
        for prefix in (f"{subject}: ", f"{subject} ", f"{subject.path}: ", f"{subject.path} ", f"{subject.kind.lower()} {subject.path} "):
            if finding.summary.startswith(prefix):
                return finding.summary.removeprefix(prefix)
    return finding.summary


def _weight(finding: Finding) -> tuple[int, int, str, str, str]:
    subject = finding.subject
    return (-finding.severity.rank, -len(finding.instances), subject.namespace, owner(finding).name, finding.check)
