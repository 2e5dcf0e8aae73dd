"""A pod that alone fails is replaced when the same program was started later elsewhere, and is well."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from stead.domain.finding import Finding
from stead.domain.subject import Subject
from stead.playbooks.replace_failing_pod import replace_failing_pod
from stead.ports import Estate
from stead.testing.bare_cluster import BareCluster
from stead.testing.workloads import pod

Finds = Callable[..., Finding]
OLD, NEW = "2026-03-01T02:00:00Z", "2026-03-01T02:30:00Z"


def put(cluster: BareCluster, name: str, *, made: str, ready: bool, node: str, revision: str = "h1") -> Subject:
    labels = {"app": "api", "pod-template-hash": revision}
    subject = pod(cluster, name, ready=ready, node=node, metadata={"labels": labels})
    cluster.change("Pod", name, lambda live: live["metadata"].update(creationTimestamp=made))
    return subject


async def test_it_fits_where_another_started_later_and_is_well(
    cluster: BareCluster, estate: Estate, rollout: Subject, soon: datetime, finds: Finds
):
    bad = put(cluster, "api-h1-a", made=OLD, ready=False, node="node-1")
    put(cluster, "api-h1-b", made=NEW, ready=True, node="node-2")
    (request,) = await replace_failing_pod.propose([finds("container_crash", bad, top=rollout)], estate, soon)
    assert (request.verb, request.subject.name, request.guess) == ("evict_pod", "api-h1-a", False)
    assert request.precondition.uid == bad.uid


@pytest.mark.parametrize(
    "sibling",
    [
        {"made": OLD, "ready": True, "node": "node-2"},
        {"made": NEW, "ready": False, "node": "node-2"},
        {"made": NEW, "ready": True, "node": "node-1"},
        {"made": NEW, "ready": True, "node": "node-2", "revision": "h2"},
    ],
)
async def test_what_proves_nothing_about_this_pod(
    cluster: BareCluster, estate: Estate, rollout: Subject, soon: datetime, finds: Finds, sibling: dict[str, Any]
):
    bad = put(cluster, "api-h1-a", made=OLD, ready=False, node="node-1")
    put(cluster, "api-h1-b", **sibling)
    assert not await replace_failing_pod.propose([finds("container_crash", bad, top=rollout)], estate, soon)


async def test_where_several_fail_it_is_not_the_pod(cluster: BareCluster, estate: Estate, rollout: Subject, soon: datetime, finds: Finds):
    bad = put(cluster, "api-h1-a", made=OLD, ready=False, node="node-1")
    put(cluster, "api-h1-b", made=NEW, ready=True, node="node-2")
    several = finds("container_crash", bad, top=rollout, instances=("api-h1-a", "api-h1-c"))
    assert not await replace_failing_pod.propose([several], estate, soon)
