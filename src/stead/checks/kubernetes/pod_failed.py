"""A pod without an owner that failed for good."""

from __future__ import annotations

from datetime import datetime

from stead.checks.kubernetes.common import kubectl_get, latest, said
from stead.checks.kubernetes.pods import Part, calm, parts, state_seen
from stead.declare import check
from stead.domain.evidence import Evidence
from stead.domain.finding import Finding
from stead.estate.kubernetes.slices import Pod
from stead.estate.kubernetes.view import View

CLEARED_AWAY = frozenset({"Evicted", "Preempting", "Terminated", "NodeShutdown", "NodeLost", "NodeAffinity", "Shutdown"})
"""Reasons of a pod that its node put out (kubelet, pkg/kubelet/eviction, nodeshutdown, preemption): the node's trouble, not the pod's."""


@check(watches=[Pod], unless=calm)
def pod_failed(pod: Pod, view: View, now: datetime) -> Finding | None:  # noqa: ARG001 - a failed pod stays failed
    """A pod that nobody will start again has failed: it has no owner, and its phase is Failed.

    Failed pods of Jobs and other controllers are theirs to replace and to tell of; those that a node put out are no fault of their own.
    """
    meta, status = pod.metadata, pod.status
    if status.phase != "Failed" or meta.deletion_timestamp is not None or meta.owner_references or status.reason in CLEARED_AWAY:
        return None
    culprit = _culprit(pod)
    return view.finding(
        pod,
        reason="PodFailed",
        summary=f"pod {meta.namespace}/{meta.name} failed{_how(pod, culprit)}, and nothing starts it again",
        container=culprit.name if culprit else "",
        evidence=(
            Evidence(what="phase", value="Failed", command=kubectl_get(pod, ".status.phase")),
            *said(pod, "message", status.message, ".status.message"),
            *(state_seen(pod, culprit) if culprit else ()),
        ),
        since=latest(*(part.last.finished_at for part in parts(pod) if part.last)) or meta.creation_timestamp,
    )


def _culprit(pod: Pod) -> Part | None:
    """The first container that did not end well."""
    return next((part for part in parts(pod) if part.last is not None and part.last.exit_code != 0 and not part.sidecar), None)


def _how(pod: Pod, culprit: Part | None) -> str:
    if pod.status.reason:
        return f" ({pod.status.reason})"
    if culprit is None or culprit.last is None:
        return ""
    why = culprit.last.reason if culprit.last.reason == "OOMKilled" else f"exit code {culprit.last.exit_code}"
    return f": container `{culprit.name}` ended with {why}"
