"""A node that somebody closed and may have forgotten."""

from __future__ import annotations

from datetime import datetime, timedelta

from stead.checks.kubernetes.common import unless_by
from stead.checks.kubernetes.hygiene import opinion
from stead.checks.kubernetes.workloads import is_deleted
from stead.declare import check
from stead.domain.finding import Finding, FindingClass, Progressing
from stead.estate.kubernetes.slices import Node
from stead.estate.kubernetes.view import View

CORDON = "node.kubernetes.io/unschedulable"
"""The taint that a cordoned node gets, with the time at which it did (Taints and tolerations)."""

WAIT = timedelta(days=1)
"""Maintenance is over by then."""


@check(watches=[Node], class_=FindingClass.HYGIENE)
def node_cordoned(node: Node, view: View, now: datetime) -> Finding | Progressing | None:
    """A node has been cordoned for more than a day: nothing new is scheduled on it."""
    if is_deleted(node) or not node.spec.unschedulable:
        return None
    taint = next((one for one in node.spec.taints if one.key == CORDON), None)
    since = taint.time_added if taint is not None else None
    found = opinion(node, view, "Cordoned", "is cordoned", ("unschedulable", "true", ".spec.unschedulable"))
    return found if since is None else unless_by(found, since, WAIT, now)
