"""What keeps a program from what it could not reach: looked up in the cluster's own objects, whatever its log claims. Pure.

Sources: DNS for Services and Pods; Service (virtual IPs, `targetPort`); NetworkPolicySpec.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from stead.domain.subject import Subject
from stead.estate.kubernetes.reach.policies import blocking
from stead.estate.kubernetes.reach.unreached import How, Unreached
from stead.estate.kubernetes.slices import Deployment, EndpointSlice, NetworkPolicy, Pod, Service, StatefulSet
from stead.estate.kubernetes.slices.network import ServicePort
from stead.estate.kubernetes.view import View

DNS = ("kube-system", "kube-dns")
"""The Service that cluster DNS has in every distribution, whatever program stands behind it (DNS for Services and Pods)."""
DNS_PORT = 53

_SERVICE_NAME = "kubernetes.io/service-name"


@dataclass(frozen=True, slots=True)
class Blame:
    """The object at fault, and what is wrong with it as the end of a sentence. `through` leads to it: a finding about one of those would
    explain what was complained of."""

    subject: Subject
    words: str
    through: tuple[Subject, ...] = ()


def blame(complaint: Unreached, pod: Pod, view: View) -> Blame | None:
    """What is wrong on the way from this pod; None where everything that is known looks well, or leads out of the cluster."""
    if complaint.how is How.NO_NAME:
        return _absent(complaint, pod, view) or _unresolved(pod, view)
    service = _service(complaint.host, pod, view)
    return None if service is None else _on_the_way(service, complaint, pod, view)


def _absent(complaint: Unreached, pod: Pod, view: View) -> Blame | None:
    name, namespace = _place(complaint.host, pod, view)
    if not name or not view.missing(Service, namespace, name):
        return None
    subject = view.named(Service, namespace, name)
    return Blame(subject, f"service {namespace}/{name}, which it asks for, does not exist")


def _unresolved(pod: Pod, view: View) -> Blame | None:
    """The name is one that could be resolved: then whoever resolves it is out of reach, or has no one behind it."""
    server = view.get(Service, *DNS)
    if server is None:
        return None
    if not _ready(server, view):
        return _nobody(server, f"cluster DNS (service {'/'.join(DNS)})", view)
    policy = _blocked(server, DNS_PORT, "UDP", pod, view)
    if policy is None:
        return None
    path = f"{policy.metadata.namespace}/{policy.metadata.name}"
    return Blame(view.subject(policy), f"network policy {path} keeps it from cluster DNS, so no name is resolved")


def _on_the_way(service: Service, complaint: Unreached, pod: Pod, view: View) -> Blame | None:
    path = f"{service.metadata.namespace}/{service.metadata.name}"
    said = f"service {path}, which it asks for,"
    if service.spec.selector and not _ready(service, view):
        return _nobody(service, said, view)
    port = next((one for one in service.spec.ports if one.port == complaint.port), None)
    if service.spec.ports and complaint.port and port is None:
        known = ", ".join(str(one.port) for one in service.spec.ports)
        return Blame(view.subject(service), f"{said} has no port {complaint.port} (it has {known})")
    if complaint.how is How.SILENT and (policy := _blocked(service, complaint.port, "TCP", pod, view)) is not None:
        name = f"{policy.metadata.namespace}/{policy.metadata.name}"
        return Blame(view.subject(policy), f"network policy {name} keeps it from service {path}")
    if complaint.how is How.REFUSED and port is not None and service.spec.selector:
        return Blame(view.subject(service), f"{said} sends port {port.port} to port {_target(port)} of its pods, where nobody listens")
    return None


def _nobody(service: Service, said: str, view: View) -> Blame:
    """Nobody answers for the Service: whoever was meant to is scaled to zero, or that is another finding's matter."""
    behind = [w for w in _workloads(view, service.metadata.namespace) if _fits(service.spec.selector, w.spec.template.metadata.labels)]
    asleep = [workload for workload in behind if workload.spec.replicas == 0]
    through = (view.subject(service), *map(view.subject, behind))
    if behind and len(asleep) == len(behind):
        names = " and ".join(str(view.subject(workload)) for workload in asleep)
        return Blame(view.subject(asleep[0]), f"{said} has no ready endpoint, since {names} is scaled to zero", through)
    return Blame(view.subject(service), f"{said} has no ready endpoint", through)


def _workloads(view: View, namespace: str) -> list[Deployment | StatefulSet]:
    return [*view.all(Deployment, namespace), *view.all(StatefulSet, namespace)]


def _fits(selector: Mapping[str, str], labels: Mapping[str, str]) -> bool:
    return bool(selector) and all(labels.get(key) == value for key, value in selector.items())


def _blocked(service: Service, port: int, protocol: str, pod: Pod, view: View) -> NetworkPolicy | None:
    """The policy that keeps the pod from each of the pods behind that port; None where it reaches one."""
    found = [blocking(view, pod, target, number, protocol) for target, number in _behind(service, port, view)]
    return found[0] if found and None not in found else None


def _behind(service: Service, port: int, view: View) -> Sequence[tuple[Pod, int]]:
    entry = next((one for one in service.spec.ports if one.port == port), None)
    pods = view.selected(Pod, service.metadata.namespace, service.spec.selector)
    return [(pod, _number(entry, pod) or port) for pod in pods]


def _number(entry: ServicePort | None, pod: Pod) -> int:
    """The number that a port of a Service has on this pod; 0 where that is not known."""
    if entry is None or entry.target_port is None:
        return entry.port if entry is not None else 0
    if isinstance(entry.target_port, int):
        return entry.target_port
    return next((p.container_port for c in pod.spec.containers for p in c.ports if p.name == entry.target_port), 0)


def _target(entry: ServicePort) -> int | str:
    return entry.port if entry.target_port is None else entry.target_port


def _ready(service: Service, view: View) -> bool:
    slices = view.selected(EndpointSlice, service.metadata.namespace, {_SERVICE_NAME: service.metadata.name})
    if not view.knows(EndpointSlice):
        return True
    return any(end.conditions.ready is not False and end.addresses for one in slices for end in one.endpoints or ())


def _service(host: str, pod: Pod, view: View) -> Service | None:
    name, namespace = _place(host, pod, view)
    if name:
        return view.get(Service, namespace, name)
    return next((one for one in view.all(Service) if host in (one.spec.cluster_ip, *one.spec.external_ips)), None)


def _place(host: str, pod: Pod, view: View) -> tuple[str, str]:
    """(name, namespace) of the Service that a host name means; ("", "") for an address, and for a name outside the cluster."""
    name, _, rest = host.partition(".")
    namespace, _, zone = rest.partition(".")
    if host.replace(".", "").isdigit() or ":" in host:
        return "", ""
    if not rest:
        return name, pod.metadata.namespace
    if (zone and zone.split(".")[0] != "svc") or namespace not in view.namespaces():
        return "", ""
    return name, namespace
