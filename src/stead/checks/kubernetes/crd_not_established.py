"""A kind of custom resource that the API server does not serve."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from stead.checks.kubernetes.common import GRACE, condition, condition_seen, latest, unless_by
from stead.checks.kubernetes.workloads import is_deleted
from stead.declare import check
from stead.domain.finding import Finding, Progressing
from stead.estate.kubernetes.slices import Condition, CustomResourceDefinition
from stead.estate.kubernetes.view import View


@check(watches=[CustomResourceDefinition])
def crd_not_established(crd: CustomResourceDefinition, view: View, now: datetime) -> Iterator[Finding | Progressing]:
    """A CustomResourceDefinition is not served: its names are taken by another one (NamesAccepted False), or it is not Established."""
    conditions = crd.status.conditions
    if is_deleted(crd):
        return
    names, established = condition(conditions, "NamesAccepted"), condition(conditions, "Established")
    if names is not None and names.status == "False":
        yield _finding(crd, view, names, "NamesNotAccepted", "has names that another kind holds already", now)
    elif established is not None and established.status == "False":
        yield _finding(crd, view, established, "NotEstablished", "is not served", now)


def _finding(crd: CustomResourceDefinition, view: View, found: Condition, reason: str, what: str, now: datetime) -> Finding | Progressing:
    finding = view.finding(
        crd,
        reason=reason,
        summary=f"custom resource definition {crd.metadata.name} {what}",
        evidence=condition_seen(crd, found),
        since=found.last_transition_time,
    )
    return unless_by(finding, latest(found.last_transition_time, crd.metadata.creation_timestamp), GRACE, now)
