"""A pod that runs and does not serve."""

from __future__ import annotations

from datetime import datetime, timedelta

from stead.checks.kubernetes.common import GRACE, SETTLE, condition, condition_seen, kubectl_get, latest, unless_by
from stead.checks.kubernetes.pods import STEADY, Part, calm, harm, judged, looping, lost_node, parts, ready_changed
from stead.declare import check
from stead.domain.evidence import Evidence
from stead.domain.finding import Finding, Progressing
from stead.estate.kubernetes.slices import Node, Pod
from stead.estate.kubernetes.view import View


@check(watches=[Pod, Node], unless=calm)
def pod_not_ready(pod: Pod, view: View, now: datetime) -> Finding | Progressing | None:
    """A pod's containers run, yet it is not ready for longer than a start takes: a readiness or startup probe fails, a readiness
    gate is closed, or its node is silent (phase Unknown, too). What its probes themselves allow is waited for. Containers that do not run
    are told by the check of their state."""
    state = condition(pod.status.conditions, "Ready")
    if judged(pod) and pod.status.phase == "Unknown":
        return _unknown(pod, view, now)
    serves = judged(pod) and pod.status.phase == "Running" and pod.spec.restart_policy == "Always"
    if not serves or state is None or state.status == "True":
        return None
    every = [part for part in parts(pod) if not part.init or part.sidecar]
    if any(_told_elsewhere(pod, part, now) for part in every):
        return None
    unready = next((part for part in every if not part.status.ready and part.status.state.terminated is None), None)
    starting = unready is not None and unready.status.started is False
    finding = view.finding(
        pod,
        reason="NotReady",
        summary=f"{pod.metadata.namespace}/{pod.metadata.name} runs and is not ready{_why(unready, starting)}",
        severity=harm(pod, view),
        container=unready.name if unready else "",
        evidence=(*condition_seen(pod, state), *_seen(pod, unready)),
        depends_on=lost_node(pod, view),
        since=ready_changed(pod),
    )
    allowed = _until_first_no(unready)
    return unless_by(finding, latest(ready_changed(pod), _running_since(unready)), max(STEADY if starting else SETTLE, allowed), now)


def _until_first_no(unready: Part | None) -> timedelta:
    """A database that replays its log may have a startup probe that gives it an hour: until then it starts as it was meant to."""
    return unready.allowed + GRACE if unready is not None and unready.allowed else timedelta(0)


def _running_since(unready: Part | None) -> datetime | None:
    running = unready.status.state.running if unready is not None and unready.allowed > SETTLE else None
    return running.started_at if running is not None else None


def _unknown(pod: Pod, view: View, now: datetime) -> Finding | Progressing:
    """Nobody has heard of the pod: its node's kubelet does not report (API reference, PodPhase)."""
    finding = view.finding(
        pod,
        reason="StateUnknown",
        summary=f"nobody knows how {pod.metadata.namespace}/{pod.metadata.name} is: its node {pod.spec.node_name} does not report",
        severity=harm(pod, view),
        evidence=(Evidence(what="phase", value="Unknown", command=kubectl_get(pod, ".status.phase")),),
        depends_on=lost_node(pod, view),
        since=ready_changed(pod),
    )
    return unless_by(finding, ready_changed(pod), SETTLE, now)


def _told_elsewhere(pod: Pod, part: Part, now: datetime) -> bool:
    """Whether a container does not run, or only between two crashes."""
    return part.status.state.waiting is not None or looping(pod, part, now) or _failed(part)


def _failed(part: Part) -> bool:
    ended = part.status.state.terminated
    return ended is not None and ended.exit_code != 0


def _why(unready: Part | None, starting: bool) -> str:
    if unready is None:
        return ""
    return f": the {'startup' if starting else 'readiness'} probe of container `{unready.name}` does not pass"


def _seen(pod: Pod, unready: Part | None) -> tuple[Evidence, ...]:
    if unready is None:
        return ()
    return (Evidence(what=f"container {unready.name}", value="running, not ready", command=kubectl_get(pod, f"{unready.path}.ready")),)
