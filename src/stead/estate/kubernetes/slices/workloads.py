"""The workloads that make pods."""

from __future__ import annotations

from msgspec import field

from stead.estate.kubernetes.slices.meta import Conditions, Labels, Named, Object, ObjectMeta, Slice, Time
from stead.estate.kubernetes.slices.pod import PodSpec


class TemplateMeta(Slice, frozen=True):
    labels: Labels = field(default_factory=dict[str, str])


class PodTemplate(Slice, frozen=True):
    metadata: TemplateMeta = TemplateMeta()
    spec: PodSpec = PodSpec()


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
    updated_replicas: int = 0
    conditions: Conditions = ()


class Deployment(Object, frozen=True):
    spec: DeploymentSpec = DeploymentSpec()
    status: DeploymentStatus = DeploymentStatus()


class ReplicaSetSpec(Slice, frozen=True):
    replicas: int = 1


class ReplicaSetStatus(Slice, frozen=True):
    observed_generation: int = 0
    replicas: int = 0
    ready_replicas: int = 0
    conditions: Conditions = ()


class ReplicaSet(Object, frozen=True):
    spec: ReplicaSetSpec = ReplicaSetSpec()
    status: ReplicaSetStatus = ReplicaSetStatus()


class ReplicationControllerSpec(Slice, frozen=True):
    replicas: int = 1
    template: PodTemplate | None = None


class ReplicationController(Object, frozen=True):
    spec: ReplicationControllerSpec = ReplicationControllerSpec()
    status: ReplicaSetStatus = ReplicaSetStatus()


class RollingUpdate(Slice, frozen=True):
    partition: int = 0


class UpdateStrategy(Slice, frozen=True):
    """`rollingUpdate.maxUnavailable` may be a number or a share, and is not read."""

    type: str = "RollingUpdate"
    rolling_update: RollingUpdate = RollingUpdate()


class ClaimTemplate(Slice, frozen=True):
    metadata: ObjectMeta


class Ordinals(Slice, frozen=True):
    start: int = 0


class StatefulSetSpec(Slice, frozen=True):
    replicas: int = 1
    min_ready_seconds: int = 0
    ordinals: Ordinals = Ordinals()
    update_strategy: UpdateStrategy = UpdateStrategy()
    volume_claim_templates: tuple[ClaimTemplate, ...] = ()
    template: PodTemplate = PodTemplate()


class StatefulSetStatus(Slice, frozen=True):
    observed_generation: int = 0
    replicas: int = 0
    ready_replicas: int = 0
    updated_replicas: int = 0
    current_revision: str = ""
    update_revision: str = ""


class StatefulSet(Object, frozen=True):
    spec: StatefulSetSpec = StatefulSetSpec()
    status: StatefulSetStatus = StatefulSetStatus()


class DaemonSetStatus(Slice, frozen=True):
    observed_generation: int = 0
    desired_number_scheduled: int = 0
    current_number_scheduled: int = 0
    number_ready: int = 0
    number_unavailable: int = 0
    number_misscheduled: int = 0
    updated_number_scheduled: int = 0


class DaemonSetSpec(Slice, frozen=True):
    template: PodTemplate = PodTemplate()


class DaemonSet(Object, frozen=True):
    spec: DaemonSetSpec = DaemonSetSpec()
    status: DaemonSetStatus = DaemonSetStatus()


class JobSpec(Slice, frozen=True):
    suspend: bool = False
    managed_by: str = ""


class JobStatus(Slice, frozen=True):
    start_time: Time | None = None
    active: int = 0
    failed: int = 0
    succeeded: int = 0
    terminating: int = 0
    conditions: Conditions = ()


class Job(Object, frozen=True):
    spec: JobSpec = JobSpec()
    status: JobStatus = JobStatus()


class JobTemplateSpec(Slice, frozen=True):
    template: PodTemplate = PodTemplate()


class JobTemplate(Slice, frozen=True):
    spec: JobTemplateSpec = JobTemplateSpec()


class CronJobSpec(Slice, frozen=True):
    schedule: str = ""
    time_zone: str = ""
    suspend: bool = False
    concurrency_policy: str = "Allow"
    starting_deadline_seconds: int | None = None
    job_template: JobTemplate = JobTemplate()


class CronJobStatus(Slice, frozen=True):
    active: tuple[Named, ...] = ()
    last_schedule_time: Time | None = None
    last_successful_time: Time | None = None


class CronJob(Object, frozen=True):
    spec: CronJobSpec = CronJobSpec()
    status: CronJobStatus = CronJobStatus()
