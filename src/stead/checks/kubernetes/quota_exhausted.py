"""A quota that keeps pods from being created."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime

from stead.checks.kubernetes.common import condition, kubectl_get
from stead.checks.kubernetes.workloads import is_deleted, lacking
from stead.declare import check
from stead.domain.evidence import Evidence
from stead.domain.finding import Finding, Severity
from stead.domain.quantities import quantity
from stead.estate.kubernetes.slices import (
    DaemonSet,
    Deployment,
    Job,
    Pod,
    ReplicaSet,
    ReplicationController,
    ResourceQuota,
    StatefulSet,
)
from stead.estate.kubernetes.view import View

_SAYS = re.compile(r"exceeded quota: ([\w.-]{1,253})")


@check(watches=[ResourceQuota, ReplicaSet, ReplicationController, Deployment, StatefulSet, DaemonSet, Job, Pod])
def quota_exhausted(quota: ResourceQuota, view: View, now: datetime) -> Finding | None:
    """A ResourceQuota is used up and a workload of its namespace lacks pods because of it: a ReplicaFailure names the quota, or a
    StatefulSet, DaemonSet or Job has none or too few while a limit on pods, CPU or memory is reached.

    A full quota that nobody runs into is as it was meant; one with scopes counts only where it is named.
    """
    if is_deleted(quota):
        return None
    full = tuple(_full(quota))
    refused = [obj for obj in _with_conditions(quota, view) if quota.metadata.name in _named(obj)]
    short = list(lacking(view, quota.metadata.namespace, now)) if any(map(_is_of_pods, full)) and not _is_scoped(quota) else []
    blocked = sorted({view.top(obj) or view.subject(obj) for obj in (*refused, *short)})
    if not blocked:
        return None
    meta = quota.metadata
    used = (
        ", ".join(f"{name} {quota.status.used.get(name)} of {quota.status.hard.get(name)}" for name in full)
        or "what is asked for is too much"
    )
    return view.finding(
        quota,
        reason="Exhausted",
        summary=f"quota {meta.namespace}/{meta.name} keeps pods of {', '.join(map(str, blocked[:3]))} from being created: {used}",
        severity=Severity.WARNING,
        evidence=(
            Evidence(what="used up", value=used, command=kubectl_get(quota, ".status")),
            Evidence(what="waiting for it", value=", ".join(map(str, blocked[:10])), command=f"kubectl -n {meta.namespace} get events"),
        ),
    )


def _full(quota: ResourceQuota) -> Iterator[str]:
    for name, hard in sorted(quota.status.hard.items()):
        limit, used = quantity(hard), quantity(quota.status.used.get(name, "0"))
        if limit is not None and used is not None and used >= limit:
            yield name


def _is_scoped(quota: ResourceQuota) -> bool:
    """Whether it counts some pods only (of a priority class, of best effort): then being full says nothing of the others."""
    return bool(quota.spec.scopes) or quota.spec.scope_selector is not None


def _is_of_pods(name: str) -> bool:
    """Whether a limit of that name counts pods or what they ask for (API reference, resource quotas)."""
    asked = name.startswith(("requests.", "limits.")) and "storage" not in name
    return asked or name in ("pods", "count/pods", "cpu", "memory")


def _with_conditions(quota: ResourceQuota, view: View) -> Iterator[ReplicaSet | ReplicationController]:
    yield from view.all(ReplicaSet, quota.metadata.namespace)
    yield from view.all(ReplicationController, quota.metadata.namespace)


def _named(obj: ReplicaSet | ReplicationController) -> set[str]:
    failure = condition(obj.status.conditions, "ReplicaFailure")
    return set(_SAYS.findall(failure.message)) if failure is not None and failure.status == "True" else set()
