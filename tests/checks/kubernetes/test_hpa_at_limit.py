"""Autoscalers that would like more pods than they may have."""

from __future__ import annotations

import pytest

from stead.checks.kubernetes.hpa_at_limit import hpa_at_limit
from stead.domain.finding import Finding, FindingState, Severity
from stead.testing.checks import judge
from stead.testing.kinds import thing
from stead.testing.objects import NOW, Json, ago, condition


def look(*objects: Json) -> list[Finding]:
    return judge(hpa_at_limit, *objects, now=NOW)


def hpa(reason: str = "TooManyReplicas", status: str = "True", since: str = "", **meta: str) -> Json:
    limited = condition("ScalingLimited", status, since, reason=reason)
    return thing("HorizontalPodAutoscaler", "api", meta, spec={"maxReplicas": 5}, status={"conditions": [limited]})


@pytest.mark.parametrize("objects", [[hpa()]])
def test_one_that_is_so_is_worth_knowing(objects: list[Json]) -> None:
    (found,) = look(*objects)
    assert (found.state, found.severity, found.class_.value, found.reason) == (FindingState.FIRING, Severity.INFO, "hygiene", "AtLimit")


@pytest.mark.parametrize(
    "objects", [[hpa("TooFewReplicas")], [hpa(status="False")], [hpa(deletionTimestamp=ago(minutes=1))], [thing("HorizontalPodAutoscaler")]]
)
def test_one_that_is_not_so_is_silence(objects: list[Json]) -> None:
    assert look(*objects) == []
