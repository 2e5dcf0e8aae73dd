"""What evicted pods have left behind goes; what runs, and what is another's, stays."""

from collections.abc import Callable
from typing import Any

from stead.actions.clear_evicted_pods import clear_evicted_pods
from stead.domain.action import Action
from stead.domain.subject import Subject
from stead.ports import Estate
from stead.testing.bare_cluster import BareCluster
from stead.testing.workloads import pod

Decide = Callable[..., Action]


def evict(cluster: BareCluster, name: str, reason: str = "Evicted", **given: Any) -> None:
    pod(cluster, name, **given)
    live = cluster.get("Pod", name)
    assert live is not None
    live["metadata"].pop("resourceVersion")
    cluster.put({**live, "status": {"phase": "Failed", "reason": reason}})


async def test_only_evicted_pods_of_this_workload_go(cluster: BareCluster, estate: Estate, rollout: Subject, decide: Decide):
    pod(cluster, "api-h1-runs", ready=True)
    evict(cluster, "api-h1-a")
    evict(cluster, "api-h2-b", of=("ReplicaSet", "api-h2"))
    evict(cluster, "api-h1-crashed", reason="Error")
    evict(cluster, "by-hand", of=None)
    action = decide("clear_evicted_pods", rollout)
    assert await clear_evicted_pods.preflight(action, estate) == ""
    assert not await clear_evicted_pods.landed(action, estate)
    applied = await clear_evicted_pods.apply(action, estate, estate.hands())
    assert applied.note.startswith("2 evicted pods")
    left = [name for name in ("api-h1-runs", "api-h1-a", "api-h2-b", "api-h1-crashed", "by-hand") if cluster.get("Pod", name)]
    assert left == ["api-h1-runs", "api-h1-crashed", "by-hand"]
    assert await clear_evicted_pods.landed(action, estate)


async def test_where_there_are_none_nothing_is_done(cluster: BareCluster, estate: Estate, rollout: Subject, decide: Decide):
    assert await clear_evicted_pods.preflight(decide("clear_evicted_pods", rollout), estate) == "it has no evicted pods"
