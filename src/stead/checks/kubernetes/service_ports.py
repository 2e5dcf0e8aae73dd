"""A Service whose port leads to none of its pods' ports."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from stead.checks.kubernetes.common import SETTLE, kubectl_get, latest, unless_by
from stead.checks.kubernetes.pods import judged
from stead.checks.kubernetes.workloads import is_deleted, owners
from stead.declare import check
from stead.domain.evidence import Evidence
from stead.domain.finding import Finding, Progressing, Severity
from stead.estate.kubernetes.slices import ContainerPort, Pod, Service, ServicePort
from stead.estate.kubernetes.view import View


@check(watches=[Service, Pod])
def service_ports(service: Service, view: View, now: datetime) -> Iterator[Finding | Progressing]:
    """A Service's `targetPort` is a name that no container of its pods has: the port has no endpoint.

    A number need not be declared by a container. Only where none of the Service's ports is among those that are declared, that is
    worth knowing.
    """
    if is_deleted(service) or service.spec.type == "ExternalName" or not view.knows(Pod) or _one_pod_shows(service, view):
        return
    pods = [pod for pod in view.selected(Pod, service.metadata.namespace, service.spec.selector) if judged(pod)]
    made = latest(service.metadata.creation_timestamp, *(pod.metadata.creation_timestamp for pod in pods))
    declared = {port for pod in pods for port in _ports(pod)}
    for port in _unnamed_ports(service, declared):
        yield unless_by(_unnamed(service, port, pods, declared, view), made, SETTLE, now)
    if declared and _all_elsewhere(service.spec.ports, declared):
        yield unless_by(_elsewhere(service, pods, declared, view), made, SETTLE, now)


def _one_pod_shows(service: Service, view: View) -> bool:
    """Whether one of its pods alone shows that all is well, or it has none: a thousand of them need not be looked through each time."""
    found = view.selecting(Pod, service.metadata.namespace, service.spec.selector)
    pod = next((pod for pod in found if judged(pod)), None)
    if pod is None:
        return True
    declared = {*_ports(pod)}
    return not _all_elsewhere(service.spec.ports, declared) and not any(_unnamed_ports(service, declared))


def _unnamed_ports(service: Service, declared: set[ContainerPort]) -> Iterator[ServicePort]:
    """The ports that lead to a name which no container has."""
    names = {(port.name, port.protocol) for port in declared}
    for port in service.spec.ports:
        if isinstance(port.target_port, str) and port.target_port and (port.target_port, port.protocol) not in names:
            yield port


def _ports(pod: Pod) -> Iterator[ContainerPort]:
    sidecars = (one for one in pod.spec.init_containers if one.restart_policy == "Always")
    for container in (*pod.spec.containers, *sidecars):
        yield from container.ports


def _all_elsewhere(ports: Sequence[ServicePort], declared: set[ContainerPort]) -> bool:
    numbers = {(port.container_port, port.protocol) for port in declared}
    wanted = [(port.port if port.target_port is None else port.target_port, port.protocol) for port in ports]
    return bool(wanted) and all(isinstance(target, int) and (target, protocol) not in numbers for target, protocol in wanted)


def _unnamed(service: Service, port: ServicePort, pods: Sequence[Pod], declared: set[ContainerPort], view: View) -> Finding:
    what = f"port {port.port} leads to a container port called `{port.target_port}`, which no container of its pods has"
    return _finding(service, "TargetPortMissing", what, Severity.CRITICAL, pods, declared, view, container=str(port.port))


def _elsewhere(service: Service, pods: Sequence[Pod], declared: set[ContainerPort], view: View) -> Finding:
    targets = ", ".join(str(port.port if port.target_port is None else port.target_port) for port in service.spec.ports)
    known = ", ".join(sorted({str(port.container_port) for port in declared}))
    what = f"leads to port {targets}, and its pods declare {known}"
    return _finding(service, "PortsUndeclared", what, Severity.INFO, pods, declared, view)


def _finding(
    service: Service,
    reason: str,
    what: str,
    severity: Severity,
    pods: Sequence[Pod],
    declared: set[ContainerPort],
    view: View,
    container: str = "",
) -> Finding:
    """`container` keeps the ports of one Service apart."""
    meta = service.metadata
    asked = ", ".join(f"{port.port} → {port.port if port.target_port is None else port.target_port}" for port in service.spec.ports)
    have = ", ".join(sorted({f"{port.name or '(no name)'} {port.container_port}/{port.protocol}" for port in declared})) or "(none)"
    shown = f"kubectl -n {meta.namespace} get pod {pods[0].metadata.name} -o jsonpath='{{.spec.containers[*].ports}}'"
    return view.finding(
        service,
        reason=reason,
        summary=f"service {meta.namespace}/{meta.name} {what}",
        severity=severity,
        container=container,
        evidence=(
            Evidence(what="its ports", value=asked, command=kubectl_get(service, ".spec.ports")),
            Evidence(what="ports of its pods", value=have, command=shown),
        ),
        depends_on=owners(pods, view),
        since=meta.creation_timestamp,
    )
