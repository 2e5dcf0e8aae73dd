"""Argo CD as a model reads it from Application objects: what is bad, where live differs from what was applied, what was deployed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.tools.conftest import Cluster, deployment, look

from stead.clocks import SteppedClock
from stead.testing.bare_cluster import BareCluster
from stead.tools.argocd import argocd

SHA = "4f2a9c1d" * 5


def application(name: str = "payments", sync: str = "Synced", health: str = "Healthy", **status: Any) -> dict[str, Any]:
    return {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Application",
        "metadata": {"name": name, "namespace": "argocd"},
        "spec": {
            "project": "default",
            "source": {"repoURL": "https://git.example.com/infra.git", "path": f"apps/{name}", "targetRevision": "main"},
            "destination": {"server": "https://kubernetes.default.svc", "namespace": "payments"},
        },
        "status": {"sync": {"status": sync, "revision": SHA}, "health": {"status": health}, **status},
    }


def resource(name: str = "api", status: str = "OutOfSync", **more: Any) -> dict[str, Any]:
    return {"group": "apps", "version": "v1", "kind": "Deployment", "namespace": "payments", "name": name, "status": status, **more}


async def test_applications_with_their_state(cluster: Cluster) -> None:
    cluster.put(application(), application("shop", "OutOfSync", "Degraded", operationState={"phase": "Failed"}))
    every = await look(cluster.estate, argocd, "argocd_list")
    assert [row.split()[1] for row in every.text.splitlines()] == ["NAME", "payments", "shop"]
    bad = await look(cluster.estate, argocd, "argocd_list", troubled=True)
    assert bad.text.splitlines()[1].split() == ["argocd", "shop", "default", "OutOfSync", "Degraded", SHA[:12], "Failed"]
    assert len(bad.text.splitlines()) == 2 and bad.command == "kubectl get applications.argoproj.io -A"


async def test_one_application_tells_what_is_wrong_in_it(cluster: Cluster) -> None:
    health = {"status": "Degraded", "message": "exceeded its progress deadline"}
    failed = {**resource(), "status": "SyncFailed", "message": "field is immutable"}
    cluster.put(
        application(
            "payments",
            "OutOfSync",
            "Degraded",
            resources=[resource(health=health), resource("web", "Synced", health={"status": "Healthy"})],
            conditions=[{"type": "ComparisonError", "message": "cannot render apps/payments"}],
            operationState={"phase": "Failed", "message": "one or more objects failed", "syncResult": {"resources": [failed]}},
        )
    )
    seen = await look(cluster.estate, argocd, "argocd_get", name="argocd/payments")
    for told in (
        "1 of 2 resources out of sync or unhealthy",
        "Deployment payments/api: OutOfSync, Degraded exceeded its progress deadline",
        "ComparisonError: cannot render apps/payments",
        "Deployment payments/api: SyncFailed field is immutable",
        "targetRevision: main",
    ):
        assert told in seen.text
    assert "payments/web" not in seen.text and seen.tainted


async def test_a_difference_is_what_somebody_changed_by_hand(cluster: Cluster) -> None:
    applied = deployment("api:1", replicas=3)
    record = {"kubectl.kubernetes.io/last-applied-configuration": json.dumps(applied)}
    live = deployment("api:2", replicas=3, annotations=record)
    live["spec"]["template"]["spec"]["containers"][0]["env"][0]["value"] = "correct-horse"
    cluster.put(live)
    out = [resource(), resource("gone"), resource("old", requiresPruning=True), {**resource("keys"), "kind": "Secret", "group": ""}]
    cluster.put(application("payments", "OutOfSync", resources=out))
    seen = await look(cluster.estate, argocd, "argocd_diff", name="payments")
    assert "image: api:1 → api:2" in seen.text and "DB_PASSWORD" in seen.text
    assert "hunter2secret" not in seen.text and "correct-horse" not in seen.text
    assert "Deployment payments/gone: is in Git and not live" in seen.text
    assert "Deployment payments/old: is live and not in Git any more" in seen.text
    assert "Secret payments/keys: out of sync (a Secret is not read)" in seen.text
    assert "replicas" not in seen.text and "strategy" not in seen.text, "what the API server filled in is no difference"


async def test_what_is_as_it_was_applied_waits_for_git(cluster: Cluster) -> None:
    applied = deployment()
    cluster.put(deployment(annotations={"kubectl.kubernetes.io/last-applied-configuration": json.dumps(applied)}))
    cluster.put(application("payments", "OutOfSync", resources=[resource()]))
    seen = await look(cluster.estate, argocd, "argocd_diff", name="payments")
    assert "live is as it was last applied: Git has moved on since" in seen.text


async def test_what_was_deployed_newest_first(cluster: Cluster) -> None:
    by_hand = {
        "deployedAt": "2026-01-04T09:00:00Z",
        "revision": SHA,
        "initiatedBy": {"username": "ada"},
        "source": {"path": "apps/payments"},
    }
    by_itself = {"deployedAt": "2026-01-05T08:00:00Z", "revisions": ["a1", "b2"], "initiatedBy": {"automated": True}}
    past = [{"id": 1, **by_hand}, {"id": 2, **by_itself, "sources": [{"chart": "x"}]}]
    cluster.put(application(history=past))
    rows = (await look(cluster.estate, argocd, "argocd_history", name="payments")).text.splitlines()
    assert rows[1].split() == ["2", "2026-01-05T08:00:00Z", "a1,b2", "automated", "x"]
    assert rows[2].split() == ["1", "2026-01-04T09:00:00Z", SHA, "ada", "apps/payments"]


async def test_an_unknown_name_is_told_which_there_are(cluster: Cluster) -> None:
    cluster.put(application())
    seen = await look(cluster.estate, argocd, "argocd_get", name="nobody")
    assert seen.failed and "there is no application `nobody`; there are: argocd/payments" in seen.text


async def test_a_cluster_without_it_says_so(tmp_path: Path, clock: SteppedClock) -> None:
    async with BareCluster(tmp_path, clock) as bare:
        seen = await look(bare.estate(), argocd, "argocd_list")
    assert seen.failed and "has no Argo CD" in seen.text
