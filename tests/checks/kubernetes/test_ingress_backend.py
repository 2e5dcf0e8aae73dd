"""Ingresses that lead nowhere."""

from __future__ import annotations

from typing import Any

import pytest

from stead.checks.kubernetes.ingress_backend import ingress_backend
from stead.declare import Check
from stead.domain.finding import Finding, FindingState
from stead.estate.kubernetes.decode import convert_object
from stead.estate.kubernetes.runner import Runner
from stead.estate.kubernetes.slices import Ingress
from stead.estate.kubernetes.view import View
from stead.testing.checks import judge
from stead.testing.kinds import thing
from stead.testing.objects import NOW, Json, ago, condition, deployment, endpoint_slice, pod, service

CLASS = thing("IngressClass", "nginx")
SERVED = [service(spec={"ports": [{"name": "http", "port": 80}]}), endpoint_slice(), CLASS]


def ingress(name: str = "api", meta: Json | None = None, port: Json | None = None, status: Json | None = None, **spec: Any) -> Json:
    backend = {"service": {"name": name, "port": {"number": 80} if port is None else port}}
    rules = [{"host": "api.example.com", "http": {"paths": [{"path": "/", "backend": backend}, {"path": "/b", "backend": backend}]}}]
    return thing("Ingress", "web", meta, spec={"ingressClassName": "nginx", "rules": rules} | spec, status=status or {})


def look(*objects: Json, check: Check = ingress_backend) -> list[Finding]:
    return judge(check, *objects, now=NOW)


@pytest.mark.parametrize(
    ("sick", "reason"),
    [
        (ingress("gone"), "ServiceMissing"),
        (ingress(port={"number": 81}), "PortMissing"),
        (ingress(port={"name": "web"}), "PortMissing"),
        (ingress(rules=[], defaultBackend={"service": {"name": "gone", "port": {"number": 80}}}), "ServiceMissing"),
        (ingress(ingressClassName="treafik"), "ClassMissing"),
    ],
)
def test_one_that_leads_nowhere_is_told_once(sick: Json, reason: str) -> None:
    assert [(f.state, f.reason) for f in look(sick, *SERVED)] == [(FindingState.FIRING, reason)]


def test_a_service_that_nobody_answers_for_is_its_cause() -> None:
    silent = [service(spec={"ports": [{"port": 80}]}), endpoint_slice(ready=[False]), pod(conditions=[condition("Ready", "False")])]
    (found,) = look(ingress(), CLASS, *silent, deployment(available=0))
    assert (found.reason, [str(s) for s in found.depends_on]) == ("NoEndpoints", ["Service payments/api"])


@pytest.mark.parametrize(
    "healthy",
    [
        ingress(),
        ingress(port={"name": "http"}),
        ingress(port={}),
        ingress(ingressClassName=None),
        ingress(ingressClassName="other", status={"loadBalancer": {"ingress": [{"ip": "10.0.0.1"}]}}),
        ingress("redirect", port={"name": "use-annotation"}),
        ingress("gone", meta={"deletionTimestamp": ago(minutes=1)}),
        ingress(rules=[{"http": {"paths": [{"backend": {"resource": {"kind": "Bucket", "name": "x"}}}]}}]),
        ingress(rules=None),
    ],
)
def test_one_that_leads_somewhere_is_silence(healthy: Json) -> None:
    assert look(healthy, *SERVED) == []


def test_a_new_one_is_given_a_minute() -> None:
    young = ingress("gone", meta={"creationTimestamp": ago(seconds=5)})
    assert [f.state for f in look(young, *SERVED)] == [FindingState.PROGRESSING]


def test_services_and_classes_that_were_not_read_are_not_missing() -> None:
    view = View("home")
    view.put(convert_object(Ingress, ingress("gone", ingressClassName="none")))
    view.mark_known(Ingress)
    runner = Runner(view, [ingress_backend])
    runner.full(NOW)
    assert runner.current() == {}
