"""A release that does not run is taken back, where there is something to go back to and the release is what is wrong."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from stead.domain.finding import Finding
from stead.domain.subject import Subject
from stead.playbooks.rollback_release import rollback_release
from stead.ports import Estate
from stead.testing.bare_cluster import BareCluster
from stead.testing.workloads import pod, replica_set

Finds = Callable[..., Finding]
GOOD: dict[str, Any] = {"spec": {"containers": [{"name": "api", "image": "registry.example.com/api:1"}]}}
BAD: dict[str, Any] = {"spec": {"containers": [{"name": "api", "image": "registry.example.com/api:2"}]}}
CONFIG = Subject(estate="practice", api_version="v1", kind="ConfigMap", namespace="payments", name="api-config")


def crashing(cluster: BareCluster, finds: Finds, rollout: Subject, revision: int = 2, **given: Any) -> Finding:
    subject = pod(cluster, f"api-h{revision}-x", of=("ReplicaSet", f"api-h{revision}"))
    return finds("container_crash", subject, top=rollout, **given)


async def test_back_to_the_revision_that_still_serves(cluster: BareCluster, estate: Estate, rollout: Subject, soon: datetime, finds: Finds):
    (request,) = await rollback_release.propose([crashing(cluster, finds, rollout)], estate, soon)
    assert (request.verb, request.parameters, request.guess) == ("rollback_revision", {"to_revision": 1}, False)
    assert request.subject == rollout
    assert (request.precondition.uid, request.precondition.generation) == (rollout.uid, 1)
    assert request.command == "kubectl -n payments rollout undo deployment/api --to-revision=1"
    assert request.undo == "kubectl -n payments rollout undo deployment/api --to-revision=2"
    assert request.reason == "revision 2 is at fault, and revision 1 still serves"
    assert not request.tainted


async def test_the_workloads_own_finding_is_the_proof_where_there_is_one(
    cluster: BareCluster, estate: Estate, rollout: Subject, soon: datetime, finds: Finds
):
    pods = crashing(cluster, finds, rollout)
    own = finds("deployment_not_progressing", rollout, reason="ProgressDeadlineExceeded")
    (request,) = await rollback_release.propose([pods, own], estate, soon)
    assert request.fingerprint == own.fingerprint
    (again,) = await rollback_release.propose([own, pods], estate, soon)
    assert again.digest == request.digest


async def test_where_no_older_revision_serves_it_is_a_guess_and_only_soon_after_the_release(
    cluster: BareCluster, estate: Estate, rollout: Subject, soon: datetime, finds: Finds
):
    replica_set(cluster, 1, GOOD, replicas=0, available=0)
    finding = crashing(cluster, finds, rollout)
    (request,) = await rollback_release.propose([finding], estate, soon)
    assert request.guess
    assert "can no longer be seen" in request.reason
    assert finding.since is not None
    for hours in (-1, 1):
        other = crashing(cluster, finds, rollout)
        late = Finding(
            **{f: getattr(other, f) for f in ("check", "subject", "top", "reason", "summary")}, since=finding.since + timedelta(hours=hours)
        )
        assert not await rollback_release.propose([late], estate, soon)


async def test_an_older_revision_that_fails_too_is_passed_over(
    cluster: BareCluster, estate: Estate, rollout: Subject, soon: datetime, finds: Finds
):
    finding = crashing(cluster, finds, rollout)
    replica_set(cluster, 1, GOOD, replicas=1, available=0)
    assert not await rollback_release.propose([finding], estate, soon)


async def test_a_crash_of_an_older_revision_is_not_the_releases_fault(
    cluster: BareCluster, estate: Estate, rollout: Subject, soon: datetime, finds: Finds
):
    assert not await rollback_release.propose([crashing(cluster, finds, rollout, revision=1)], estate, soon)


async def test_a_release_that_is_well_is_left_alone(cluster: BareCluster, estate: Estate, rollout: Subject, soon: datetime, finds: Finds):
    replica_set(cluster, 2, BAD, replicas=2, available=2)
    own = finds("deployment_not_progressing", rollout, reason="Unavailable")
    assert not await rollback_release.propose([own], estate, soon)


def asking_for(key: str, template: dict[str, Any]) -> dict[str, Any]:
    """The template with one environment variable from `api-config`."""
    env = [{"name": "MODE", "valueFrom": {"configMapKeyRef": {"name": "api-config", "key": key}}}]
    (container,) = template["spec"]["containers"]
    return {"spec": {"containers": [{**container, "env": env}]}}


@pytest.mark.parametrize(("older", "newer", "fits"), [("mode", "mode", False), (None, "mode", True), ("mode", None, False)])
async def test_a_missing_key_is_no_reason_to_go_back_to_a_revision_that_misses_it_too(
    cluster: BareCluster,
    estate: Estate,
    rollout: Subject,
    soon: datetime,
    finds: Finds,
    older: str | None,
    newer: str | None,
    fits: bool,
):
    live = cluster.get("Deployment", "api")
    assert live is not None
    live["metadata"].pop("resourceVersion")
    template = asking_for(newer, BAD) if newer else BAD
    cluster.put({**live, "spec": {**live["spec"], "template": {"metadata": {"labels": {"app": "api"}}, **template}}})
    replica_set(cluster, 1, asking_for(older, GOOD) if older else GOOD, replicas=1, available=1)
    replica_set(cluster, 2, template, replicas=2, available=0)
    finding = crashing(cluster, finds, rollout, reason="ConfigKeyMissing", depends_on=(CONFIG,))
    assert bool(await rollback_release.propose([finding], estate, soon)) is fits


async def test_it_does_not_fit(cluster: BareCluster, estate: Estate, rollout: Subject, soon: datetime, finds: Finds):
    finding = crashing(cluster, finds, rollout)
    other = Subject(estate="practice", api_version="apps/v1", kind="StatefulSet", namespace="payments", name="db")
    assert not await rollback_release.propose([finds("container_crash", finding.subject, top=other)], estate, soon)
    assert not await rollback_release.propose([finds("pvc_pending", finding.subject, top=rollout)], estate, soon)
    cluster.remove("ReplicaSet", "api-h1")
    assert not await rollback_release.propose([finding], estate, soon)
    cluster.remove("Deployment", "api")
    assert not await rollback_release.propose([finding], estate, soon)


async def test_a_restart_is_no_release_to_take_back(cluster: BareCluster, estate: Estate, rollout: Subject, soon: datetime, finds: Finds):
    """Revision 2 is revision 1 with the annotation of `kubectl rollout restart`: going back would run the same program."""
    live = cluster.get("Deployment", "api")
    assert live is not None
    live["metadata"].pop("resourceVersion")
    restarted = {"metadata": {"annotations": {"kubectl.kubernetes.io/restartedAt": "2026-03-01T03:01:00Z"}}, **GOOD}
    cluster.put(
        {**live, "spec": {**live["spec"], "template": {**restarted, "metadata": {**restarted["metadata"], "labels": {"app": "api"}}}}}
    )
    replica_set(cluster, 1, GOOD, replicas=1, available=1)
    replica_set(cluster, 2, restarted, replicas=2, available=0)
    assert not await rollback_release.propose([crashing(cluster, finds, rollout)], estate, soon)
