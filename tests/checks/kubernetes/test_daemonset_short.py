"""DaemonSets that miss nodes."""

from __future__ import annotations

from typing import Any

import pytest

from stead.checks.kubernetes.daemonset_short import daemonset_short
from stead.domain.finding import FindingState, Severity
from stead.testing.checks import judge
from stead.testing.objects import NOW, Json, ago, condition, metadata, node, owner, pod


def daemonset(ready: int = 3, want: int = 3, observed: int = 1, **meta: Any) -> Json:
    return {
        "apiVersion": "apps/v1",
        "kind": "DaemonSet",
        "metadata": metadata("proxy", generation=1) | meta,
        "status": {"observedGeneration": observed, "desiredNumberScheduled": want, "numberReady": ready},
    }


def member(since: str = "") -> Json:
    meta = {"ownerReferences": owner("DaemonSet", "proxy"), "labels": {}}
    return pod("proxy-a1b2c", meta=meta, conditions=[condition("Ready", "False", since)])


def test_one_that_stays_short_is_told_and_names_the_lost_node() -> None:
    (found,) = judge(daemonset_short, daemonset(ready=2), member(), node(ready="Unknown"), now=NOW)
    assert (found.state, found.reason) == (FindingState.FIRING, "TooFewReady")
    assert "node-3" in [s.name for s in found.depends_on]


def test_a_new_nodes_pod_is_given_time() -> None:
    assert [f.state for f in judge(daemonset_short, daemonset(ready=2), member(ago(minutes=1)), now=NOW)] == [FindingState.PROGRESSING]


@pytest.mark.parametrize(
    "healthy", [daemonset(), daemonset(0, 0), daemonset(ready=1, observed=0), daemonset(ready=1, deletionTimestamp=ago(minutes=1))]
)
def test_one_that_is_everywhere_it_should_be_is_silence(healthy: Json) -> None:
    assert judge(daemonset_short, healthy, now=NOW) == []


def test_pods_on_nodes_that_want_none_are_worth_knowing() -> None:
    made = daemonset()
    made["status"]["numberMisscheduled"] = 1
    (found,) = judge(daemonset_short, made, now=NOW)
    assert (found.state, found.reason, found.severity) == (FindingState.FIRING, "Misscheduled", Severity.INFO)
