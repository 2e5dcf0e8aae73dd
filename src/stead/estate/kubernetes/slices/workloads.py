"""The workloads that make pods."""

from __future__ import annotations

from msgspec import field

from stead.estate.kubernetes.slices.meta import Conditions, Labels, Object, Slice, Time


class TemplateMeta(Slice, frozen=True):
    labels: Labels = field(default_factory=dict[str, str])


class PodTemplate(Slice, frozen=True):
    metadata: TemplateMeta = TemplateMeta()


class DeploymentSpec(Slice, frozen=True):
    replicas: int = 1
    paused: bool = False
    progress_deadline_seconds: int = 600
    template: PodTemplate = PodTemplate()


class DeploymentStatus(Slice, frozen=True):
    observed_generation: int = 0
    replicas: int = 0
    ready_replicas: int = 0
    available_replicas: int = 0
    unavailable_replicas: int = 0
    conditions: Conditions = ()


class Deployment(Object, frozen=True):
    spec: DeploymentSpec = DeploymentSpec()
    status: DeploymentStatus = DeploymentStatus()


class ReplicaSetSpec(Slice, frozen=True):
    replicas: int = 1


class ReplicaSetStatus(Slice, frozen=True):
    replicas: int = 0
    ready_replicas: int = 0


class ReplicaSet(Object, frozen=True):
    spec: ReplicaSetSpec = ReplicaSetSpec()
    status: ReplicaSetStatus = ReplicaSetStatus()


class StatefulSetSpec(Slice, frozen=True):
    replicas: int = 1
    template: PodTemplate = PodTemplate()


class StatefulSetStatus(Slice, frozen=True):
    observed_generation: int = 0
    replicas: int = 0
    ready_replicas: int = 0
    current_revision: str = ""


class StatefulSet(Object, frozen=True):
    spec: StatefulSetSpec = StatefulSetSpec()
    status: StatefulSetStatus = StatefulSetStatus()


class DaemonSetStatus(Slice, frozen=True):
    observed_generation: int = 0
    desired_number_scheduled: int = 0
    current_number_scheduled: int = 0
    number_ready: int = 0
    number_unavailable: int = 0


class DaemonSetSpec(Slice, frozen=True):
    template: PodTemplate = PodTemplate()


class DaemonSet(Object, frozen=True):
    spec: DaemonSetSpec = DaemonSetSpec()
    status: DaemonSetStatus = DaemonSetStatus()


class JobSpec(Slice, frozen=True):
    suspend: bool = False


class JobStatus(Slice, frozen=True):
    start_time: Time | None = None
    conditions: Conditions = ()


class Job(Object, frozen=True):
    spec: JobSpec = JobSpec()
    status: JobStatus = JobStatus()
