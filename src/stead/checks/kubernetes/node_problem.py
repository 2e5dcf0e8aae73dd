"""A node whose own watchdogs find something wrong, or that was never set up."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from stead.checks.kubernetes.common import GRACE, condition, condition_seen, kubectl_get, latest, unless_by
from stead.checks.kubernetes.workloads import is_deleted
from stead.declare import check
from stead.domain.evidence import Evidence
from stead.domain.finding import Finding, Progressing, Severity
from stead.estate.kubernetes.slices import Node
from stead.estate.kubernetes.view import View

SAYS = {
    "KernelDeadlock": "has a kernel that is stuck",
    "ReadonlyFilesystem": "has a file system that went read-only",
    "CorruptDockerOverlay2": "has a corrupt image store",
    "ContainerRuntimeUnhealthy": "has a container runtime that does not answer",
    "ContainerRuntimeProblem": "has a container runtime that does not answer",
    "KubeletUnhealthy": "has a kubelet that is unwell",
    "KubeletProblem": "has a kubelet that is unwell",
    "FrequentKubeletRestart": "has a kubelet that keeps restarting",
    "FrequentDockerRestart": "has a container runtime that keeps restarting",
    "FrequentContainerdRestart": "has a container runtime that keeps restarting",
    "FrequentUnregisterNetDevice": "has network devices that do not go away",
    "XfsShutdown": "has a file system that was shut down",
    "CperHardwareErrorFatal": "has a fatal hardware error",
    "NTPProblem": "has a clock that nobody sets",
    "FilesystemCorruptionProblem": "has a corrupt file system",
}
"""Conditions of the node problem detector's shipped rules (kubernetes/node-problem-detector, config/), and of AKS, which has added to them;
True is trouble."""

LACKS = {
    "KernelReady": "has trouble with its kernel",
    "NetworkingReady": "has trouble with its network",
    "StorageReady": "has trouble with its storage",
    "ContainerRuntimeReady": "has trouble with its container runtime",
    "AcceleratedHardwareReady": "has trouble with its accelerators",
}
"""Conditions of the EKS node monitoring agent; False is trouble
(https://docs.aws.amazon.com/eks/latest/userguide/node-health.html)."""

UNINITIALIZED = "node.cloudprovider.kubernetes.io/uninitialized"
SET_UP_WITHIN = timedelta(minutes=10)
"""A cloud controller sets a node up within a minute; until it has, nothing is scheduled there (Cloud controller manager)."""


@check(watches=[Node])
def node_problem(node: Node, view: View, now: datetime) -> Iterator[Finding | Progressing]:
    """The node problem detector reports a condition of a node (a stuck kernel, a read-only file system, a runtime that is unwell), or no
    cloud controller has set the node up for ten minutes."""
    if is_deleted(node):
        return
    meta = node.metadata
    for type_, words, bad in (*((t, words, "True") for t, words in SAYS.items()), *((t, words, "False") for t, words in LACKS.items())):
        if (found := condition(node.status.conditions, type_)) is None or found.status != bad:
            continue
        finding = view.finding(
            node,
            reason=type_,
            summary=f"node {meta.name} {words}",
            severity=Severity.WARNING,
            evidence=condition_seen(node, found),
            since=found.last_transition_time,
        )
        yield unless_by(finding, found.last_transition_time, GRACE, now)
    if (taint := next((one for one in node.spec.taints if one.key == UNINITIALIZED), None)) is not None:
        finding = view.finding(
            node,
            reason="Uninitialized",
            summary=f"node {meta.name} was not set up by its cloud controller: nothing is scheduled on it",
            evidence=(Evidence(what="taint", value=UNINITIALIZED, command=kubectl_get(node, ".spec.taints")),),
            since=taint.time_added or meta.creation_timestamp,
        )
        yield unless_by(finding, latest(taint.time_added, meta.creation_timestamp), SET_UP_WITHIN, now)
