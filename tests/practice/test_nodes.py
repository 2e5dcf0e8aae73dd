"""Nodes: leases, silence, and an orphan's end."""

from __future__ import annotations

from stead.practice import timestamps


async def test_a_lease_is_renewed_every_ten_seconds_while_the_kubelet_lives(stage):
    def renewed():
        return timestamps.parse(stage.cluster.get("Lease", "kube-node-lease", "node-1")["spec"]["renewTime"])

    first = renewed()
    await stage.wait(10)
    assert (renewed() - first).total_seconds() == 10
    stage.cluster.fail_node("node-1")
    await stage.wait(60)
    assert (renewed() - first).total_seconds() == 10


async def test_a_short_silence_is_forgiven(stage, make_deployment):
    await stage.apply(make_deployment(), seconds=5)
    before = {pod["metadata"]["uid"] for pod in stage.pods("api")}
    stage.cluster.fail_node("node-1")
    await stage.wait(120)
    assert stage.events("NodeNotReady", "default")
    stage.cluster.restore_node("node-1")
    await stage.wait(400)
    assert {pod["metadata"]["uid"] for pod in stage.pods("api")} == before
    assert stage.cluster.get("Deployment", "payments", "api")["status"]["readyReplicas"] == 3


async def test_logs_of_a_silent_node_do_not_come(stage, admin, make_deployment):
    await stage.apply(make_deployment(), seconds=5)
    pod = next(pod for pod in stage.pods("api") if pod["spec"]["nodeName"] == "node-1")
    stage.cluster.fail_node("node-1")
    answer = await admin("GET", f"/api/v1/namespaces/payments/pods/{pod['metadata']['name']}/log")
    assert answer.status == 500
    assert "10250: connect: no route to host" in answer.body["message"]


async def test_orphans_are_collected_where_that_is_switched_on(tmp_path, clock, make_pod):
    from stead.practice.cluster import PracticeCluster

    cluster = PracticeCluster(clock)
    cluster.add_node("node-1")
    await cluster.settle()
    cluster.apply(make_pod(namespace="default"))
    await cluster.settle()
    cluster.remove_node("node-1")
    clock.advance_to(cluster.next_due())
    for _ in range(20):
        await cluster.settle()
        if (due := cluster.next_due()) is None or (due - clock.now()).total_seconds() > 60:
            break
        clock.advance_to(due)
    assert cluster.list("Pod") == []
    assert cluster.faults == []
