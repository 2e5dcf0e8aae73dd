"""A route of Traefik's own kind that leads nowhere: Traefik writes no status, so what it names is looked up."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, cast

from stead.checks.kubernetes.common import GRACE, kubectl_get, unless_by
from stead.checks.kubernetes.services import BEHIND, absent, has_port, unserved
from stead.checks.kubernetes.workloads import is_deleted
from stead.declare import check
from stead.domain.evidence import Evidence
from stead.domain.finding import Finding, Progressing, Severity
from stead.domain.subject import Subject
from stead.estate.kubernetes.kinds import kind_of
from stead.estate.kubernetes.slices import Custom, Namespace, Object, Service
from stead.estate.kubernetes.view import View

GROUPS = ("traefik.io", "traefik.containo.us")
ROUTES = ("IngressRoute", "IngressRouteTCP", "IngressRouteUDP")
MIDDLEWARES = {"IngressRoute": "Middleware", "IngressRouteTCP": "MiddlewareTCP"}


def _is_no_route(obj: Custom) -> bool:
    kind = kind_of(type(obj))
    return kind.kind not in ROUTES or kind.group not in GROUPS


@check(watches=[Custom, *BEHIND, Namespace], of=[Custom], unless=_is_no_route)
def ingressroute_backend(route: Custom, view: View, now: datetime) -> Iterator[Finding | Progressing]:
    """An IngressRoute of Traefik names a Service, a port of it, a TraefikService or a middleware that does not exist, or a Service that
    nobody answers for. A route whose middleware is missing is not served at all.

    What another provider has (`api@internal`, `auth@file`) cannot be looked up, and is left alone.
    """
    if is_deleted(route) or _is_no_route(route):
        return
    told: set[str] = set()
    for part in _dicts(route.spec.plain().get("routes")):
        for reason, words, cause, severity in (*_services(route, part, view, now), *_middlewares(route, part, view)):
            if words not in told:
                told.add(words)
                finding = _finding(route, view, reason, f"{_match(part)} {words}", cause, severity)
                yield finding if reason == "NoEndpoints" else unless_by(finding, route.metadata.creation_timestamp, GRACE, now)


_Why = tuple[str, str, Subject, Severity]


def _services(route: Custom, part: Mapping[str, Any], view: View, now: datetime) -> Iterator[_Why]:
    for told in _dicts(part.get("services")):
        name, namespace = _named(told, route)
        if not name:
            continue
        if told.get("kind") == "TraefikService":
            yield from _absent("TraefikService", "traefik service", namespace, name, route, view)
            continue
        where, service = f"{namespace}/{name}", view.named(Service, namespace, name)
        there, port = view.get(Service, namespace, name), told.get("port")
        if _is_gone(Service, route, namespace, name, view):
            yield "ServiceMissing", f"to service {where}, which does not exist", service, Severity.CRITICAL
        elif there is not None and there.spec.type != "ExternalName" and _lacks(there, port):
            yield "PortMissing", f"to port {port} of service {where}, which it does not have", service, Severity.CRITICAL
        elif (silent := unserved(view, namespace, name, now)) is not None:
            yield "NoEndpoints", f"to service {where}, which has no ready endpoint", service, silent.severity


def _middlewares(route: Custom, part: Mapping[str, Any], view: View) -> Iterator[_Why]:
    kind = MIDDLEWARES.get(kind_of(type(route)).kind, "")
    for told in _dicts(part.get("middlewares")):
        name, namespace = _named(told, route)
        if name and kind:
            yield from _absent(kind, "middleware", namespace, name, route, view)


def _absent(kind: str, words: str, namespace: str, name: str, route: Custom, view: View) -> Iterator[_Why]:
    """Of Traefik's own kinds, where they were read."""
    group = kind_of(type(route)).group
    struct = next((one for one in view.known_custom() if (kind_of(one).group, kind_of(one).kind) == (group, kind)), None)
    if struct is not None and _is_gone(struct, route, namespace, name, view):
        reason = "MiddlewareMissing" if words == "middleware" else "ServiceMissing"
        yield reason, f"through {words} {namespace}/{name}, which does not exist", view.named(struct, namespace, name), Severity.CRITICAL


def _is_gone(struct: type[Object], route: Custom, namespace: str, name: str, view: View) -> bool:
    if namespace == route.metadata.namespace:
        return view.missing(struct, namespace, name)
    return absent(view, namespace, name, struct)


def _lacks(service: Service, port: Any) -> bool:
    """Whether the port, a number or a name (as text either may stand), is none of the Service's."""
    if isinstance(port, str) and port.isdecimal() and len(port) < 6:
        port = int(port)
    if isinstance(port, bool) or not port:
        return False
    if isinstance(port, int):
        return not has_port(service.spec.ports, number=port)
    return isinstance(port, str) and not has_port(service.spec.ports, name=port)


def _named(told: Mapping[str, Any], route: Custom) -> tuple[str, str]:
    """Name and namespace; no name for what another provider has."""
    name, namespace = told.get("name"), told.get("namespace")
    if not isinstance(name, str) or not name or "@" in name or len(name) > 253:
        return "", ""
    return name, namespace if isinstance(namespace, str) and namespace else route.metadata.namespace


def _match(part: Mapping[str, Any]) -> str:
    said = part.get("match")
    words = "".join(c for c in said if c.isprintable())[:80] if isinstance(said, str) else ""
    return f"leads {words}" if words else "leads"


def _dicts(found: Any) -> Iterator[dict[str, Any]]:
    if isinstance(found, list):
        yield from (cast("dict[str, Any]", one) for one in cast("list[Any]", found) if isinstance(one, dict))


def _finding(route: Custom, view: View, reason: str, what: str, cause: Subject, severity: Severity) -> Finding:
    """`container` keeps what one route names apart."""
    meta, kind = route.metadata, kind_of(type(route)).kind
    return view.finding(
        route,
        reason=reason,
        summary=f"{kind.lower()} {meta.namespace}/{meta.name} {what}",
        severity=severity,
        container=f"{cause.kind}/{cause.name}",
        evidence=(Evidence(what="names", value=str(cause), command=kubectl_get(route, ".spec.routes")),),
        depends_on=(cause,),
        since=meta.creation_timestamp if reason != "NoEndpoints" else None,
    )
