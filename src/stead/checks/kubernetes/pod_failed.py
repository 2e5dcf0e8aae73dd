"""A pod that failed for good and that nothing has replaced."""

from __future__ import annotations

from datetime import datetime, timedelta

from stead.checks.kubernetes import exits
from stead.checks.kubernetes.common import after, condition, kubectl_get, latest, said
from stead.checks.kubernetes.nodes import unwell
from stead.checks.kubernetes.pods import Part, calm, judged, parts, ready, ready_of, state_seen
from stead.declare import check
from stead.domain.evidence import Evidence
from stead.domain.finding import Finding
from stead.domain.subject import Subject
from stead.estate.kubernetes.kinds import kind_named
from stead.estate.kubernetes.slices import DaemonSet, Deployment, Node, Pod, ReplicaSet, ReplicationController, StatefulSet
from stead.estate.kubernetes.view import View, controller_of

CONTROLLERS = ("Deployment", "ReplicaSet", "ReplicationController", "StatefulSet", "DaemonSet")
"""Kinds that put another pod in the place of one that failed. Jobs and what other operators make are theirs to judge."""

RECENT = timedelta(hours=1)
"""For how long a pod that its workload has not replaced may be why the workload is short."""


@check(watches=[Pod, Node, Deployment, ReplicaSet, StatefulSet, DaemonSet], unless=calm)
def pod_failed(pod: Pod, view: View, now: datetime) -> Finding | None:
    """A pod has failed and nothing has taken its place: it has no owner, or the workload that it belongs to is short of pods and the
    failure is less than an hour old. Evicted by its node, refused by it, or ended by itself.

    Failed pods of Jobs and of other operators are theirs to replace and to tell of; what a workload has replaced is history.
    """
    meta, status = pod.metadata, pod.status
    if status.phase != "Failed" or meta.deletion_timestamp is not None:
        return None
    top = view.top(pod)
    if meta.owner_references and (top is None or not _is_missed(pod, top, view, now)):
        return None
    culprit = _culprit(pod)
    after_it = "and its workload is short of pods" if top is not None else "and nothing starts it again"
    return view.finding(
        pod,
        reason="Evicted" if status.reason == "Evicted" else "PodFailed",
        summary=f"pod {meta.namespace}/{meta.name} {_how(pod, culprit)}, {after_it}",
        container=culprit.name if culprit else "",
        evidence=(
            Evidence(what="phase", value="Failed", command=kubectl_get(pod, ".status.phase")),
            *said(pod, "message", status.message, ".status.message"),
            *(state_seen(pod, culprit) if culprit else ()),
        ),
        depends_on=_node(pod, view),
        since=_ended(pod) or meta.creation_timestamp,
    )


def _is_missed(pod: Pod, top: Subject, view: View, now: datetime) -> bool:
    """Whether the pod's workload lacks it: by the workload's own word, or, where that was not read, by its other pods."""
    ended = _ended(pod) or pod.metadata.creation_timestamp
    if top.kind not in CONTROLLERS or ended is None or now >= after(ended, RECENT):
        return False
    kind = kind_named(top.api_version, top.kind)
    workload = view.get(kind.struct, top.namespace, top.name) if kind else None
    if isinstance(workload, DaemonSet):
        return workload.status.number_ready < workload.status.desired_number_scheduled
    if isinstance(workload, (Deployment, ReplicaSet, ReplicationController, StatefulSet)):
        return ready_of(top, view) < workload.spec.replicas
    owner = controller_of(pod)
    others = view.owned_by(Pod, pod.metadata.namespace, owner.kind, owner.name) if owner is not None else ()
    return not any(judged(other) and ready(other) for other in others)


def _ended(pod: Pod) -> datetime | None:
    put_out = condition(pod.status.conditions, "DisruptionTarget")
    return latest(*(part.last.finished_at for part in parts(pod) if part.last), put_out.last_transition_time if put_out else None)


def _node(pod: Pod, view: View) -> tuple[Subject, ...]:
    """Its node: whatever is wrong there explains an eviction; where it is gone or silent, anything."""
    name = pod.spec.node_name
    if name and pod.status.reason == "Evicted" and view.knows(Node):
        return (view.named(Node, "", name),)
    return unwell(name, view)


def _culprit(pod: Pod) -> Part | None:
    """The first container that did not end well."""
    return next((part for part in parts(pod) if part.last is not None and part.last.exit_code != 0 and not part.sidecar), None)


def _how(pod: Pod, culprit: Part | None) -> str:
    if pod.status.reason == "Evicted":
        return f"was evicted from node {pod.spec.node_name}" if pod.spec.node_name else "was evicted"
    if pod.status.reason:
        return f"failed ({pod.status.reason})"
    if culprit is None or culprit.last is None:
        return "failed"
    why = culprit.last.reason if culprit.last.reason == "OOMKilled" else f"exit {exits.code(culprit.last.exit_code)}"
    return f"failed: container `{culprit.name}` ended with {why}"
