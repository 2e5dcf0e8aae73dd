"""Pods, and what their containers say of themselves."""

from __future__ import annotations

from stead.estate.kubernetes.slices.meta import Conditions, Object, Slice, Time


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


class ContainerPort(Slice, frozen=True):
    name: str = ""
    container_port: int = 0
    protocol: str = "TCP"


class Probe(Slice, frozen=True):
    """Seconds, and times in a row. Zero stands for the default where the API allows no zero (API reference, Probe)."""

    initial_delay_seconds: int = 0
    period_seconds: int = 10
    failure_threshold: int = 3


class Limits(Slice, frozen=True):
    """Amounts as Kubernetes writes them (gauges/quantity.py); a manifest may have a number."""

    memory: str | int | float = ""


class Resources(Slice, frozen=True):
    limits: Limits = Limits()


class Container(Slice, frozen=True):
    name: str = ""
    image: str = ""
    resources: Resources = Resources()
    ports: tuple[ContainerPort, ...] = ()
    env: tuple[EnvVar, ...] = ()
    env_from: tuple[EnvFromSource, ...] = ()
    restart_policy: str = ""
    startup_probe: Probe | None = None
    readiness_probe: Probe | None = None


class KeyToPath(Slice, frozen=True):
    key: str = ""


class ConfigMapVolume(Slice, frozen=True):
    name: str = ""
    items: tuple[KeyToPath, ...] = ()
    optional: bool = False


class ClaimVolume(Slice, frozen=True):
    claim_name: str = ""


class SecretVolume(Slice, frozen=True):
    """The same for a Secret, which is called `name` in a projected volume only."""

    secret_name: str = ""
    name: str = ""
    optional: bool = False


class ProjectedSource(Slice, frozen=True):
    config_map: ConfigMapVolume | None = None
    secret: SecretVolume | None = None


class ProjectedVolume(Slice, frozen=True):
    sources: tuple[ProjectedSource, ...] = ()


class Ephemeral(Slice, frozen=True):
    """A claim that belongs to the pod; its name is `{pod}-{volume}`."""


class Volume(Slice, frozen=True):
    name: str = ""
    config_map: ConfigMapVolume | None = None
    secret: SecretVolume | None = None
    persistent_volume_claim: ClaimVolume | None = None
    projected: ProjectedVolume | None = None
    ephemeral: Ephemeral | None = None


class SecretName(Slice, frozen=True):
    name: str = ""


class PodSpec(Slice, frozen=True):
    node_name: str = ""
    restart_policy: str = "Always"
    service_account_name: str = ""
    priority_class_name: str = ""
    runtime_class_name: str = ""
    containers: tuple[Container, ...] = ()
    init_containers: tuple[Container, ...] = ()
    volumes: tuple[Volume, ...] = ()
    image_pull_secrets: tuple[SecretName, ...] = ()
    node_selector: dict[str, str] | None = None


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
