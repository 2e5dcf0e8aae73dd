"""Evicted pods are cleared away, one action a workload."""

from collections.abc import Callable
from datetime import datetime

from stead.domain.finding import Finding
from stead.domain.subject import Subject
from stead.playbooks.clear_evicted import clear_evicted
from stead.ports import Estate
from stead.testing.bare_cluster import BareCluster
from stead.testing.workloads import pod

Finds = Callable[..., Finding]


def left(cluster: BareCluster, name: str, reason: str) -> Subject:
    subject = pod(cluster, name)
    cluster.change("Pod", name, lambda live: live.update(status={"phase": "Failed", "reason": reason}))
    return subject


async def test_one_action_for_a_workload(cluster: BareCluster, estate: Estate, rollout: Subject, soon: datetime, finds: Finds):
    first, second = left(cluster, "api-h1-a", "Evicted"), left(cluster, "api-h1-b", "Evicted")
    found = [finds("pod_leftover", one, top=rollout, reason="Leftover") for one in (first, second)]
    (request,) = await clear_evicted.propose(found, estate, soon)
    assert (request.verb, request.subject) == ("clear_evicted_pods", rollout)


async def test_what_was_put_out_otherwise_is_left(cluster: BareCluster, estate: Estate, rollout: Subject, soon: datetime, finds: Finds):
    other = left(cluster, "api-h1-a", "UnexpectedAdmissionError")
    assert not await clear_evicted.propose([finds("pod_leftover", other, top=rollout, reason="Leftover")], estate, soon)
    assert not await clear_evicted.propose([finds("pod_leftover", left(cluster, "bare", "Evicted"), reason="Leftover")], estate, soon)
