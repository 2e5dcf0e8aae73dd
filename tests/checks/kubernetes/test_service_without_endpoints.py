"""Services that nobody answers for."""

from __future__ import annotations

import pytest

from stead.checks.kubernetes.service_without_endpoints import service_without_endpoints
from stead.domain.finding import Finding, FindingState, Severity
from stead.testing.checks import judge
from stead.testing.objects import NOW, Json, ago, condition, deployment, endpoint_slice, node, owner, pod, replica_set, service

UNREADY = pod(conditions=[condition("Ready", "False")])


def look(*objects: Json) -> list[Finding]:
    return judge(service_without_endpoints, *objects, now=NOW)


@pytest.mark.parametrize(
    ("objects", "reason", "severity"),
    [
        ([service(), endpoint_slice(ready=[False]), UNREADY, deployment()], "NoReadyEndpoint", Severity.CRITICAL),
        ([service(), endpoint_slice(ready=[]), UNREADY], "NoReadyEndpoint", Severity.CRITICAL),
        ([service(), endpoint_slice(ready=[]), deployment()], "NoReadyEndpoint", Severity.CRITICAL),
        ([service(selector={"app": "aip"}), endpoint_slice(ready=[]), pod(), deployment()], "NothingMatches", Severity.WARNING),
        ([service(spec={"clusterIP": "None"}), endpoint_slice(ready=[False]), UNREADY], "NoReadyEndpoint", Severity.CRITICAL),
    ],
)
def test_one_without_a_ready_endpoint_is_told(objects: list[Json], reason: str, severity: Severity) -> None:
    assert [(f.state, f.reason, f.severity) for f in look(*objects)] == [(FindingState.FIRING, reason, severity)]


@pytest.mark.parametrize(
    "objects",
    [
        [service(), endpoint_slice(), pod()],
        [service(), endpoint_slice(ready=[None]), pod()],
        [service(), endpoint_slice(ready=[False, True])],
        [service(), pod()],
        [service(selector={})],
        [service(spec={"type": "ExternalName"})],
        [service(), endpoint_slice(ready=[]), deployment(replicas=0)],
        [service(spec={"clusterIP": "None"}), endpoint_slice(ready=[])],
        [service(meta={"ownerReferences": owner("Cluster", "db", "example.com/v1")}), endpoint_slice(ready=[])],
        [service(meta={"deletionTimestamp": ago(minutes=1)}), endpoint_slice(ready=[])],
        [service(spec={"publishNotReadyAddresses": True}), UNREADY],
        [service(), endpoint_slice(ready=[]), deployment(meta={"generation": 4})],
    ],
)
def test_one_that_is_served_or_sleeps_on_purpose_is_silence(objects: list[Json]) -> None:
    assert look(*objects) == []


@pytest.mark.parametrize(
    "objects",
    [
        [endpoint_slice(ready=[False]), pod(conditions=[condition("Ready", "False", ago(minutes=1))])],
        [endpoint_slice(ready=[False]), pod(meta={"deletionTimestamp": ago(seconds=-20)}), deployment(replicas=1)],
        [endpoint_slice(ready=[]), deployment(replicas=1, conditions=[condition("Available", "False", ago(seconds=5))])],
    ],
)
def test_a_rollout_and_a_restart_are_given_time(objects: list[Json]) -> None:
    assert [f.state for f in look(service(), *objects)] == [FindingState.PROGRESSING]


def test_it_depends_on_the_workload_and_the_lost_nodes_behind_it() -> None:
    (found,) = look(service(), endpoint_slice(ready=[False]), UNREADY, replica_set(), deployment(), node(ready="Unknown"))
    assert {(s.kind, s.name) for s in found.depends_on} == {("Deployment", "api"), ("Pod", "api-7c9f-x2x4z"), ("Node", "node-3")}
