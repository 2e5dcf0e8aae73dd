"""A workload's pods are replaced under its own rollout rules, once for each action."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from stead.actions.restart_rollout import restart_rollout
from stead.domain.action import Action
from stead.domain.errors import ConflictError
from stead.domain.subject import Subject
from stead.ports import Estate
from stead.testing.bare_cluster import BareCluster

Decide = Callable[..., Action]


def change(cluster: BareCluster, **parts: dict[str, Any]) -> None:
    """Change payments/api by hand, unseen by any controller."""
    live = cluster.get("Deployment", "api")
    assert live is not None
    live["metadata"].pop("resourceVersion")
    cluster.put({**live, **{part: {**live[part], **changes} for part, changes in parts.items()}})


async def test_the_template_changes_and_nothing_else(cluster: BareCluster, estate: Estate, rollout: Subject, decide: Decide):
    before = cluster.get("Deployment", "api")
    action = decide("restart_rollout", rollout)
    assert not await restart_rollout.landed(action, estate)
    await restart_rollout.apply(action, estate, estate.hands())
    after = cluster.get("Deployment", "api")
    assert before is not None
    assert after is not None
    assert after["spec"]["template"]["metadata"].pop("annotations") == {"stead/action": "41.1.1.1"}
    assert after["spec"] == before["spec"]
    assert after["metadata"]["generation"] == 2
    assert await restart_rollout.landed(action, estate)
    assert not await restart_rollout.landed(replace(action, id="41.1.1.2"), estate)


async def test_sent_twice_it_restarts_once(cluster: BareCluster, estate: Estate, rollout: Subject, decide: Decide):
    action = decide("restart_rollout", rollout)
    await restart_rollout.apply(action, estate, estate.hands())
    with pytest.raises(ConflictError):
        await restart_rollout.apply(action, estate, estate.hands())
    live = cluster.get("Deployment", "api")
    assert live is not None
    assert live["metadata"]["generation"] == 2


async def test_nothing_speaks_against_restarting_what_has_rolled_out(
    cluster: BareCluster, estate: Estate, rollout: Subject, decide: Decide
):
    assert await restart_rollout.preflight(decide("restart_rollout", rollout), estate) == ""


@pytest.mark.parametrize(
    ("parts", "why"),
    [
        ({"spec": {"paused": True}}, "paused"),
        ({"spec": {"replicas": 0}}, "scaled to zero"),
        ({"spec": {"strategy": {"type": "Recreate"}}}, "would first stop the 1 that still serve"),
        ({"status": {"observedGeneration": 0}}, "has not seen"),
        ({"status": {"updatedReplicas": 1}}, "a rollout is under way"),
        ({"metadata": {"deletionTimestamp": "2026-03-01T02:00:00Z", "finalizers": ["foregroundDeletion"]}}, "being deleted"),
    ],
)
async def test_what_speaks_against_it(
    cluster: BareCluster, estate: Estate, rollout: Subject, decide: Decide, parts: dict[str, dict[str, Any]], why: str
):
    change(cluster, **parts)
    assert why in await restart_rollout.preflight(decide("restart_rollout", rollout), estate)


async def test_a_rollout_that_has_failed_is_not_under_way(cluster: BareCluster, estate: Estate, rollout: Subject, decide: Decide):
    failed = [{"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded"}]
    change(cluster, status={"updatedReplicas": 1, "conditions": failed})
    assert await restart_rollout.preflight(decide("restart_rollout", rollout), estate) == ""


@pytest.mark.parametrize(
    ("kind", "status"), [("StatefulSet", {"updatedReplicas": 2}), ("DaemonSet", {"updatedNumberScheduled": 2, "desiredNumberScheduled": 2})]
)
async def test_other_workloads_restart_too_unless_they_replace_pods_only_by_hand(
    cluster: BareCluster, estate: Estate, decide: Decide, kind: str, status: dict[str, int]
):
    spec: dict[str, Any] = {
        "selector": {"matchLabels": {"app": "db"}},
        "template": {"metadata": {"labels": {"app": "db"}}, "spec": {"containers": [{"name": "db", "image": "registry.example.com/db:1"}]}},
    }
    if kind == "StatefulSet":
        spec |= {"replicas": 2, "serviceName": "db"}
    given = {
        "apiVersion": "apps/v1",
        "kind": kind,
        "metadata": {"name": "db", "namespace": "payments"},
        "spec": spec,
        "status": {"observedGeneration": 1, **status},
    }
    cluster.put(given)
    action = decide("restart_rollout", cluster.subject(kind, "db"))
    assert await restart_rollout.preflight(action, estate) == ""
    await restart_rollout.apply(action, estate, estate.hands())
    assert await restart_rollout.landed(action, estate)

    cluster.put({**given, "spec": {**spec, "updateStrategy": {"type": "OnDelete"}}})
    assert "OnDelete" in await restart_rollout.preflight(decide("restart_rollout", cluster.subject(kind, "db")), estate)
