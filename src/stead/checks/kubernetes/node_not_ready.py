"""A node that is not ready."""

from __future__ import annotations

import shlex
from datetime import datetime

from stead.checks.kubernetes.common import GRACE, SETTLE, after, condition, condition_seen, kubectl_get, unless_by
from stead.declare import check
from stead.domain.evidence import Evidence
from stead.domain.finding import Finding, Progressing, Severity
from stead.estate.kubernetes.slices import Node, Pod
from stead.estate.kubernetes.view import View

MOST_OWNERS = 5


@check(watches=[Node, Pod])
def node_not_ready(node: Node, view: View, now: datetime) -> Finding | Progressing | None:
    """A node's Ready condition is not True. Unknown (the node controller has missed its heartbeats for 40 s or more) counts at
    once; False is given a minute, and a new node the time to come up."""
    ready = condition(node.status.conditions, "Ready")
    if (ready is not None and ready.status == "True") or node.metadata.deletion_timestamp is not None:
        return None
    silent = ready is not None and ready.status == "Unknown"
    cordoned = node.spec.unschedulable
    what = "does not answer" if silent else "is not ready"
    finding = view.finding(
        node,
        reason="NotReady",
        summary=f"node {node.metadata.name} {what}{' (it is cordoned)' if cordoned else ''}",
        severity=Severity.WARNING if cordoned else Severity.CRITICAL,
        evidence=(*_pods_on(node, view), *(condition_seen(node, ready) if ready is not None else (_unsaid(node),))),
        since=(ready.last_transition_time if ready else None) or node.metadata.creation_timestamp,
    )
    made = node.metadata.creation_timestamp
    if made is not None and now < after(made, SETTLE):
        return Progressing(until=after(made, SETTLE), finding=finding)
    if silent or ready is None:
        return finding
    return unless_by(finding, ready.last_transition_time, GRACE, now)


def _pods_on(node: Node, view: View) -> tuple[Evidence, ...]:
    """Whom it takes along."""
    if not view.knows(Pod):
        return ()
    pods = [pod for pod in view.all(Pod) if pod.spec.node_name == node.metadata.name and pod.status.phase not in ("Succeeded", "Failed")]
    owners = sorted({str(view.top(pod) or view.subject(pod)) for pod in pods})
    named = ", ".join(owners[:MOST_OWNERS]) + (f" and {len(owners) - MOST_OWNERS} more" if len(owners) > MOST_OWNERS else "")
    command = f"kubectl get pods -A --field-selector {shlex.quote(f'spec.nodeName={node.metadata.name}')}"
    return (Evidence(what="on it", value=f"{len(pods)} pods" + (f" of {named}" if named else ""), command=command),)


def _unsaid(node: Node) -> Evidence:
    return Evidence(what="condition Ready", value="never reported", command=kubectl_get(node, ".status.conditions"))
