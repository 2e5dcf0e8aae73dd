"""A workload gets more replicas, never fewer, and none where an autoscaler has the say."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from stead.actions.scale import scale
from stead.domain.action import Action
from stead.domain.parameter import wrong
from stead.domain.subject import Subject
from stead.ports import Estate
from stead.testing.bare_cluster import BareCluster

Decide = Callable[..., Action]


async def test_it_grows_and_can_be_taken_back(cluster: BareCluster, estate: Estate, rollout: Subject, decide: Decide):
    action = decide("scale", rollout, replicas=4)
    assert await scale.preflight(action, estate) == ""
    assert scale.rehearse is not None
    assert await scale.rehearse(action, estate, estate.hands()) == ("spec.replicas: 2 → 4",)
    live = cluster.get("Deployment", "api")
    assert live is not None
    assert live["spec"]["replicas"] == 2, "a rehearsal keeps nothing"

    applied = await scale.apply(action, estate, estate.hands())
    assert await scale.landed(action, estate)
    assert applied.undo is not None
    assert applied.undo.command == "kubectl -n payments scale deployment/api --replicas=2"
    undo = replace(action, id="41.1.1.1.undo.1", request=applied.undo)
    assert await scale.preflight(undo, estate) == ""
    await scale.apply(undo, estate, estate.hands())
    live = cluster.get("Deployment", "api")
    assert live is not None
    assert live["spec"]["replicas"] == 2


@pytest.mark.parametrize(("replicas", "why"), [(2, "wants 2 replicas already"), (1, "replicas are only added")])
async def test_fewer_is_no_cure(cluster: BareCluster, estate: Estate, rollout: Subject, decide: Decide, replicas: int, why: str):
    assert why in await scale.preflight(decide("scale", rollout, replicas=replicas), estate)


async def test_an_autoscaler_has_the_say(cluster: BareCluster, estate: Estate, rollout: Subject, decide: Decide):
    target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "api"}
    spec = {"scaleTargetRef": target, "minReplicas": 1, "maxReplicas": 3}
    metadata = {"name": "api", "namespace": "payments"}
    cluster.put({"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "metadata": metadata, "spec": spec})
    assert "HorizontalPodAutoscaler api says" in await scale.preflight(decide("scale", rollout, replicas=3), estate)


def test_a_number_that_makes_no_sense_is_refused_before_anybody_is_asked():
    assert wrong(scale.parameters, {"replicas": 0}) == "`replicas` must be at least 1"
    assert wrong(scale.parameters, {"replicas": 5000}) == "`replicas` must be at most 50"
    assert wrong(scale.parameters, {"replicas": True}) == "`replicas` must be a whole number"
    assert wrong(scale.parameters, {}) == "the parameter `replicas` is missing"
    assert wrong(scale.parameters, {"replicas": 2, "force": True}) == "there is no parameter `force`"
