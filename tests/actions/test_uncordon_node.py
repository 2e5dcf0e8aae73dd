"""A cordoned node takes pods again once it is well."""

from collections.abc import Callable
from typing import Any

import pytest

from stead.actions.uncordon_node import uncordon_node
from stead.domain.action import Action
from stead.ports import Estate
from stead.testing.bare_cluster import BareCluster
from stead.testing.workloads import ready_node

Decide = Callable[..., Action]


async def test_it_takes_pods_again(cluster: BareCluster, estate: Estate, decide: Decide):
    action = decide("uncordon_node", ready_node(cluster, "node-1", cordoned=True, MemoryPressure="False"))
    assert await uncordon_node.preflight(action, estate) == ""
    applied = await uncordon_node.apply(action, estate, estate.hands())
    assert await uncordon_node.landed(action, estate)
    live = cluster.get("Node", "node-1", "")
    assert live is not None
    assert not live["spec"].get("unschedulable")
    assert applied.undo is not None
    assert applied.undo.command == "kubectl cordon node-1"


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"cordoned": False}, "it is not cordoned"),
        ({"ready": "Unknown"}, "it is not ready"),
        ({"DiskPressure": "True"}, "it reports DiskPressure"),
    ],
)
async def test_a_node_that_is_not_well_stays_closed(cluster: BareCluster, estate: Estate, decide: Decide, given: dict[str, Any], why: str):
    subject = ready_node(cluster, "node-1", **({"cordoned": True} | given))
    assert await uncordon_node.preflight(decide("uncordon_node", subject), estate) == why
