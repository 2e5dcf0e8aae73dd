"""A node that runs out of something."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from stead.checks.kubernetes.common import SETTLE, condition, condition_seen, latest, unless_by
from stead.declare import check
from stead.domain.finding import Finding, Progressing, Severity
from stead.estate.kubernetes.slices import Node
from stead.estate.kubernetes.view import View

SAYS = {
    "MemoryPressure": "is short of memory and evicts pods",
    "DiskPressure": "is short of disk and evicts pods",
    "PIDPressure": "is short of process ids",
    "NetworkUnavailable": "has no working pod network",
}


@check(watches=[Node])
def node_pressure(node: Node, view: View, now: datetime) -> Iterator[Finding | Progressing]:
    """A node reports MemoryPressure, DiskPressure or PIDPressure, or NetworkUnavailable. A node that is just joining has no network
    for a while."""
    if node.metadata.deletion_timestamp is not None:
        return
    for type_, words in SAYS.items():
        found = condition(node.status.conditions, type_)
        if found is None or found.status != "True":
            continue
        network = type_ == "NetworkUnavailable"
        finding = view.finding(
            node,
            reason=type_,
            summary=f"node {node.metadata.name} {words}",
            severity=Severity.CRITICAL if network else Severity.WARNING,
            evidence=condition_seen(node, found),
            depends_on=[view.subject(node)],
            since=found.last_transition_time,
        )
        began = latest(found.last_transition_time, node.metadata.creation_timestamp) if network else None
        yield unless_by(finding, began, SETTLE if network else timedelta(0), now)
