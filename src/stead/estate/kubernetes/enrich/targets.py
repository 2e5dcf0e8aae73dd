"""Which findings are worth a question, and what is to be asked about each. Pure.

Findings that another one explains are not asked about: thirty pods on a dead node have one cause, and it is not in their logs.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from stead.domain.finding import Finding, FindingState
from stead.domain.grouping import explains
from stead.domain.subject import Key
from stead.estate.kubernetes.kinds import kind_named
from stead.estate.kubernetes.slices import ContainerStatus, DaemonSet, Deployment, Job, Object, Pod, ReplicaSet, StatefulSet
from stead.estate.kubernetes.view import View


@dataclass(frozen=True, slots=True)
class LogPlace:
    """A container's log: that of the run before (`previous`), and that of the present or last one (`current`)."""

    namespace: str
    pod: str
    container: str
    previous: bool
    current: bool


def distinct(findings: Iterable[Finding]) -> list[Finding]:
    """The firing findings that nothing else among these explains: worst first, and each kind of trouble in turn, so that a storm of one
    does not hide the other."""
    firing = [finding for finding in findings if finding.state is FindingState.FIRING]
    by_key: dict[Key, list[Finding]] = {}
    for finding in firing:
        for key in finding.keys:
            by_key.setdefault(key, []).append(finding)
    turn: dict[tuple[str, str], int] = {}
    ranked: list[tuple[int, int, str, str, Finding]] = []
    for finding in sorted(firing, key=lambda f: (-f.severity.rank, f.subject.namespace, f.subject.name, f.fingerprint)):
        if explains(finding, by_key) is None:
            alike = (finding.check, finding.reason)
            turn[alike] = turn.get(alike, 0) + 1
            ranked.append((turn[alike], -finding.severity.rank, finding.check, finding.fingerprint, finding))
    return [finding for *_, finding in sorted(ranked, key=lambda one: one[:4])]


def log_of(finding: Finding, view: View) -> LogPlace | None:
    """The log that may tell more of this finding; None where no container of it has ever run."""
    subject = finding.subject
    if subject.kind == "Pod":
        pod = view.get(Pod, subject.namespace, subject.name)
        return _log(pod, finding.container) if pod is not None and finding.container else None
    if subject.kind == "Job":
        job = view.get(Job, subject.namespace, subject.name)
        failed = [pod for pod in view.owned(Pod, job) if pod.status.phase == "Failed"] if job is not None else []
        return _log(max(failed, key=_made), "") if failed else None
    return None


def events_of(finding: Finding, view: View) -> tuple[str, str, str] | None:
    """(kind, namespace, name) of the object whose events may tell more; None for what is no object of Kubernetes.

    A Deployment that gets no pods is told of by its ReplicaSet, which is what asks for them; a workload that has its pods, by the pod that
    holds it up.
    """
    subject = finding.subject
    kind = kind_named(subject.api_version, subject.kind)
    if kind is None:
        return None
    if kind.struct is Deployment and (deployment := view.get(Deployment, subject.namespace, subject.name)) is not None:
        short = [one for one in view.owned(ReplicaSet, deployment) if one.status.replicas < one.spec.replicas]
        if short:
            return ("ReplicaSet", subject.namespace, max(short, key=_made).metadata.name)
    if (pod := _pod_of(finding, view)) is not None:
        return ("Pod", pod.metadata.namespace, pod.metadata.name)
    return (subject.kind, subject.namespace, subject.name)


def _pod_of(finding: Finding, view: View) -> Pod | None:
    """The pod that a finding is about, or the newest one that is not ready of the workload that it is about."""
    subject = finding.subject
    if subject.kind == "Pod":
        return view.get(Pod, subject.namespace, subject.name)
    owners: list[Object] = []
    if subject.kind == "Deployment" and (deployment := view.get(Deployment, subject.namespace, subject.name)) is not None:
        owners += view.owned(ReplicaSet, deployment)
    elif subject.kind in _MAKERS and (maker := view.get(_MAKERS[subject.kind], subject.namespace, subject.name)) is not None:
        owners.append(maker)
    held = [pod for owner in owners for pod in view.owned(Pod, owner) if not _ready(pod)]
    return max(held, key=_made, default=None)


def _ready(pod: Pod) -> bool:
    return any((one.type, one.status) == ("Ready", "True") for one in pod.status.conditions)


_MAKERS: dict[str, type[Object]] = {"StatefulSet": StatefulSet, "DaemonSet": DaemonSet, "ReplicaSet": ReplicaSet}


def _log(pod: Pod, container: str) -> LogPlace | None:
    statuses = (*pod.status.init_container_statuses, *pod.status.container_statuses)
    if not container:
        container = next((one.name for one in statuses if _failed(one)), "")
    status = next((one for one in statuses if one.name == container), None)
    if status is None:
        return None
    previous = status.last_state.terminated is not None or status.restart_count > 0
    current = status.state.running is not None or status.state.terminated is not None
    if not (previous or current):
        return None
    return LogPlace(pod.metadata.namespace, pod.metadata.name, container, previous, current)


def _failed(status: ContainerStatus) -> bool:
    ended = status.state.terminated or status.last_state.terminated
    return ended is not None and ended.exit_code != 0


def _made(obj: Object) -> tuple[float, str]:
    made = obj.metadata.creation_timestamp
    return (made.timestamp() if made is not None and made.year > 1 else 0.0, obj.metadata.name)


def never_started(finding: Finding, view: View) -> bool:
    """Whether the pod that it is about, or that holds up its workload, has no container that ever ran: then events say what is missing."""
    pod = _pod_of(finding, view)
    if pod is None or not pod.spec.node_name:
        return False
    return not any(
        status.restart_count or status.state.running or status.state.terminated or status.last_state.terminated
        for status in (*pod.status.init_container_statuses, *pod.status.container_statuses)
    )
