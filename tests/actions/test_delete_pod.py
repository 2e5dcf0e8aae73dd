"""One pod is deleted, the one that was meant; without its node's word only where nothing can be damaged."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from stead.actions.delete_pod import delete_pod
from stead.domain.action import Action
from stead.domain.errors import ConflictError
from stead.domain.subject import Subject
from stead.estate.hands import Refusing
from stead.ports import Estate, Hands, Object
from stead.testing.bare_cluster import BareCluster
from stead.testing.workloads import node, pod, stuck_pod

Decide = Callable[..., Action]

CLAIM = {"name": "data", "persistentVolumeClaim": {"claimName": "data"}}
SHARE = {"name": "share", "nfs": {"server": "nas.example.com", "path": "/media"}}
SCRATCH = {"name": "tmp", "emptyDir": {}}


async def test_a_stuck_pod_of_a_gone_node_goes(cluster: BareCluster, estate: Estate, rollout: Subject, decide: Decide):
    subject = stuck_pod(cluster, volumes=(SCRATCH,))
    action = decide("delete_pod", subject)
    assert await delete_pod.preflight(action, estate) == ""
    assert not await delete_pod.landed(action, estate)
    applied = await delete_pod.apply(action, estate, estate.hands())
    assert "its node is gone" in applied.note
    assert cluster.get("Pod", subject.name) is None
    assert await delete_pod.landed(action, estate)
    assert applied.undo is None


@pytest.mark.parametrize("volume", [CLAIM, SHARE, {"name": "new", "somethingNew": {}}])
async def test_storage_that_outlives_the_pod_is_not_risked(
    cluster: BareCluster, estate: Estate, rollout: Subject, decide: Decide, volume: dict[str, Any]
):
    subject = stuck_pod(cluster, volumes=(SCRATCH, volume))
    assert f"volume {volume['name']} outlives the pod" in await delete_pod.preflight(decide("delete_pod", subject), estate)


async def test_a_node_that_only_fell_silent_may_come_back(cluster: BareCluster, estate: Estate, rollout: Subject, decide: Decide):
    node(cluster, "node-9")
    subject = stuck_pod(cluster)
    assert "node node-9 still exists" in await delete_pod.preflight(decide("delete_pod", subject), estate)


async def test_the_node_comes_back_between_decision_and_deed(cluster: BareCluster, estate: Estate, rollout: Subject, decide: Decide):
    subject = stuck_pod(cluster)
    action = decide("delete_pod", subject)
    node(cluster, "node-9")
    await delete_pod.apply(action, estate, estate.hands())
    assert cluster.get("Pod", subject.name) is not None, "it was forced although its node is there"


async def test_a_finalizer_is_never_removed(cluster: BareCluster, estate: Estate, rollout: Subject, decide: Decide):
    subject = stuck_pod(cluster, metadata={"finalizers": ["example.com/backup"]})
    assert "finalizer example.com/backup holds it" in await delete_pod.preflight(decide("delete_pod", subject), estate)
    await delete_pod.apply(decide("delete_pod", subject), estate, estate.hands())
    live = cluster.get("Pod", subject.name)
    assert live is not None
    assert live["metadata"]["finalizers"] == ["example.com/backup"]


async def test_another_pod_of_that_name_is_not_touched(cluster: BareCluster, estate: Estate, rollout: Subject, decide: Decide):
    subject = stuck_pod(cluster, of=("ReplicaSet", "api-h1"))
    action = decide("delete_pod", subject)
    other = replace(action, request=replace(action.request, precondition=replace(action.request.precondition, uid="another")))
    assert "was replaced" in await delete_pod.preflight(other, estate)
    with pytest.raises(ConflictError, match="was replaced"):
        await delete_pod.apply(other, estate, estate.hands())
    assert cluster.get("Pod", subject.name) is not None


class Late(Refusing):
    """Hands that write only after somebody has put another pod in the place of the one that was meant."""

    def __init__(self, hands: Hands, cluster: BareCluster) -> None:
        super().__init__("practice")
        self._hands = hands
        self._cluster = cluster

    async def patch(self, subject: Subject, body: Object, *, action: str, rehearse: bool = False) -> Object:
        return await self._hands.patch(subject, body, action=action, rehearse=rehearse)

    async def delete(self, subject: Subject, *, uid: str, grace_seconds: int | None, action: str) -> None:
        stuck_pod(self._cluster, subject.name, metadata={"uid": "another"})
        await self._hands.delete(subject, uid=uid, grace_seconds=grace_seconds, action=action)


async def test_the_pod_is_replaced_in_the_last_moment(cluster: BareCluster, estate: Estate, rollout: Subject, decide: Decide):
    subject = stuck_pod(cluster)
    with pytest.raises(ConflictError):
        await delete_pod.apply(decide("delete_pod", subject), estate, Late(estate.hands(), cluster))
    assert cluster.get("Pod", subject.name) is not None


async def test_somebody_was_first(cluster: BareCluster, estate: Estate, rollout: Subject, decide: Decide):
    subject = stuck_pod(cluster)
    action = decide("delete_pod", subject)
    cluster.remove("Pod", subject.name)
    assert "does not exist any more" in await delete_pod.preflight(action, estate)
    with pytest.raises(ConflictError):
        await delete_pod.apply(action, estate, estate.hands())


async def test_a_running_pod_is_asked_to_end_and_its_node_has_the_say(
    cluster: BareCluster, estate: Estate, rollout: Subject, decide: Decide
):
    node(cluster, "node-3")
    subject = pod(cluster, "api-h1-a")
    action = decide("delete_pod", subject)
    assert await delete_pod.preflight(action, estate) == ""
    await delete_pod.apply(action, estate, estate.hands())
    live = cluster.get("Pod", subject.name)
    assert live is not None
    assert live["metadata"]["deletionGracePeriodSeconds"] == 30
    assert await delete_pod.landed(action, estate)


async def test_what_serves_alone_or_comes_back_by_nobody_stays(cluster: BareCluster, estate: Estate, rollout: Subject, decide: Decide):
    node(cluster, "node-3")
    alone = pod(cluster, "api-h1-a", ready=True)
    assert "only ready pod" in await delete_pod.preflight(decide("delete_pod", alone), estate)
    pod(cluster, "api-h1-b", ready=True)
    assert await delete_pod.preflight(decide("delete_pod", alone), estate) == ""
    bare = pod(cluster, "by-hand", of=None)
    assert "nothing would bring it back" in await delete_pod.preflight(decide("delete_pod", bare), estate)
