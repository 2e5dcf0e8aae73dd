"""A pod that should be gone and is not."""

from __future__ import annotations

from datetime import datetime, timedelta

from stead.checks.kubernetes.common import GRACE, SETTLE, condition, condition_seen, kubectl_get, unless_by
from stead.checks.kubernetes.pods import calm, parts
from stead.declare import check
from stead.domain.evidence import Evidence
from stead.domain.finding import Finding, Progressing
from stead.estate.kubernetes.slices import Node, Pod
from stead.estate.kubernetes.view import View

WAITS: dict[str, timedelta] = {"NodeGone": GRACE, "NodeNotReady": SETTLE, "Finalizers": SETTLE, "KubeletSilent": SETTLE}
"""How long past its deletionTimestamp, in which the grace period is already counted. A gone node's pods are collected 40 s after
it is missed (pod garbage collector); a living kubelet has volumes to unmount."""


@check(watches=[Pod, Node], unless=calm)
def pod_stuck_terminating(pod: Pod, view: View, now: datetime) -> Finding | Progressing | None:
    """A pod stays Terminating past its grace period: its node is gone (NodeGone) or not ready (NodeNotReady), finalizers hold it
    (Finalizers), or its kubelet does not finish (KubeletSilent)."""
    deleted = pod.metadata.deletion_timestamp
    if deleted is None:
        return None
    reason, why = _reason(pod, view)
    finding = view.finding(
        pod,
        reason=reason,
        summary=f"{pod.metadata.namespace}/{pod.metadata.name} is stuck Terminating: {why}",
        evidence=(
            Evidence(what="deletionTimestamp", value=deleted.isoformat(), command=kubectl_get(pod, ".metadata.deletionTimestamp")),
            *_seen(pod, reason, view),
        ),
        depends_on=[view.named(Node, "", pod.spec.node_name)] if reason in ("NodeGone", "NodeNotReady") else [],
        since=deleted,
    )
    return unless_by(finding, deleted, WAITS[reason], now)


def _reason(pod: Pod, view: View) -> tuple[str, str]:
    name = pod.spec.node_name
    node = view.get(Node, "", name)
    gone = bool(name) and view.missing(Node, "", name)
    alive = any(part.status.state.running is not None for part in parts(pod))
    if pod.metadata.finalizers and (gone or not alive):
        return "Finalizers", f"finalizers hold it ({', '.join(pod.metadata.finalizers)})"
    if gone:
        return "NodeGone", f"its node {name} is gone"
    ready = condition(node.status.conditions, "Ready") if node is not None else None
    if node is not None and (ready is None or ready.status != "True"):
        return "NodeNotReady", f"its node {name} is not ready"
    return "KubeletSilent", f"the kubelet of {name} does not finish it" if name else "nobody removes it"


def _seen(pod: Pod, reason: str, view: View) -> tuple[Evidence, ...]:
    name = pod.spec.node_name
    if reason == "Finalizers":
        held = ", ".join(pod.metadata.finalizers)
        return (Evidence(what="finalizers", value=held, command=kubectl_get(pod, ".metadata.finalizers")),)
    if reason == "NodeGone":
        return (Evidence(what=f"node {name}", value="not found", command=f"kubectl get node {name}"),)
    node = view.get(Node, "", name)
    ready = condition(node.status.conditions, "Ready") if node is not None else None
    return condition_seen(node, ready) if node is not None and ready is not None else ()
