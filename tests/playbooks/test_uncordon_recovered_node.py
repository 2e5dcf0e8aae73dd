"""A node that is well and closed is opened again; one that is not well stays closed."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from stead.domain.finding import Finding
from stead.domain.subject import Subject
from stead.playbooks.uncordon_recovered_node import uncordon_recovered_node
from stead.ports import Estate
from stead.testing.bare_cluster import BareCluster
from stead.testing.workloads import pod, ready_node

Finds = Callable[..., Finding]


def waiting(cluster: BareCluster, selector: dict[str, str]) -> Subject:
    subject = pod(cluster, "api-h1-a", node="")
    cluster.change("Pod", "api-h1-a", lambda live: live["spec"].update(nodeSelector=selector))
    return subject


async def test_a_pod_that_can_go_nowhere_else_opens_it(
    cluster: BareCluster, estate: Estate, rollout: Subject, soon: datetime, finds: Finds
):
    node = ready_node(cluster, "node-3", cordoned=True, DiskPressure="False")
    cluster.change("Node", "node-3", lambda live: live["metadata"].update(labels={"disk": "ssd"}), "")
    waits = finds("pod_pending", waiting(cluster, {"disk": "ssd"}), reason="Unschedulable")
    (request,) = await uncordon_recovered_node.propose([waits, finds("node_cordoned", node, reason="Cordoned")], estate, soon)
    assert (request.verb, request.subject) == ("uncordon_node", node)
    assert request.command == "kubectl uncordon node-3"
    assert request.undo == "kubectl cordon node-3"


async def test_where_an_open_node_would_do_it_is_not_the_cordon(
    cluster: BareCluster, estate: Estate, rollout: Subject, soon: datetime, finds: Finds
):
    for name in ("node-2", "node-3"):
        ready_node(cluster, name, cordoned=name == "node-3")
        cluster.change("Node", name, lambda live: live["metadata"].update(labels={"disk": "ssd"}), "")
    for selector in ({"disk": "ssd"}, {"disk": "hdd"}, {}):
        waits = finds("pod_pending", waiting(cluster, selector), reason="Unschedulable")
        assert not await uncordon_recovered_node.propose([waits], estate, soon)


@pytest.mark.parametrize("given", [{"cordoned": False}, {"ready": "Unknown"}, {"MemoryPressure": "True"}])
async def test_one_that_is_open_or_unwell_is_left(
    cluster: BareCluster, estate: Estate, soon: datetime, finds: Finds, given: dict[str, Any]
):
    node = ready_node(cluster, "node-3", **({"cordoned": True} | given))
    assert not await uncordon_recovered_node.propose([finds("node_cordoned", node, reason="Cordoned")], estate, soon)
