"""Services and their endpoints."""

from __future__ import annotations

from msgspec import field

from stead.estate.kubernetes.slices.meta import Labels, Object, Slice


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
