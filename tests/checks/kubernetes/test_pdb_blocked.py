"""Disruption budgets that let no pod go."""

from __future__ import annotations

from typing import Any

import pytest

from stead.checks.kubernetes.pdb_blocked import pdb_blocked
from stead.domain.finding import Finding, FindingState
from stead.testing.checks import judge
from stead.testing.kinds import thing
from stead.testing.objects import NOW, Json, ago, condition, node, pod


def pdb(healthy: int, wanted: int, expected: int = 3, reason: str = "InsufficientPods", since: str = "", meta: Json | None = None) -> Json:
    status = {"currentHealthy": healthy, "desiredHealthy": wanted, "expectedPods": expected, "observedGeneration": 1}
    allowed = condition("DisruptionAllowed", "False", since, reason=reason)
    return thing(
        "PodDisruptionBudget",
        "api",
        {"generation": 1} | (meta or {}),
        spec={"selector": {"matchLabels": {"app": "api"}}},
        status=status | {"conditions": [allowed]},
    )


def look(*objects: Json) -> list[Finding]:
    return judge(pdb_blocked, *objects, now=NOW)


def test_pods_that_are_unwell_block_it_and_are_its_cause() -> None:
    (found,) = look(pdb(1, 2), pod(conditions=[condition("Ready", "False")]), pod("api-7c9f-well"))
    assert (found.state, found.reason) == (FindingState.FIRING, "TooFewHealthy")
    assert [s.name for s in found.depends_on] == ["api", "api-7c9f-x2x4z"]


def test_one_that_cannot_be_worked_out_is_told() -> None:
    assert [f.reason for f in look(pdb(3, 2, reason="SyncFailed"))] == ["SyncFailed"]


def test_a_rollout_is_given_time() -> None:
    assert [f.state for f in look(pdb(1, 2, since=ago(minutes=2)))] == [FindingState.PROGRESSING]


@pytest.mark.parametrize(
    "healthy",
    [
        pdb(3, 3),
        pdb(3, 2),
        pdb(0, 1, expected=0),
        pdb(1, 2, meta={"deletionTimestamp": ago(minutes=1)}),
        pdb(1, 2, meta={"generation": 2}),
        thing("PodDisruptionBudget", spec={}, status={}),
    ],
)
def test_one_that_does_what_was_asked_is_silence(healthy: Any) -> None:
    assert look(healthy) == []


def test_a_drain_that_cannot_end_is_told() -> None:
    cordoned = node(spec={"unschedulable": True})
    (found,) = look(pdb(3, 3), pod(), cordoned)
    assert (found.state, found.reason) == (FindingState.FIRING, "DrainBlocked")
    assert "node-3 is cordoned" in found.summary
    assert look(pdb(3, 2), pod(), cordoned) == []
    assert look(pdb(3, 3), pod(), node()) == []
