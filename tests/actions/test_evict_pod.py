"""A pod is evicted within its disruption budget, and only the pod that was meant."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from stead.actions.evict_pod import evict_pod
from stead.domain.action import Action
from stead.domain.errors import ConflictError, TemporaryError
from stead.domain.subject import Subject
from stead.ports import Estate
from stead.testing.bare_cluster import BareCluster
from stead.testing.workloads import node, pod

Decide = Callable[..., Action]


def budget(cluster: BareCluster, allowed: int, **status: Any) -> None:
    cluster.put(
        {
            "apiVersion": "policy/v1",
            "kind": "PodDisruptionBudget",
            "metadata": {"name": "api", "namespace": "payments"},
            "spec": {"minAvailable": 1, "selector": {"matchLabels": {"app": "api"}}},
            "status": {"observedGeneration": 1, "disruptionsAllowed": allowed, "currentHealthy": 1, "desiredHealthy": 1, **status},
        }
    )


async def test_it_ends_and_says_who_asked(cluster: BareCluster, estate: Estate, rollout: Subject, decide: Decide):
    node(cluster, "node-3")
    subject = pod(cluster, "api-h1-a")
    action = decide("evict_pod", subject)
    assert await evict_pod.preflight(action, estate) == ""
    assert not await evict_pod.landed(action, estate)
    await evict_pod.apply(action, estate, estate.hands())
    assert await evict_pod.landed(action, estate)
    (write,) = [r for r in cluster.requests if r.verb == "create" and "eviction" in r.path]
    assert "41.1.1.1" in write.agent
    live = cluster.get("Pod", subject.name)
    assert live is None or live["metadata"]["deletionTimestamp"]


async def test_a_budget_is_asked_before_and_holds_while_acting(cluster: BareCluster, estate: Estate, rollout: Subject, decide: Decide):
    node(cluster, "node-3")
    subject = pod(cluster, "api-h1-a", ready=True)
    pod(cluster, "api-h1-b", ready=True)
    budget(cluster, 0)
    action = decide("evict_pod", subject)
    assert await evict_pod.preflight(action, estate) == "its disruption budget api allows no disruption now"
    with pytest.raises(TemporaryError, match="disruption budget"):
        await evict_pod.apply(action, estate, estate.hands())
    assert not await evict_pod.landed(action, estate)
    budget(cluster, 1, observedGeneration=0)
    assert "has not been worked out" in await evict_pod.preflight(action, estate)
    budget(cluster, 1)
    assert await evict_pod.preflight(action, estate) == ""


async def test_what_speaks_against_it(cluster: BareCluster, estate: Estate, rollout: Subject, decide: Decide):
    alone = pod(cluster, "api-h1-a", ready=True)
    assert "its node is gone" in await evict_pod.preflight(decide("evict_pod", alone), estate)
    node(cluster, "node-3")
    assert "only ready pod" in await evict_pod.preflight(decide("evict_pod", alone), estate)
    bare = pod(cluster, "by-hand", of=None)
    assert "nothing would bring it back" in await evict_pod.preflight(decide("evict_pod", bare), estate)


async def test_another_pod_of_that_name_stays(cluster: BareCluster, estate: Estate, rollout: Subject, decide: Decide):
    node(cluster, "node-3")
    action = decide("evict_pod", pod(cluster, "api-h1-a"))
    other = replace(action, request=replace(action.request, precondition=replace(action.request.precondition, uid="another")))
    with pytest.raises(ConflictError, match="was replaced"):
        await evict_pod.apply(other, estate, estate.hands())
    assert cluster.get("Pod", "api-h1-a") is not None
