"""Network policies that are about no pod."""

from __future__ import annotations

import pytest

from stead.checks.kubernetes.networkpolicy_unused import networkpolicy_unused
from stead.domain.finding import Finding, FindingState, Severity
from stead.testing.checks import judge
from stead.testing.kinds import thing
from stead.testing.objects import NOW, Json, ago, pod


def look(*objects: Json) -> list[Finding]:
    return judge(networkpolicy_unused, *objects, now=NOW)


def policy(**selector: object) -> Json:
    return thing("NetworkPolicy", "deny", spec={"podSelector": selector})


def wants(operator: str, *values: str) -> Json:
    return policy(matchExpressions=[{"key": "app", "operator": operator, "values": list(values)}])


@pytest.mark.parametrize(
    "objects",
    [
        [policy(matchLabels={"app": "aip"}), pod()],
        [wants("In", "web"), pod()],
        [wants("NotIn", "api"), pod()],
        [wants("DoesNotExist"), pod()],
    ],
)
def test_one_that_is_so_is_worth_knowing(objects: list[Json]) -> None:
    (found,) = look(*objects)
    assert (found.state, found.severity, found.class_.value, found.reason) == (
        FindingState.FIRING,
        Severity.INFO,
        "hygiene",
        "SelectsNothing",
    )


@pytest.mark.parametrize(
    "objects",
    [
        [policy(), pod()],
        [policy(matchLabels={"app": "api"}), pod()],
        [policy(matchLabels={"app": "aip"})],
        [wants("Exists"), pod()],
        [wants("In", "api"), pod()],
        [wants("Gt", "3"), pod()],
        [thing("NetworkPolicy", "deny", {"deletionTimestamp": ago(minutes=1)}, spec={"podSelector": {"matchLabels": {"a": "b"}}}), pod()],
    ],
)
def test_one_that_is_not_so_is_silence(objects: list[Json]) -> None:
    assert look(*objects) == []
