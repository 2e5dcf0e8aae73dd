"""An Ingress that leads nowhere."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from stead.checks.kubernetes.common import GRACE, SETTLE, kubectl_get, unless_by
from stead.checks.kubernetes.services import BEHIND, has_port, unserved
from stead.checks.kubernetes.workloads import is_deleted
from stead.declare import check
from stead.domain.evidence import Evidence
from stead.domain.finding import Finding, Progressing, Severity
from stead.domain.subject import Subject
from stead.estate.kubernetes.slices import BackendService, Ingress, IngressClass, Service
from stead.estate.kubernetes.view import View

ACTION = "use-annotation"
"""A port of this name says that the backend is an action in an annotation and no Service (AWS load balancer controller)."""


@check(watches=[Ingress, IngressClass, *BEHIND])
def ingress_backend(ingress: Ingress, view: View, now: datetime) -> Iterator[Finding | Progressing]:
    """An Ingress names a Service or a port of it that does not exist, or one that nobody answers for; or its class does not exist and
    nothing has given it an address.

    Secrets are not read: whether its certificate is there cannot be told.
    """
    if is_deleted(ingress):
        return
    made = ingress.metadata.creation_timestamp
    name = ingress.spec.ingress_class_name
    if name and view.missing(IngressClass, "", name) and not ingress.status.load_balancer.ingress:
        finding = _finding(
            ingress,
            view,
            "ClassMissing",
            f"asks for class `{name}`, which does not exist: nobody serves it",
            view.named(IngressClass, "", name),
        )
        yield unless_by(finding, made, SETTLE, now)
    for host, backend in _backends(ingress).items():
        if (why := _why_not(ingress, backend, view, now)) is not None:
            reason, words, worst = why
            service = view.named(Service, ingress.metadata.namespace, backend.name)
            finding = _finding(ingress, view, reason, f"{_leads(host)} {words}", service, container=backend.name, severity=worst)
            yield finding if reason == "NoEndpoints" else unless_by(finding, made, GRACE, now)


def _backends(ingress: Ingress) -> dict[str, BackendService]:
    """Each different backend by the first host and path that lead to it."""
    found: dict[tuple[str, int, str], tuple[str, BackendService]] = {}
    default = ingress.spec.default_backend
    named = [("", default.service)] if default is not None else []
    named += [(f"{rule.host or '*'}{path.path}", path.backend.service) for rule in ingress.spec.rules for path in rule.http.paths]
    for host, service in named:
        if service is not None and service.name and service.port.name != ACTION:
            found.setdefault((service.name, service.port.number, service.port.name), (host, service))
    return dict(found.values())


def _why_not(ingress: Ingress, backend: BackendService, view: View, now: datetime) -> tuple[str, str, Severity] | None:
    namespace = ingress.metadata.namespace
    where = f"{namespace}/{backend.name}"
    if view.missing(Service, namespace, backend.name):
        return "ServiceMissing", f"service {where}, which does not exist", Severity.CRITICAL
    service = view.get(Service, namespace, backend.name)
    if service is None:
        return None
    port = backend.port
    asked = port.name or port.number
    if asked and service.spec.type != "ExternalName" and not has_port(service.spec.ports, number=port.number, name=port.name):
        return "PortMissing", f"port {asked} of service {where}, which it does not have", Severity.CRITICAL
    silent = unserved(view, namespace, backend.name, now)
    return None if silent is None else ("NoEndpoints", f"service {where}, which has no ready endpoint", silent.severity)


def _leads(host: str) -> str:
    return f"leads {host} to" if host else "leads by default to"


def _finding(
    ingress: Ingress, view: View, reason: str, what: str, cause: Subject, container: str = "", severity: Severity = Severity.WARNING
) -> Finding:
    """`container` keeps the backends of one Ingress apart."""
    meta = ingress.metadata
    return view.finding(
        ingress,
        reason=reason,
        summary=f"ingress {meta.namespace}/{meta.name} {what}",
        severity=severity,
        container=container,
        evidence=(Evidence(what="names", value=str(cause), command=kubectl_get(ingress, ".spec")),),
        depends_on=(cause,),
        since=meta.creation_timestamp if reason != "NoEndpoints" else None,
    )
