"""Whether a Service that something else needs is there and answers."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

# The module, not the check: a check stands on the shelf in one place.
from stead.checks.kubernetes import service_without_endpoints as nobody_answers
from stead.domain.finding import Finding
from stead.estate.kubernetes.slices import (
    DaemonSet,
    Deployment,
    EndpointSlice,
    Namespace,
    Node,
    Object,
    Pod,
    Service,
    ServicePort,
    StatefulSet,
)
from stead.estate.kubernetes.view import View

BEHIND: tuple[type, ...] = (Service, EndpointSlice, Pod, Deployment, StatefulSet, DaemonSet, Node)
"""What a check watches that asks `unserved`."""


def absent(view: View, namespace: str, name: str, struct: type[Object] = Service) -> bool:
    """Whether that Service (or another object) surely does not exist, though another namespace asks: its namespace was read as well, or is
    gone itself."""
    if not name or not view.missing(struct, namespace, name):
        return False
    return view.missing(Namespace, "", namespace) or any(view.all(one, namespace) for one in (Service, Pod, EndpointSlice))


def unserved(view: View, namespace: str, name: str, now: datetime) -> Finding | None:
    """The finding that nobody answers for this Service, by the words of the check that finds it; None while somebody does or may soon."""
    service = view.get(Service, namespace, name)
    said = nobody_answers.service_without_endpoints.run(service, view, now) if service is not None else None
    return said if isinstance(said, Finding) else None


def has_port(ports: Iterable[ServicePort], *, number: int = 0, name: str = "") -> bool:
    return any(port.name == name if name else port.port == number for port in ports)
