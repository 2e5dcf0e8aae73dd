"""Nodes whose kubelets are of different versions."""

from __future__ import annotations

import pytest

from stead.checks.kubernetes.node_version_skew import node_version_skew
from stead.domain.finding import Finding, FindingState, Severity
from stead.testing.checks import judge
from stead.testing.objects import NOW, Json, node


def look(*objects: Json) -> list[Finding]:
    return judge(node_version_skew, *objects, now=NOW)


def running(name: str, version: str) -> Json:
    made = node(name)
    return made | {"status": made["status"] | {"nodeInfo": {"kubeletVersion": version}}}


@pytest.mark.parametrize("objects", [[running("a", "v1.30.2+k3s1"), running("b", "v1.32.0")]])
def test_one_that_is_so_is_worth_knowing(objects: list[Json]) -> None:
    (found,) = look(*objects)
    assert (found.state, found.severity, found.class_.value, found.reason) == (FindingState.FIRING, Severity.INFO, "hygiene", "KubeletOld")


@pytest.mark.parametrize(
    "objects",
    [
        [running("a", "v1.31.9"), running("b", "v1.32.0")],
        [running("a", "v1.32.1"), running("b", "v1.32.0")],
        [running("a", ""), running("b", "v1.32.0")],
        [node()],
    ],
)
def test_one_that_is_not_so_is_silence(objects: list[Json]) -> None:
    assert look(*objects) == []
