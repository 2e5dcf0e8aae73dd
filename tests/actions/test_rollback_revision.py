"""A Deployment goes back to an earlier revision: the whole template, once, and only the Deployment that was meant."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from stead.actions.rollback_revision import rollback_revision
from stead.domain.action import Action
from stead.domain.errors import ConflictError
from stead.domain.subject import Subject
from stead.estate.hands import Refusing
from stead.ports import Estate, Hands, Object
from stead.testing.bare_cluster import BareCluster

Decide = Callable[..., Action]


def images(cluster: BareCluster) -> list[str]:
    deployment = cluster.get("Deployment", "api")
    assert deployment is not None
    return [c["image"].rpartition("/")[2] for c in deployment["spec"]["template"]["spec"]["containers"]]


async def test_it_goes_back_whole_and_can_be_taken_back(cluster: BareCluster, estate: Estate, rollout: Subject, decide: Decide):
    action = decide("rollback_revision", rollout, to_revision=1)
    assert await rollback_revision.preflight(action, estate) == ""
    assert not await rollback_revision.landed(action, estate)

    applied = await rollback_revision.apply(action, estate, estate.hands())

    assert images(cluster) == ["api:1"]
    deployment = cluster.get("Deployment", "api")
    assert deployment is not None
    template = deployment["spec"]["template"]
    assert "env" not in template["spec"]["containers"][0]
    assert template["metadata"]["labels"] == {"app": "api"}
    assert "$patch" not in str(deployment)
    assert await rollback_revision.landed(action, estate)

    assert applied.undo is not None
    assert applied.undo.parameters == {"to_revision": 2}
    assert applied.undo.command == "kubectl -n payments rollout undo deployment/api --to-revision=2"
    undo = replace(action, id="41.1.1.1.undo.1", request=applied.undo)
    cluster.put(observed(cluster))
    assert "is not healthy either" in await rollback_revision.preflight(undo, estate)
    scaled_away(cluster, "api-h2")
    assert await rollback_revision.preflight(undo, estate) == ""
    await rollback_revision.apply(undo, estate, estate.hands())
    assert images(cluster) == ["api:2", "sidecar:1"]


def scaled_away(cluster: BareCluster, replica_set: str) -> None:
    found = cluster.get("ReplicaSet", replica_set)
    assert found is not None
    found["metadata"].pop("resourceVersion")
    cluster.put({**found, "spec": {**found["spec"], "replicas": 0}, "status": {"replicas": 0}})


def observed(cluster: BareCluster) -> dict[str, Any]:
    """The Deployment as its controller leaves it once it has seen the newest spec."""
    live = cluster.get("Deployment", "api")
    assert live is not None
    metadata = {k: v for k, v in live["metadata"].items() if k != "resourceVersion"}
    return {**live, "metadata": metadata, "status": {**live["status"], "observedGeneration": metadata["generation"]}}


async def test_the_write_says_who_and_why(cluster: BareCluster, estate: Estate, rollout: Subject, decide: Decide):
    await rollback_revision.apply(decide("rollback_revision", rollout, to_revision=1), estate, estate.hands())
    (write,) = [r for r in cluster.requests if r.verb == "patch"]
    assert write.user == "system:serviceaccount:stead:stead-write"
    assert "41.1.1.1" in write.agent
    assert "fieldManager=stead" in write.query
    assert all(r.user.endswith("stead-read") for r in cluster.requests if r.verb in ("get", "list") and "/deployments/" in r.path)


async def test_a_deployment_that_somebody_edited_meanwhile_is_left_alone(
    cluster: BareCluster, estate: Estate, rollout: Subject, decide: Decide
):
    action = decide("rollback_revision", rollout, to_revision=1)
    moved = replace(action, request=replace(action.request, precondition=replace(action.request.precondition, generation=7)))
    assert "has changed" in await rollback_revision.preflight(moved, estate)
    with pytest.raises(ConflictError, match="has changed"):
        await rollback_revision.apply(moved, estate, estate.hands())

    cluster.remove("Deployment", "api")
    assert "does not exist any more" in await rollback_revision.preflight(action, estate)
    with pytest.raises(ConflictError):
        await rollback_revision.apply(action, estate, estate.hands())
    assert not await rollback_revision.landed(action, estate)
    assert not [r for r in cluster.requests if r.verb == "patch"]


class Meddling(Refusing):
    """Hands into which somebody reaches right before they write."""

    def __init__(self, hands: Hands, meddle: Callable[[], object], times: int) -> None:
        super().__init__("practice")
        self._hands = hands
        self._meddle = meddle
        self._times = times

    async def patch(self, subject: Subject, body: Object, *, action: str, rehearse: bool = False) -> Object:
        if self._times:
            self._times -= 1
            self._meddle()
        return await self._hands.patch(subject, body, action=action, rehearse=rehearse)

    async def delete(self, subject: Subject, *, uid: str, grace_seconds: int | None, action: str) -> None:
        await self._hands.delete(subject, uid=uid, grace_seconds=grace_seconds, action=action)


async def test_a_status_that_moves_does_not_stop_it_and_a_spec_that_moves_does(
    cluster: BareCluster, estate: Estate, rollout: Subject, decide: Decide
):
    def write_status() -> None:
        live = observed(cluster)
        cluster.put({**live, "status": {**live["status"], "replicas": live["status"]["replicas"] + 1}})

    def write_spec() -> None:
        live = observed(cluster)
        cluster.put({**live, "metadata": {**live["metadata"], "generation": 2}})

    action = decide("rollback_revision", rollout, to_revision=1)
    with pytest.raises(ConflictError, match="has changed"):
        await rollback_revision.apply(action, estate, Meddling(estate.hands(), write_spec, 1))
    assert images(cluster) == ["api:2", "sidecar:1"]

    again = decide("rollback_revision", rollout, to_revision=1)
    await rollback_revision.apply(again, estate, Meddling(estate.hands(), write_status, 2))
    assert images(cluster) == ["api:1"]


async def test_two_at_once_change_it_once(cluster: BareCluster, estate: Estate, rollout: Subject, decide: Decide):
    action = decide("rollback_revision", rollout, to_revision=1)
    results = await asyncio.gather(*(rollback_revision.apply(action, estate, estate.hands()) for _ in range(3)), return_exceptions=True)
    assert sum(not isinstance(r, BaseException) for r in results) == 1
    assert all(isinstance(r, ConflictError) for r in results if isinstance(r, BaseException))
    assert await rollback_revision.landed(action, estate)


@pytest.mark.parametrize(
    ("parameters", "why"),
    [
        ({"to_revision": 9}, "there is no revision 9"),
        ({}, "there is no revision None"),
        ({"to_revision": True}, "there is no revision True"),
        ({"to_revision": 2}, "revision 2 is what it runs already"),
    ],
)
async def test_where_there_is_nothing_to_go_back_to(estate: Estate, rollout: Subject, decide: Decide, parameters: dict[str, Any], why: str):
    assert why in await rollback_revision.preflight(decide("rollback_revision", rollout, **parameters), estate)


async def test_a_revision_that_is_broken_too_is_no_way_back(cluster: BareCluster, estate: Estate, rollout: Subject, decide: Decide):
    old = cluster.get("ReplicaSet", "api-h1")
    assert old is not None
    old["metadata"].pop("resourceVersion")
    cluster.put({**old, "status": {"replicas": 1}})
    assert "is not healthy either" in await rollback_revision.preflight(decide("rollback_revision", rollout, to_revision=1), estate)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"spec": {"paused": True}}, "paused"),
        ({"metadata": {"deletionTimestamp": "2026-03-01T02:00:00Z", "finalizers": ["foregroundDeletion"]}}, "being deleted"),
        ({"status": {"observedGeneration": 0}}, "has not seen"),
    ],
)
async def test_what_speaks_against_it(
    cluster: BareCluster, estate: Estate, rollout: Subject, decide: Decide, change: dict[str, dict[str, Any]], why: str
):
    live = observed(cluster)
    cluster.put({**live, **{part: {**live[part], **changes} for part, changes in change.items()}})
    action = decide("rollback_revision", rollout, to_revision=1)
    assert why in await rollback_revision.preflight(action, estate)
