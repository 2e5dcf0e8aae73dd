"""Aggregated APIs that do not answer."""

from __future__ import annotations

import pytest

from stead.checks.kubernetes.apiservice_unavailable import apiservice_unavailable
from stead.domain.finding import FindingState
from stead.testing.checks import judge
from stead.testing.kinds import thing
from stead.testing.objects import NOW, Json, ago, condition


def api(status: str, since: str = "", meta: Json | None = None) -> Json:
    found = condition("Available", status, since, reason="MissingEndpoints", message="endpoints for service have no addresses")
    spec = {"service": {"namespace": "kube-system", "name": "metrics-server"}}
    return thing("APIService", "v1beta1.metrics.k8s.io", meta, spec=spec, status={"conditions": [found]})


@pytest.mark.parametrize("status", ["False", "Unknown"])
def test_one_that_is_not_available_is_told_with_its_service(status: str) -> None:
    (found,) = judge(apiservice_unavailable, api(status), now=NOW)
    assert (found.state, found.reason) == (FindingState.FIRING, "Unavailable")
    assert [(s.kind, s.path) for s in found.depends_on] == [("Service", "kube-system/metrics-server")]


def test_a_moment_is_no_fault() -> None:
    assert [f.state for f in judge(apiservice_unavailable, api("False", ago(seconds=20)), now=NOW)] == [FindingState.PROGRESSING]


@pytest.mark.parametrize(
    "healthy", [api("True"), thing("APIService", "v1.apps", status={}), api("False", meta={"deletionTimestamp": ago(minutes=1)})]
)
def test_one_that_answers_is_silence(healthy: Json) -> None:
    assert judge(apiservice_unavailable, healthy, now=NOW) == []
