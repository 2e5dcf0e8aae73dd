"""Services that cannot be reached as their type promises."""

from __future__ import annotations

from typing import Any

import pytest

from stead.checks.kubernetes.service_unreachable import service_unreachable
from stead.domain.finding import Finding, FindingState
from stead.testing.checks import judge
from stead.testing.kinds import thing
from stead.testing.objects import NOW, Json, ago, service


def balanced(meta: Json | None = None, address: bool = False, **spec: Any) -> Json:
    status = {"loadBalancer": {"ingress": [{"ip": "192.0.2.7"}]} if address else {}}
    return service(spec={"type": "LoadBalancer"} | spec, meta=meta or {}) | {"status": status}


def alias(name: str) -> Json:
    return service("db", spec={"type": "ExternalName", "externalName": name})


def look(*objects: Json) -> list[Finding]:
    return judge(service_unreachable, *objects, now=NOW)


def test_one_that_cannot_be_reached_is_told() -> None:
    assert [(f.state, f.reason) for f in look(balanced())] == [(FindingState.FIRING, "NoAddress")]
    (found,) = look(alias("gone.payments.svc.cluster.local"))
    assert (found.state, found.reason) == (FindingState.FIRING, "ExternalNameMissing")


def served(**port: Any) -> Json:
    whole = balanced()
    return whole | {"status": {"loadBalancer": {"ingress": [{"ip": "192.0.2.7", "ports": [{"port": 53, "protocol": "UDP"} | port]}]}}}


def test_a_port_that_its_load_balancer_refuses_is_told() -> None:
    (found,) = look(served(error="example.com/PortInUse"))
    assert (found.state, found.reason) == (FindingState.FIRING, "PortRefused")
    assert "53/UDP" in found.summary
    assert found.evidence[0].value == "example.com/PortInUse"


@pytest.mark.parametrize(
    "healthy",
    [
        balanced(address=True),
        served(),
        balanced(externalIPs=["192.0.2.9"]),
        balanced({"deletionTimestamp": ago(minutes=1)}),
        service(),
        alias("db.example.com"),
        alias("db.payments.svc.cluster.local"),
        alias("db.unread.svc"),
    ],
)
def test_one_that_is_reached_or_is_somewhere_else_is_silence(healthy: Json) -> None:
    assert look(healthy, thing("Namespace", "unread"), thing("Namespace", "payments")) == []


def test_an_address_is_given_ten_minutes() -> None:
    assert [f.state for f in look(balanced({"creationTimestamp": ago(minutes=3)}))] == [FindingState.PROGRESSING]
