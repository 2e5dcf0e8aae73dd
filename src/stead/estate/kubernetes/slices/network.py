"""Services, their endpoints, and what leads to them or keeps away from them."""

from __future__ import annotations

from msgspec import field

from stead.estate.kubernetes.slices.meta import Labels, LabelSelector, Object, Slice


class ServicePort(Slice, frozen=True):
    """`target_port` is a number or the name of a container's port; unset it is `port`."""

    name: str = ""
    port: int = 0
    target_port: int | str | None = None
    protocol: str = "TCP"


class ServiceSpec(Slice, frozen=True):
    type: str = "ClusterIP"
    selector: Labels = field(default_factory=dict[str, str])
    cluster_ip: str = field(default="", name="clusterIP")
    publish_not_ready_addresses: bool = False
    ports: tuple[ServicePort, ...] = ()
    external_name: str = ""
    external_ips: tuple[str, ...] = field(default=(), name="externalIPs")


class PortStatus(Slice, frozen=True):
    """How one port of a load balancer is: `error` is a word, with the domain of who says it."""

    port: int = 0
    protocol: str = "TCP"
    error: str = ""


class Address(Slice, frozen=True):
    ip: str = ""
    hostname: str = ""
    ports: tuple[PortStatus, ...] = ()


class LoadBalancerStatus(Slice, frozen=True):
    ingress: tuple[Address, ...] = ()


class ServedStatus(Slice, frozen=True):
    """Under which addresses a Service or an Ingress is reached."""

    load_balancer: LoadBalancerStatus = LoadBalancerStatus()


class Service(Object, frozen=True):
    spec: ServiceSpec = ServiceSpec()
    status: ServedStatus = ServedStatus()


class EndpointConditions(Slice, frozen=True):
    """`ready` unset is to be read as true (API reference, EndpointConditions)."""

    ready: bool | None = None


class Endpoint(Slice, frozen=True):
    addresses: tuple[str, ...] = ()
    conditions: EndpointConditions = EndpointConditions()


class EndpointSlice(Object, frozen=True):
    endpoints: tuple[Endpoint, ...] | None = None


class BackendPort(Slice, frozen=True):
    name: str = ""
    number: int = 0


class BackendService(Slice, frozen=True):
    name: str = ""
    port: BackendPort = BackendPort()


class Backend(Slice, frozen=True):
    """`service` is None for a backend that is another resource."""

    service: BackendService | None = None


class IngressPath(Slice, frozen=True):
    path: str = ""
    backend: Backend = Backend()


class IngressHttp(Slice, frozen=True):
    paths: tuple[IngressPath, ...] = ()


class IngressRule(Slice, frozen=True):
    host: str = ""
    http: IngressHttp = IngressHttp()


class IngressSpec(Slice, frozen=True):
    ingress_class_name: str = ""
    default_backend: Backend | None = None
    rules: tuple[IngressRule, ...] = ()


class Ingress(Object, frozen=True):
    spec: IngressSpec = IngressSpec()
    status: ServedStatus = ServedStatus()


class IngressClass(Object, frozen=True):
    """Read for its name alone."""


class PolicyPort(Slice, frozen=True):
    """`port` is a number, the name of a container's port, or unset for all."""

    protocol: str = "TCP"
    port: int | str | None = None
    end_port: int | None = None


class AddressBlock(Slice, frozen=True):
    """Read for being there: which pods are in it is not asked, since their addresses come and go."""


class PolicyPeer(Slice, frozen=True):
    pod_selector: LabelSelector | None = None
    namespace_selector: LabelSelector | None = None
    ip_block: AddressBlock | None = None


class PolicyRule(Slice, frozen=True):
    """`from` of an ingress rule, `to` of an egress rule. No peers mean everybody, no ports all of them."""

    ports: tuple[PolicyPort, ...] = ()
    from_: tuple[PolicyPeer, ...] = field(default=(), name="from")
    to: tuple[PolicyPeer, ...] = ()


class NetworkPolicySpec(Slice, frozen=True):
    pod_selector: LabelSelector = LabelSelector()
    policy_types: tuple[str, ...] = ()
    ingress: tuple[PolicyRule, ...] = ()
    egress: tuple[PolicyRule, ...] = ()


class NetworkPolicy(Object, frozen=True):
    spec: NetworkPolicySpec = NetworkPolicySpec()
