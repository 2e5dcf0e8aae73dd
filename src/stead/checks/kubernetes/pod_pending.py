"""A pod that gets no node, or does not get going on the one it has."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from stead.checks.kubernetes.common import SETTLE, condition, condition_seen, kubectl_get, unless_by
from stead.checks.kubernetes.config_missing import CREATING
from stead.checks.kubernetes.config_refs import absent_volumes
from stead.checks.kubernetes.pods import OTHERS, calm, harm, judged, lost_node, parts, started
from stead.checks.kubernetes.volumes import held, secrets_seen, volumes_of
from stead.declare import check
from stead.domain.evidence import Evidence
from stead.domain.finding import Finding, Progressing
from stead.domain.subject import Subject
from stead.estate.kubernetes.slices import ConfigMap, CSINode, Node, PersistentVolume, PersistentVolumeClaim, Pod, VolumeAttachment
from stead.estate.kubernetes.view import View, claims_of

START_WITHIN = timedelta(minutes=10)
"""From its node to its first container: a large image and an attached volume (6 minutes to be forced off another node) fit in."""

READY_TO_START = "PodReadyToStartContainers"
"""Not True until the volumes are mounted, and the sandbox and its network are there (Pod lifecycle, pod conditions)."""

INIT_WITHIN = timedelta(minutes=30)
"""An init container at work may be restoring data; the pod is not stuck before this."""

_WHY = (
    (re.compile(r"Insufficient ((?:[\w/-]|\.(?=\w)){1,100})"), "not enough {}"),
    (re.compile(r"(Too many pods)"), "too many pods"),
    (re.compile(r"(untolerated taint|had taint)"), "a taint that it does not tolerate"),
    (re.compile(r"(node affinity/selector|node selector)"), "no node fits its selector"),
    (re.compile(r"(pod (?:anti-)?affinity|pod topology spread)"), "its rules about other pods"),
    (re.compile(r"(were unschedulable)"), "nodes are cordoned"),
    (re.compile(r'persistentvolumeclaim "([\w.-]{1,253})" not found'), "claim `{}` does not exist"),
    (re.compile(r"(unbound immediate PersistentVolumeClaims)"), "its volume claim is not bound"),
    (re.compile(r"(volume node affinity|PersistentVolume's node affinity|volumes to bind)"), "no node can have its volume"),
    (re.compile(r"(free ports for the requested)"), "its host port is taken"),
)
"""How the scheduler words its reasons (pkg/scheduler/framework/plugins), and how a person would."""


@check(watches=[Pod, PersistentVolumeClaim, Node, ConfigMap, PersistentVolume, VolumeAttachment, CSINode], unless=calm)
def pod_pending(pod: Pod, view: View, now: datetime) -> Finding | Progressing | None:
    """A pod stays Pending: the scheduler finds no node for it (and says why), or its containers do not get started.

    A pod that is held back by a scheduling gate is held on purpose.
    """
    if not judged(pod) or pod.status.phase not in ("Pending", ""):
        return None
    scheduled = condition(pod.status.conditions, "PodScheduled")
    if pod.spec.node_name:
        return _not_started(pod, view, now)
    if scheduled is not None and scheduled.reason == "SchedulingGated":
        return None
    if scheduled is not None and scheduled.status == "False":
        why = ", ".join(reasons_in(scheduled.message)) or "the scheduler finds no node"
        seen = (*condition_seen(pod, scheduled), *_taints(scheduled.message, view))
        finding = _finding(pod, view, "Unschedulable", f"cannot be scheduled: {why}", seen)
        return unless_by(finding, scheduled.last_transition_time or pod.metadata.creation_timestamp, SETTLE, now)
    if pod.status.phase == "" or pod.metadata.creation_timestamp is None:
        return None
    seen = Evidence(what="phase", value="Pending, no node", command=kubectl_get(pod, ".status"))
    finding = _finding(pod, view, "NotScheduled", "waits and no scheduler has looked at it", (seen,))
    return unless_by(finding, pod.metadata.creation_timestamp, SETTLE, now)


def reasons_in(message: str) -> list[str]:
    """The scheduler's reasons, in a person's words and a fixed order; nothing for words that are not known."""
    found = [words.format(hit) for pattern, words in _WHY for hit in sorted(set(pattern.findall(message)))]
    return list(dict.fromkeys(found))


def _taints(message: str, view: View) -> tuple[Evidence, ...]:
    """Which taints there are, of which the scheduler's words have not told since Kubernetes 1.35: up to five nodes with theirs."""
    if "untolerated taint" not in message:
        return ()
    strict = {node.metadata.name: [str(t) for t in node.spec.taints if t.effect != "PreferNoSchedule"] for node in view.all(Node)}
    tainted = [f"`{name}`: {', '.join(taints)}" for name, taints in sorted(strict.items()) if taints]
    command = "kubectl get nodes -o custom-columns=NAME:.metadata.name,TAINTS:.spec.taints"
    return (Evidence(what="taints", value="; ".join(tainted[:5]), command=command),) if tainted else ()


def _not_started(pod: Pod, view: View, now: datetime) -> Finding | Progressing | None:
    every = list(parts(pod))
    if any(part.waiting in OTHERS or (part.last is not None and part.last.exit_code != 0) for part in every):
        return None  # told, in its own words, by the check of that state
    if any(True for _ in absent_volumes(pod.spec, pod.metadata.namespace, view)) and any(part.waiting in CREATING for part in every):
        return None
    at_work = next((part for part in every if part.init and not part.sidecar and part.status.state.running is not None), None)
    if at_work is not None:
        running = at_work.status.state.running
        seen = Evidence(what="init container", value=f"`{at_work.name}` is running", command=kubectl_get(pod, at_work.path))
        finding = _finding(pod, view, "InitNotFinished", f"waits for init container `{at_work.name}` to finish", (seen,))
        return unless_by(finding, (running.started_at if running else None) or started(pod), INIT_WITHIN, now)
    seen = Evidence(what="phase", value="Pending on its node", command=kubectl_get(pod, ".status"))
    volumes = held(pod, view)
    what = f"has node {pod.spec.node_name} and its containers are not started" + (f": {volumes.words}" if volumes.words else "")
    sandbox = condition(pod.status.conditions, READY_TO_START)
    closed = condition_seen(pod, sandbox) if sandbox is not None and sandbox.status != "True" else ()
    finding = _finding(pod, view, "NotStarted", what, (seen, *closed, *secrets_seen(pod)), volumes.causes)
    return unless_by(finding, started(pod), START_WITHIN, now)


def _finding(pod: Pod, view: View, reason: str, what: str, evidence: tuple[Evidence, ...], causes: tuple[Subject, ...] = ()) -> Finding:
    return view.finding(
        pod,
        reason=reason,
        summary=f"{pod.metadata.namespace}/{pod.metadata.name} {what}",
        severity=harm(pod, view),
        evidence=evidence,
        depends_on=(*_waiting_claims(pod, view), *causes, *map(view.subject, volumes_of(pod, view)), *lost_node(pod, view)),
        since=started(pod),
    )


def _waiting_claims(pod: Pod, view: View) -> list[Subject]:
    """Claims of the pod that are not bound, or not there."""
    claims = [(name, view.get(PersistentVolumeClaim, pod.metadata.namespace, name)) for name in dict.fromkeys(claims_of(pod))]
    unbound = [name for name, claim in claims if claim is None or claim.status.phase != "Bound"]
    return [view.named(PersistentVolumeClaim, pod.metadata.namespace, name) for name in unbound]
