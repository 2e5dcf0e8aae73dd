"""What the checks of workloads share: their pods, and since when too few of them are ready."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from stead.checks.kubernetes.common import latest
from stead.checks.kubernetes.pods import lost_node, ready, ready_changed
from stead.domain.subject import Subject
from stead.estate.kubernetes.slices import DaemonSet, Deployment, Object, Pod, ReplicaSet, StatefulSet
from stead.estate.kubernetes.view import View

Workload = Deployment | StatefulSet | DaemonSet


def caught_up(generation: int, observed: int) -> bool:
    """Whether the status speaks of the present spec (`observedGeneration`). Without generations there is nothing to catch up with."""
    return observed >= generation


def pods_of(workload: Workload | ReplicaSet, view: View) -> Sequence[Pod]:
    if isinstance(workload, Deployment):
        return [pod for one in view.owned(ReplicaSet, workload) for pod in view.owned(Pod, one)]
    return view.owned(Pod, workload)


def explained_by(workload: Workload, view: View) -> list[Subject]:
    """The workload itself (its pods' findings carry it as their top), then the lost nodes of its unready pods."""
    nodes = {node for pod in pods_of(workload, view) if not ready(pod) for node in lost_node(pod, view)}
    return [view.subject(workload), *sorted(nodes)]


def short_since(workload: Workload, view: View) -> datetime | None:
    """Since when at the latest it has been short: the newest change among its unready and leaving pods, or, where a pod is not even
    there, among all of them."""
    pods = pods_of(workload, view)
    unready = [pod for pod in pods if not ready(pod) or is_deleted(pod)]
    changed = latest(*(_changed(pod) for pod in unready or pods))
    return changed or workload.metadata.creation_timestamp


def owners(pods: Sequence[Pod], view: View) -> list[Subject]:
    return sorted({top for pod in pods if (top := view.top(pod)) is not None})


def is_deleted(obj: Object) -> bool:
    return obj.metadata.deletion_timestamp is not None


def _changed(pod: Pod) -> datetime | None:
    return latest(ready_changed(pod), pod.metadata.creation_timestamp, pod.metadata.deletion_timestamp)
