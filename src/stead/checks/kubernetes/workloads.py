"""What the checks of workloads share: their pods, and since when too few of them are ready."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from stead.checks.kubernetes.common import SETTLE, after, is_true, latest
from stead.checks.kubernetes.pods import lost_node, ready, ready_changed
from stead.domain.subject import Subject
from stead.estate.kubernetes.slices import DaemonSet, Deployment, Job, Object, Pod, ReplicaSet, ReplicationController, StatefulSet
from stead.estate.kubernetes.view import View

Workload = Deployment | StatefulSet | DaemonSet
Controller = Workload | ReplicaSet | ReplicationController
OWN_CONTROLLER = ("", "kubernetes.io/job-controller")
"""`spec.managedBy` of a Job that no foreign controller drives (API reference, JobSpec)."""


def caught_up(generation: int, observed: int) -> bool:
    """Whether the status speaks of the present spec (`observedGeneration`). Without generations there is nothing to catch up with."""
    return observed >= generation


def pods_of(workload: Controller, view: View) -> Sequence[Pod]:
    if isinstance(workload, Deployment):
        return [pod for one in view.owned(ReplicaSet, workload) for pod in view.owned(Pod, one)]
    return view.owned(Pod, workload)


def explained_by(workload: Controller, view: View) -> list[Subject]:
    """The workload itself (its pods' findings carry it as their top), then the lost nodes of its unready pods."""
    nodes = {node for pod in pods_of(workload, view) if not ready(pod) for node in lost_node(pod, view)}
    return [view.subject(workload), *sorted(nodes)]


def short_since(workload: Controller, view: View) -> datetime | None:
    """Since when at the latest it has been short: the newest change among its unready and leaving pods, or, where a pod is not even
    there, among all of them."""
    pods = pods_of(workload, view)
    unready = [pod for pod in pods if not ready(pod) or is_deleted(pod)]
    changed = latest(*(_changed(pod) for pod in unready or pods))
    return changed or workload.metadata.creation_timestamp


def lacking(view: View, namespace: str, now: datetime) -> Iterator[Object]:
    """Workloads of a namespace that have lacked whole pods for five minutes, and have no condition that says why."""
    every: list[StatefulSet | DaemonSet] = [*view.all(StatefulSet, namespace), *view.all(DaemonSet, namespace)]
    for workload in every:
        fewer = _fewer(workload) and caught_up(workload.metadata.generation, workload.status.observed_generation)
        if fewer and not is_deleted(workload) and _long_ago(short_since(workload, view), now):
            yield workload
    for job in view.all(Job, namespace):
        if job_lacks_pods(job) and not is_deleted(job) and _long_ago(job.status.start_time, now):
            yield job


def job_runs(job: Job) -> bool:
    """Whether a Job is meant to be at work: not held, not finished, and driven by Kubernetes' own controller."""
    ended = any(
        is_true(job.status.conditions, type_) for type_ in ("Complete", "Failed", "FailureTarget", "SuccessCriteriaMet", "Suspended")
    )
    return not ended and not job.spec.suspend and job.spec.managed_by in OWN_CONTROLLER


def job_lacks_pods(job: Job) -> bool:
    """Whether a Job was started and has never had a pod."""
    status = job.status
    none = not (status.active or status.failed or status.succeeded or status.terminating)
    return job_runs(job) and status.start_time is not None and none


def owners(pods: Sequence[Pod], view: View) -> list[Subject]:
    return sorted({top for pod in pods if (top := view.top(pod)) is not None})


def is_deleted(obj: Object) -> bool:
    return obj.metadata.deletion_timestamp is not None


def _fewer(workload: StatefulSet | DaemonSet) -> bool:
    if isinstance(workload, StatefulSet):
        return workload.status.replicas < workload.spec.replicas
    return workload.status.current_number_scheduled < workload.status.desired_number_scheduled


def _long_ago(when: datetime | None, now: datetime) -> bool:
    return when is None or now >= after(when, SETTLE)


def _changed(pod: Pod) -> datetime | None:
    return latest(ready_changed(pod), pod.metadata.creation_timestamp, pod.metadata.deletion_timestamp)
