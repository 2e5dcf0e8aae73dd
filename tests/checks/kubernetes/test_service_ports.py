"""Services whose ports lead to none of their pods' ports."""

from __future__ import annotations

from typing import Any

import pytest

from stead.checks.kubernetes.service_ports import service_ports
from stead.domain.finding import Finding, FindingState, Severity
from stead.testing.checks import judge
from stead.testing.objects import NOW, Json, ago, pod, service


def serving(*ports: Json, **more: Any) -> Json:
    return pod(spec={"containers": [{"name": "app", "image": "x", "ports": list(ports)}]} | more)


def to(target: Any, **more: Any) -> Json:
    return service(spec={"ports": [{"port": 80, "targetPort": target, "protocol": "TCP"}]} | more)


def look(*objects: Json) -> list[Finding]:
    return judge(service_ports, *objects, now=NOW)


HTTP = {"name": "http", "containerPort": 8080}


@pytest.mark.parametrize(
    ("objects", "reason", "severity"),
    [
        ([to("web"), serving(HTTP)], "TargetPortMissing", Severity.CRITICAL),
        ([to("web"), serving()], "TargetPortMissing", Severity.CRITICAL),
        ([to("http"), serving(HTTP | {"protocol": "UDP"})], "TargetPortMissing", Severity.CRITICAL),
        ([to(9999), serving(HTTP)], "PortsUndeclared", Severity.INFO),
    ],
)
def test_a_port_that_leads_nowhere_is_told(objects: list[Json], reason: str, severity: Severity) -> None:
    assert [(f.state, f.reason, f.severity) for f in look(*objects)] == [(FindingState.FIRING, reason, severity)]


@pytest.mark.parametrize(
    "objects",
    [
        [to("http"), serving(HTTP)],
        [to(8080), serving(HTTP)],
        [to(9999), serving()],
        [to("web")],
        [to("web", type="ExternalName"), serving(HTTP)],
        [to("web", selector=None), serving(HTTP)],
        [to("proxy"), serving(HTTP, initContainers=[{"name": "p", "restartPolicy": "Always", "ports": [{"name": "proxy"}]}])],
        [service(), serving(HTTP)],
    ],
)
def test_a_port_that_leads_to_a_container_or_may_is_silence(objects: list[Json]) -> None:
    assert look(*objects) == []


def test_new_pods_are_given_time() -> None:
    young = pod(meta={"creationTimestamp": ago(minutes=1)}, spec={"containers": [{"name": "app", "ports": [HTTP]}]})
    assert [f.state for f in look(to("web"), young)] == [FindingState.PROGRESSING]


@pytest.mark.parametrize("target", ["http", 8080])
@pytest.mark.parametrize("kind", ["old", "new"])
def test_it_is_enough_that_some_of_its_pods_have_the_port(target: str | int, kind: str) -> None:
    without = pod("api-a", spec={"containers": [{"name": "app", "ports": [{"name": "web", "containerPort": 9090}]}]})
    having = pod("api-b", spec={"containers": [{"name": "app", "ports": [HTTP]}]})
    assert look(to(target), *((without, having) if kind == "old" else (having, without))) == []
    assert [f.depends_on[0].name for f in look(to("elsewhere"), without, having)] == ["api"]
