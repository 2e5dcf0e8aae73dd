"""StatefulSets and DaemonSets go back by their ControllerRevisions; a pod that holds its StatefulSet up is replaced."""

from collections.abc import Callable
from typing import Any

import pytest

from stead.actions.rollback_revision import rollback_revision
from stead.domain.action import Action
from stead.domain.subject import Subject
from stead.ports import Estate
from stead.testing.bare_cluster import BareCluster
from stead.testing.workloads import owner, pod

Decide = Callable[..., Action]


def template(image: str) -> dict[str, Any]:
    containers = [{"name": "queue", "image": f"registry.example.com/queue:{image}"}]
    return {"metadata": {"labels": {"app": "queue"}}, "spec": {"containers": containers}}


def workload(cluster: BareCluster, kind: str) -> Subject:
    """payments/queue with revision 1 (queue:1) and the newest, 2 (queue:2)."""
    spec: dict[str, Any] = {"selector": {"matchLabels": {"app": "queue"}}, "template": template("2")}
    if kind == "StatefulSet":
        spec |= {"replicas": 2, "serviceName": "queue"}
    metadata = {"name": "queue", "namespace": "payments"}
    cluster.put({"apiVersion": "apps/v1", "kind": kind, "metadata": metadata, "spec": spec, "status": {"observedGeneration": 1}})
    for number in (1, 2):
        live = cluster.get(kind, "queue")
        assert live is not None
        cluster.put(
            {
                "apiVersion": "apps/v1",
                "kind": "ControllerRevision",
                "metadata": {"name": f"queue-h{number}", "namespace": "payments", "ownerReferences": [owner(cluster, kind, "queue")]},
                "revision": number,
                "data": {"spec": {"template": {**(live["spec"]["template"] if number == 2 else template("1")), "$patch": "replace"}}},
            }
        )
    return cluster.subject(kind, "queue")


def image(cluster: BareCluster, kind: str) -> str:
    live = cluster.get(kind, "queue")
    assert live is not None
    return live["spec"]["template"]["spec"]["containers"][0]["image"].rpartition("/")[2]


def numbered(cluster: BareCluster, kind: str, name: str, revision: str, *, ready: bool) -> None:
    pod(cluster, name, of=(kind, "queue"), ready=ready, metadata={"labels": {"app": "queue", "controller-revision-hash": revision}})


@pytest.mark.parametrize("kind", ["StatefulSet", "DaemonSet"])
async def test_it_goes_back_and_can_be_taken_back(cluster: BareCluster, estate: Estate, decide: Decide, kind: str):
    action = decide("rollback_revision", workload(cluster, kind), to_revision=1)
    assert await rollback_revision.preflight(action, estate) == ""
    applied = await rollback_revision.apply(action, estate, estate.hands())
    assert image(cluster, kind) == "queue:1"
    assert await rollback_revision.landed(action, estate)
    assert applied.undo is not None
    assert applied.undo.parameters == {"to_revision": 2}


async def test_a_pod_that_does_not_come_up_is_replaced_and_those_that_serve_stay(cluster: BareCluster, estate: Estate, decide: Decide):
    subject = workload(cluster, "StatefulSet")
    numbered(cluster, "StatefulSet", "queue-0", "queue-h1", ready=True)
    numbered(cluster, "StatefulSet", "queue-1", "queue-h2", ready=False)
    applied = await rollback_revision.apply(decide("rollback_revision", subject, to_revision=1), estate, estate.hands())
    assert "1 of its pods that did not come up are replaced" in applied.note
    assert cluster.get("Pod", "queue-0") is not None
    gone = cluster.get("Pod", "queue-1")
    assert gone is None or gone["metadata"]["deletionTimestamp"]


async def test_after_a_crash_between_patch_and_pod_the_rest_is_done(cluster: BareCluster, estate: Estate, decide: Decide):
    action = decide("rollback_revision", workload(cluster, "StatefulSet"), to_revision=1)
    await rollback_revision.apply(action, estate, estate.hands())
    numbered(cluster, "StatefulSet", "queue-1", "queue-h2", ready=False)
    assert not await rollback_revision.landed(action, estate)
    await rollback_revision.apply(action, estate, estate.hands())
    assert await rollback_revision.landed(action, estate)
    assert len([r for r in cluster.requests if r.verb == "patch"]) == 1


async def test_a_daemonset_whose_revision_fails_everywhere_is_no_better(cluster: BareCluster, estate: Estate, decide: Decide):
    subject = workload(cluster, "DaemonSet")
    numbered(cluster, "DaemonSet", "queue-x", "h1", ready=False)
    assert "is not healthy either" in await rollback_revision.preflight(decide("rollback_revision", subject, to_revision=1), estate)
