"""A node takes no new pods, unless it is the last one that takes any."""

from collections.abc import Callable
from dataclasses import replace

from stead.actions.cordon_node import cordon_node
from stead.actions.uncordon_node import uncordon_node
from stead.domain.action import Action
from stead.ports import Estate
from stead.testing.bare_cluster import BareCluster
from stead.testing.workloads import ready_node

Decide = Callable[..., Action]


async def test_it_is_cordoned_and_can_be_taken_back(cluster: BareCluster, estate: Estate, decide: Decide):
    ready_node(cluster, "node-2")
    action = decide("cordon_node", ready_node(cluster, "node-1"))
    assert await cordon_node.preflight(action, estate) == ""
    applied = await cordon_node.apply(action, estate, estate.hands())
    live = cluster.get("Node", "node-1", "")
    assert live is not None
    assert live["spec"]["unschedulable"] is True
    assert await cordon_node.landed(action, estate)
    assert applied.undo is not None
    undo = replace(action, id="41.1.1.1.undo.1", request=applied.undo)
    assert await uncordon_node.preflight(undo, estate) == ""
    await uncordon_node.apply(undo, estate, estate.hands())
    live = cluster.get("Node", "node-1", "")
    assert live is not None
    assert not live["spec"].get("unschedulable")


async def test_the_last_node_that_takes_pods_stays_open(cluster: BareCluster, estate: Estate, decide: Decide):
    ready_node(cluster, "node-2", cordoned=True)
    ready_node(cluster, "node-3", ready="Unknown")
    first = ready_node(cluster, "node-1")
    assert await cordon_node.preflight(decide("cordon_node", first), estate) == "no other node is ready to take pods"
    second = cluster.subject("Node", "node-2", "")
    assert await cordon_node.preflight(decide("cordon_node", second), estate) == "it is cordoned already"
