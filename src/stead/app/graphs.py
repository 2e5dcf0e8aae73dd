"""An incident as a graph: the cause, and how each symptom hangs on what explains it. From stored findings alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from stead.app.shown import count
from stead.domain import ids
from stead.domain.chain import Chain, Link, chain, counted, how_many, owner
from stead.domain.finding import Finding
from stead.store import findings, incidents

MOST_ALIKE = 8
"""Symptoms of one kind under one explanation that are drawn; the others are one node that counts them."""

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Drawing:
    chain: Chain
    over: frozenset[str]

    def below(self, parent: Finding) -> Iterator[Json]:
        """What hangs on `parent`, alike ones together, each with what hangs on itself."""
        alike: dict[tuple[str, str, str], list[Link]] = {}
        for link in self.chain.below(parent):
            alike.setdefault((link.relation, link.finding.subject.kind, link.finding.check), []).append(link)
        for links in alike.values():
            # What explains others is always drawn: the graph is about how things hang together.
            links.sort(key=lambda link: (not self.chain.below(link.finding), -link.finding.severity.rank, str(owner(link.finding))))
            explaining = sum(1 for link in links if self.chain.below(link.finding))
            shown = max(MOST_ALIKE, min(explaining, 3 * MOST_ALIKE))
            yield from (self.node(link) for link in links[:shown])
            if hidden := links[shown:]:
                yield _rest(hidden)

    def node(self, link: Link) -> Json:
        finding = link.finding
        return {
            "subject": str(owner(finding)),
            "relation": link.relation,
            "check": finding.check,
            "severity": finding.severity.value,
            "state": finding.state.value,
            "summary": finding.summary,
            "count": count(finding),
            "over": finding.fingerprint in self.over,
            "fingerprint": finding.fingerprint,
            "explains": list(self.below(finding)),
        }


def graph(connection: sa.Connection, number: int) -> Json | None:
    """The graph of one incident; None when there is none of that number. `cause` is the root, `explains` what hangs on a node."""
    incident = incidents.find(connection, number)
    if incident is None:
        return None
    stored = findings.of_incident(connection, number)
    # One that is over is drawn as it was; one that is open, as it is.
    shown = [s for s in stored if s.closed_at is None or incident.closed_at is not None or s.finding.fingerprint == incident.cause]
    cause = next((s.finding for s in shown if s.finding.fingerprint == incident.cause), None)
    drawn = None
    if cause is not None:
        hung = chain(cause, [s.finding for s in shown if s.finding.fingerprint != incident.cause])
        over = frozenset(s.finding.fingerprint for s in stored if s.closed_at is not None)
        drawn = _Drawing(hung, over).node(hung.links[0])
    return {
        "id": ids.incident_number(number),
        "title": incident.title,
        "state": incident.state.value,
        "severity": incident.severity.value,
        "findings": len(shown),
        "cause": drawn,
    }


def _rest(hidden: Sequence[Link]) -> Json:
    """One node for those that are not drawn."""
    found = [link.finding for link in hidden]
    worst = max(found, key=lambda finding: finding.severity.rank)
    more = " and ".join(how_many(kind, number) for kind, number in counted(found))
    return {
        "subject": f"{more} more",
        "relation": hidden[0].relation,
        "check": worst.check,
        "severity": worst.severity.value,
        "state": worst.state.value,
        "summary": "",
        "count": sum(map(count, found)),
        "over": False,
        "fingerprint": "",
        "explains": [],
    }
