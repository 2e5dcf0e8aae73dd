"""Pods that nobody is left to end."""

from collections.abc import Callable
from datetime import datetime

from stead.domain.action import Precondition
from stead.domain.finding import Finding
from stead.domain.subject import Subject
from stead.playbooks.delete_stuck_pod import delete_stuck_pod
from stead.ports import Estate
from stead.testing.bare_cluster import BareCluster
from stead.testing.workloads import node, pod, stuck_pod

Finds = Callable[..., Finding]


async def test_each_stuck_pod_is_asked_for_with_its_uid_and_the_line_to_paste(
    cluster: BareCluster, estate: Estate, rollout: Subject, soon: datetime, finds: Finds
):
    one, other = stuck_pod(cluster, "api-h1-a"), stuck_pod(cluster, "api-h1-b")
    finding = finds("pod_stuck_terminating", one, top=rollout, reason="NodeGone", instances=("api-h1-b", "api-h1-a"))
    first, second = await delete_stuck_pod.propose([finding], estate, soon)
    assert (first.verb, first.subject, first.precondition) == ("delete_pod", one, Precondition(uid=one.uid))
    assert second.subject == other
    assert first.command == "kubectl -n payments delete pod api-h1-a --grace-period=0 --force"
    assert (first.check, first.fingerprint) == (finding.check, finding.fingerprint)
    assert "node-9 is gone" in first.reason
    assert not first.guess
    assert not first.tainted


async def test_asked_again_it_asks_the_same(cluster: BareCluster, estate: Estate, rollout: Subject, soon: datetime, finds: Finds):
    finding = finds("pod_stuck_terminating", stuck_pod(cluster), top=rollout, reason="NodeGone")
    first = await delete_stuck_pod.propose([finding, finding], estate, soon)
    again = await delete_stuck_pod.propose([finding], estate, soon.replace(hour=9))
    assert [r.digest for r in first] == [r.digest for r in again]
    assert len(first) == 1


async def test_no_line_to_paste_where_forcing_would_risk_data(
    cluster: BareCluster, estate: Estate, rollout: Subject, soon: datetime, finds: Finds
):
    stuck = stuck_pod(cluster, volumes=({"name": "data", "persistentVolumeClaim": {"claimName": "data"}},))
    (request,) = await delete_stuck_pod.propose([finds("pod_stuck_terminating", stuck, reason="NodeGone")], estate, soon)
    assert request.command == ""


async def test_it_does_not_fit(cluster: BareCluster, estate: Estate, rollout: Subject, soon: datetime, finds: Finds):
    stuck, running = stuck_pod(cluster), pod(cluster, "api-h1-runs", node="node-9")
    for finding in (
        finds("pod_stuck_terminating", stuck, reason="NodeNotReady"),
        finds("pod_stuck_terminating", stuck, reason="Finalizers"),
        finds("container_crash", stuck, reason="NodeGone"),
        finds("pod_stuck_terminating", running, reason="NodeGone"),
        finds("pod_stuck_terminating", stuck, reason="NodeGone", instances=("gone-by-now",)),
    ):
        assert not await delete_stuck_pod.propose([finding], estate, soon)
    node(cluster, "node-9")
    assert not await delete_stuck_pod.propose([finds("pod_stuck_terminating", stuck, reason="NodeGone")], estate, soon)
