"""Disruption budgets that protect nothing, or let nothing go."""

from __future__ import annotations

import pytest

from stead.checks.kubernetes.pdb_pointless import pdb_pointless
from stead.domain.finding import Finding, FindingState, Severity
from stead.testing.checks import judge
from stead.testing.kinds import thing
from stead.testing.objects import NOW, Json, ago, pod


def look(*objects: Json) -> list[Finding]:
    return judge(pdb_pointless, *objects, now=NOW)


def pdb(expected: int, wanted: int, allowed: int = 0, app: str = "api", **meta: str) -> Json:
    status = {"expectedPods": expected, "desiredHealthy": wanted, "currentHealthy": expected, "disruptionsAllowed": allowed}
    return thing("PodDisruptionBudget", "api", meta, spec={"selector": {"matchLabels": {"app": app}}}, status=status)


@pytest.mark.parametrize("objects", [[pdb(0, 0, app="aip"), pod()], [pdb(1, 1), pod()]])
def test_one_that_is_so_is_worth_knowing(objects: list[Json]) -> None:
    (found,) = look(*objects)
    assert (found.state, found.severity, found.class_.value, found.reason) == (FindingState.FIRING, Severity.INFO, "hygiene", found.reason)


@pytest.mark.parametrize(
    "objects", [[pdb(2, 1, allowed=1), pod()], [pdb(0, 0), pod()], [pdb(1, 1, deletionTimestamp=ago(minutes=1)), pod()]]
)
def test_one_that_is_not_so_is_silence(objects: list[Json]) -> None:
    assert look(*objects) == []
