"""The kinds that checks look at, each cut down to the fields that are read.

Names and meanings are those of the Kubernetes API reference. A field that is absent has the default that it has there; unknown
fields are skipped; `decode` sees to nulls. Everything is immutable, so that an object in the view never changes under a check.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, ClassVar

import msgspec
from msgspec import Meta, field

Time = Annotated[datetime, Meta(tz=True)]
Labels = dict[str, str]


class Slice(msgspec.Struct, rename="camel", frozen=True, kw_only=True, gc=False):
    """A part of an object. No slice can hold itself, so the cyclic collector need not look at any (two thirds of the cost)."""


class OwnerReference(Slice, frozen=True):
    api_version: str = ""
    kind: str = ""
    name: str = ""
    uid: str = ""
    controller: bool | None = None


class Annotations(Slice, frozen=True):
    """The few annotations that checks read; what else people write there is never kept."""

    selected_node: str = field(default="", name="volume.kubernetes.io/selected-node")


class ObjectMeta(Slice, frozen=True):
    name: str
    namespace: str = ""
    uid: str = ""
    resource_version: str = ""
    generation: int = 0
    creation_timestamp: Time | None = None
    deletion_timestamp: Time | None = None
    labels: Labels = field(default_factory=dict[str, str])
    annotations: Annotations = Annotations()
    owner_references: tuple[OwnerReference, ...] = ()
    finalizers: tuple[str, ...] = ()


class Object(Slice, frozen=True):
    """What every kind has."""

    metadata: ObjectMeta


class Condition(Slice, frozen=True):
    type: str = ""
    status: str = ""
    reason: str = ""
    message: str = ""
    last_transition_time: Time | None = None
    last_update_time: Time | None = None


Conditions = tuple[Condition, ...]


# Pod


class KeyRef(Slice, frozen=True):
    """configMapKeyRef, secretKeyRef, configMapRef, secretRef: `key` is "" for a whole one."""

    name: str = ""
    key: str = ""
    optional: bool = False


class EnvVarSource(Slice, frozen=True):
    config_map_key_ref: KeyRef | None = None
    secret_key_ref: KeyRef | None = None


class EnvVar(Slice, frozen=True):
    name: str = ""
    value_from: EnvVarSource | None = None


class EnvFromSource(Slice, frozen=True):
    config_map_ref: KeyRef | None = None
    secret_ref: KeyRef | None = None


class Container(Slice, frozen=True):
    name: str = ""
    image: str = ""
    env: tuple[EnvVar, ...] = ()
    env_from: tuple[EnvFromSource, ...] = ()
    restart_policy: str = ""


class KeyToPath(Slice, frozen=True):
    key: str = ""


class ConfigMapVolume(Slice, frozen=True):
    name: str = ""
    items: tuple[KeyToPath, ...] = ()
    optional: bool = False


class ClaimVolume(Slice, frozen=True):
    claim_name: str = ""


class ProjectedSource(Slice, frozen=True):
    config_map: ConfigMapVolume | None = None


class ProjectedVolume(Slice, frozen=True):
    sources: tuple[ProjectedSource, ...] = ()


class Ephemeral(Slice, frozen=True):
    """A claim that belongs to the pod; its name is `{pod}-{volume}`."""


class Volume(Slice, frozen=True):
    name: str = ""
    config_map: ConfigMapVolume | None = None
    persistent_volume_claim: ClaimVolume | None = None
    projected: ProjectedVolume | None = None
    ephemeral: Ephemeral | None = None


class PodSpec(Slice, frozen=True):
    node_name: str = ""
    restart_policy: str = "Always"
    containers: tuple[Container, ...] = ()
    init_containers: tuple[Container, ...] = ()
    volumes: tuple[Volume, ...] = ()


class Waiting(Slice, frozen=True):
    reason: str = ""
    message: str = ""


class Running(Slice, frozen=True):
    started_at: Time | None = None


class Terminated(Slice, frozen=True):
    exit_code: int = 0
    signal: int = 0
    reason: str = ""
    message: str = ""
    started_at: Time | None = None
    finished_at: Time | None = None


class ContainerState(Slice, frozen=True):
    waiting: Waiting | None = None
    running: Running | None = None
    terminated: Terminated | None = None


class ContainerStatus(Slice, frozen=True):
    name: str = ""
    ready: bool = False
    started: bool | None = None
    restart_count: int = 0
    state: ContainerState = ContainerState()
    last_state: ContainerState = ContainerState()


class PodStatus(Slice, frozen=True):
    phase: str = ""
    reason: str = ""
    message: str = ""
    conditions: Conditions = ()
    container_statuses: tuple[ContainerStatus, ...] = ()
    init_container_statuses: tuple[ContainerStatus, ...] = ()
    start_time: Time | None = None


class Pod(Object, frozen=True):
    spec: PodSpec = PodSpec()
    status: PodStatus = PodStatus()


# Node, Namespace


class NodeSpec(Slice, frozen=True):
    unschedulable: bool = False


class NodeStatus(Slice, frozen=True):
    conditions: Conditions = ()


class Node(Object, frozen=True):
    spec: NodeSpec = NodeSpec()
    status: NodeStatus = NodeStatus()


class Namespace(Object, frozen=True):
    """Read for its name alone."""


# Configuration


class ConfigMap(Object, frozen=True):
    """Only the names of the keys are kept: values are thrown away the moment they are decoded."""

    GONE: ClassVar[msgspec.Raw] = msgspec.Raw(b"null")

    data: dict[str, msgspec.Raw] = field(default_factory=dict[str, msgspec.Raw])
    binary_data: dict[str, msgspec.Raw] = field(default_factory=dict[str, msgspec.Raw])

    def __post_init__(self) -> None:
        msgspec.structs.force_setattr(self, "data", dict.fromkeys(self.data, self.GONE))
        msgspec.structs.force_setattr(self, "binary_data", dict.fromkeys(self.binary_data, self.GONE))

    @property
    def keys(self) -> frozenset[str]:
        return frozenset(self.data) | frozenset(self.binary_data)


# Services


class ServiceSpec(Slice, frozen=True):
    type: str = "ClusterIP"
    selector: Labels = field(default_factory=dict[str, str])
    cluster_ip: str = field(default="", name="clusterIP")
    publish_not_ready_addresses: bool = False


class Service(Object, frozen=True):
    spec: ServiceSpec = ServiceSpec()


class EndpointConditions(Slice, frozen=True):
    """`ready` unset is to be read as true (API reference, EndpointConditions)."""

    ready: bool | None = None


class Endpoint(Slice, frozen=True):
    addresses: tuple[str, ...] = ()
    conditions: EndpointConditions = EndpointConditions()


class EndpointSlice(Object, frozen=True):
    endpoints: tuple[Endpoint, ...] | None = None


# Storage


class ClaimSpec(Slice, frozen=True):
    storage_class_name: str | None = None
    volume_name: str = ""


class ClaimStatus(Slice, frozen=True):
    phase: str = ""


class PersistentVolumeClaim(Object, frozen=True):
    spec: ClaimSpec = ClaimSpec()
    status: ClaimStatus = ClaimStatus()


class StorageClass(Object, frozen=True):
    provisioner: str = ""
    volume_binding_mode: str = "Immediate"


# Workloads


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


# cert-manager.io/v1


class CertificateStatus(Slice, frozen=True):
    conditions: Conditions = ()
    not_before: Time | None = None
    not_after: Time | None = None
    renewal_time: Time | None = None
    last_failure_time: Time | None = None
    failed_issuance_attempts: int = 0


class Certificate(Object, frozen=True):
    status: CertificateStatus = CertificateStatus()
