"""A Service that cannot be reached as its type promises."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from stead.checks.kubernetes.common import SETTLE, kubectl_get, unless_by
from stead.checks.kubernetes.services import absent
from stead.checks.kubernetes.workloads import is_deleted
from stead.declare import check
from stead.domain.evidence import Evidence
from stead.domain.finding import Finding, Progressing, Severity
from stead.estate.kubernetes.slices import EndpointSlice, Namespace, Pod, Service
from stead.estate.kubernetes.view import View

ADDRESS_WITHIN = timedelta(minutes=10)
"""Clouds make a load balancer within minutes; MetalLB and ServiceLB take seconds."""

_IN_CLUSTER = re.compile(r"([a-z0-9-]{1,63})\.([a-z0-9-]{1,63})\.svc(?:\.cluster\.local)?\.?")


@check(watches=[Service, Namespace, Pod, EndpointSlice])
def service_unreachable(service: Service, view: View, now: datetime) -> Finding | Progressing | None:
    """A Service of type LoadBalancer has had no address for ten minutes or is refused a port, or one of type ExternalName stands for a
    Service of this cluster that does not exist."""
    spec, made = service.spec, service.metadata.creation_timestamp
    if is_deleted(service):
        return None
    if spec.type == "LoadBalancer" and not service.status.load_balancer.ingress and not spec.external_ips:
        finding = _finding(service, view, "NoAddress", "has no address: no load balancer has taken it", ".status.loadBalancer", "(none)")
        return unless_by(finding, made, ADDRESS_WITHIN, now)
    if spec.type == "LoadBalancer" and (refused := [p for a in service.status.load_balancer.ingress for p in a.ports if p.error]):
        ports = ", ".join(dict.fromkeys(f"{port.port}/{port.protocol}" for port in refused))
        finding = _finding(service, view, "PortRefused", f"is not served on port {ports}", ".status.loadBalancer", refused[0].error[:300])
        return unless_by(finding, made, SETTLE, now)
    if spec.type == "ExternalName" and (named := _IN_CLUSTER.fullmatch(spec.external_name)) and absent(view, named[2], named[1]):
        what = f"stands for service {named[2]}/{named[1]}, which does not exist"
        return unless_by(_finding(service, view, "ExternalNameMissing", what, ".spec.externalName", spec.external_name), made, SETTLE, now)
    return None


def _finding(service: Service, view: View, reason: str, what: str, path: str, seen: str) -> Finding:
    meta = service.metadata
    return view.finding(
        service,
        reason=reason,
        summary=f"service {meta.namespace}/{meta.name} {what}",
        severity=Severity.WARNING,
        evidence=(Evidence(what=path.rpartition(".")[2], value=seen, command=kubectl_get(service, path)),),
        since=meta.creation_timestamp,
    )
