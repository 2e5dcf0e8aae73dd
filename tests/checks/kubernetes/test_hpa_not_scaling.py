"""Autoscalers that cannot do their work."""

from __future__ import annotations

from typing import Any

import pytest

from stead.checks.kubernetes.hpa_not_scaling import hpa_not_scaling
from stead.domain.finding import Finding, FindingState
from stead.testing.checks import judge
from stead.testing.kinds import thing
from stead.testing.objects import NOW, Json, ago, condition, deployment


def hpa(*conditions: Json, target: str = "api", kind: str = "Deployment", meta: Json | None = None, **status: Any) -> Json:
    reference = {"apiVersion": "apps/v1", "kind": kind, "name": target}
    spec = {"scaleTargetRef": reference, "minReplicas": 1, "maxReplicas": 5}
    return thing("HorizontalPodAutoscaler", "api", meta, spec=spec, status={"conditions": list(conditions)} | status)


def look(*objects: Json) -> list[Finding]:
    return judge(hpa_not_scaling, *objects, now=NOW)


BLIND = condition("ScalingActive", "False", reason="FailedGetResourceMetric")


@pytest.mark.parametrize(
    ("sick", "reason"),
    [
        (hpa(target="gone"), "TargetMissing"),
        (hpa(BLIND), "NoMetrics"),
        (hpa(condition("AbleToScale", "False", reason="FailedGetScale"), BLIND), "UnableToScale"),
    ],
)
def test_one_that_cannot_scale_is_told(sick: Json, reason: str) -> None:
    (found,) = look(sick, deployment())
    assert (found.state, found.reason) == (FindingState.FIRING, reason)
    assert found.depends_on[-1].kind == "Deployment"


def test_the_api_that_it_reads_is_what_it_depends_on() -> None:
    (found,) = look(hpa(BLIND), deployment(), thing("APIService", "v1beta1.metrics.k8s.io"), thing("APIService", "v1.apps"))
    assert [s.name for s in found.depends_on] == ["v1beta1.metrics.k8s.io", "api"]


@pytest.mark.parametrize(
    "healthy",
    [
        hpa(condition("AbleToScale"), condition("ScalingActive"), condition("ScalingLimited", reason="TooManyReplicas")),
        hpa(condition("ScalingActive", "False", reason="ScalingDisabled")),
        hpa(kind="Rollout", target="gone"),
        hpa(BLIND, meta={"deletionTimestamp": ago(minutes=1)}),
        hpa(BLIND, meta={"generation": 4}, observedGeneration=3),
        hpa(),
    ],
)
def test_one_that_scales_or_need_not_is_silence(healthy: Json) -> None:
    assert look(healthy, deployment()) == []


def test_metrics_that_are_late_are_given_time() -> None:
    late = condition("ScalingActive", "False", ago(minutes=1), reason="FailedGetResourceMetric")
    assert [f.state for f in look(hpa(late), deployment())] == [FindingState.PROGRESSING]
