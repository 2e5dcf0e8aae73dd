"""Routes of Traefik that lead nowhere."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stead.checks.kubernetes.ingressroute_backend import ingressroute_backend
from stead.domain.finding import Finding, FindingState
from stead.testing.checks import judge
from stead.testing.kinds import thing
from stead.testing.objects import NOW, Json, ago, condition, deployment, endpoint_slice, metadata, pod, service

SERVED = [service(spec={"ports": [{"name": "http", "port": 80}]}), endpoint_slice()]


def route(
    service: Json | None = None, kind: str = "IngressRoute", meta: Json | None = None, group: str = "traefik.io", **part: Any
) -> Json:
    whole = {"match": "Host(`api.example.com`)", "services": [{"name": "api", "port": 80} | (service or {})]} | part
    made = metadata("web", creationTimestamp=ago(days=2)) | (meta or {})
    return {"apiVersion": f"{group}/v1alpha1", "kind": kind, "metadata": made, "spec": {"routes": [whole, whole]}}


def middleware(name: str = "auth", kind: str = "Middleware", namespace: str = "payments") -> Json:
    return {"apiVersion": "traefik.io/v1alpha1", "kind": kind, "metadata": metadata(name, namespace), "spec": {}}


def look(*objects: Json) -> list[Finding]:
    return judge(ingressroute_backend, *objects, now=NOW)


@pytest.mark.parametrize(
    ("sick", "reason"),
    [
        (route({"name": "gone"}), "ServiceMissing"),
        (route({"name": "gone"}, kind="IngressRouteTCP"), "ServiceMissing"),
        (route({"name": "gone"}, kind="IngressRouteUDP"), "ServiceMissing"),
        (route({"name": "gone"}, group="traefik.containo.us"), "ServiceMissing"),
        (route({"port": 81}), "PortMissing"),
        (route({"port": "81"}), "PortMissing"),
        (route({"port": "web"}), "PortMissing"),
        (route({"name": "canary", "kind": "TraefikService"}), "ServiceMissing"),
        (route(middlewares=[{"name": "auth"}, {"name": "gone"}]), "MiddlewareMissing"),
    ],
)
def test_one_that_leads_nowhere_is_told_once(sick: Json, reason: str) -> None:
    others = [middleware(), {**middleware("other"), "kind": "TraefikService"}]
    assert [(f.state, f.reason) for f in look(sick, *SERVED, *others)] == [(FindingState.FIRING, reason)]


def test_it_says_which_route_and_what_is_missing() -> None:
    (found,) = look(route({"name": "gone"}), *SERVED)
    assert found.summary == "ingressroute payments/web leads Host(`api.example.com`) to service payments/gone, which does not exist"
    assert [str(s) for s in found.depends_on] == ["Service payments/gone"]


def test_a_service_that_nobody_answers_for_is_its_cause() -> None:
    silent = [service(spec={"ports": [{"port": 80}]}), endpoint_slice(ready=[False]), pod(conditions=[condition("Ready", "False")])]
    (found,) = look(route(), *silent, deployment(available=0))
    assert (found.reason, [str(s) for s in found.depends_on]) == ("NoEndpoints", ["Service payments/api"])


def test_another_namespace_is_judged_where_it_was_read() -> None:
    elsewhere = route({"namespace": "shop"})
    assert [f.reason for f in look(elsewhere, *SERVED)] == ["ServiceMissing"]
    assert look(elsewhere, *SERVED, thing("Namespace", "shop", {"namespace": ""})) == []
    other = thing("Service", "other", {"namespace": "shop"}, spec={"clusterIP": "None"})
    assert [f.reason for f in look(elsewhere, *SERVED, thing("Namespace", "shop", {"namespace": ""}), other)] == ["ServiceMissing"]
    shared = route(middlewares=[{"name": "auth", "namespace": "shop"}])
    assert [f.reason for f in look(shared, *SERVED, middleware())] == ["MiddlewareMissing"]
    assert look(shared, *SERVED, middleware(namespace="shop")) == []


@pytest.mark.parametrize(
    "healthy",
    [
        route(),
        route({"port": "80"}),
        route({"port": "http"}),
        route({"port": None}),
        route({"name": "api@internal", "kind": "TraefikService"}),
        route(middlewares=[{"name": "auth@file"}, {"name": "gone"}]),
        route(services=[]),
        route({"name": "gone"}, meta={"deletionTimestamp": ago(minutes=1)}),
        route({"name": "gone"}, kind="Middleware"),
        route({"name": "gone"}, group="example.com"),
    ],
)
def test_one_that_is_served_or_cannot_be_looked_up_is_silence(healthy: Json) -> None:
    assert look(healthy, *SERVED) == []


def test_a_new_one_is_given_a_moment() -> None:
    young = route({"name": "gone"}, meta={"creationTimestamp": ago(seconds=5)})
    assert [f.state for f in look(young, *SERVED)] == [FindingState.PROGRESSING]


json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["routes", "services", "middlewares", "name", "namespace", "port", "kind", "match"]), inner)
    ),
    max_leaves=20,
)


@given(json)
def test_no_route_however_odd_fails_the_check(spec: Any) -> None:
    assert [f for f in look(route() | {"spec": spec}, *SERVED) if f.state is FindingState.BLIND] == []
