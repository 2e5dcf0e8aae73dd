"""Flux as a model reads it from its objects: what is ready, from which revision, and what another hand has changed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.tools.conftest import Cluster, deployment, look

from stead.clocks import SteppedClock
from stead.testing.bare_cluster import BareCluster
from stead.tools.flux import flux

REVISION = "main@sha1:4f2a9c1d"


def ready(status: str = "True", reason: str = "ReconciliationSucceeded", message: str = "Applied revision") -> list[dict[str, Any]]:
    return [{"type": "Ready", "status": status, "reason": reason, "message": message}]


def kustomization(name: str = "apps", conditions: list[dict[str, Any]] | None = None, **status: Any) -> dict[str, Any]:
    return {
        "apiVersion": "kustomize.toolkit.fluxcd.io/v1",
        "kind": "Kustomization",
        "metadata": {"name": name, "namespace": "flux-system"},
        "spec": {"path": "./apps", "prune": True, "sourceRef": {"kind": "GitRepository", "name": "infra"}},
        "status": {"conditions": conditions or ready(), "lastAppliedRevision": REVISION, **status},
    }


def repository(conditions: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    return {
        "apiVersion": "source.toolkit.fluxcd.io/v1",
        "kind": "GitRepository",
        "metadata": {"name": "infra", "namespace": "flux-system"},
        "spec": {"url": "https://git.example.com/infra.git"},
        "status": {"conditions": conditions or ready(), "artifact": {"revision": "main@sha1:99999999"}},
    }


async def test_everything_of_it_with_whether_it_is_ready(cluster: Cluster) -> None:
    failed = ready("False", "BuildFailed", "kustomize build failed:\n  no such file")
    suspended = {**kustomization("frozen"), "spec": {"suspend": True}}
    cluster.put(repository(), kustomization(), kustomization("broken", failed), suspended)
    every = await look(cluster.estate, flux, "flux_list")
    assert [row.split()[:3] for row in every.text.splitlines()[1:]] == [
        ["Kustomization", "flux-system", "apps"],
        ["Kustomization", "flux-system", "broken"],
        ["Kustomization", "flux-system", "frozen"],
        ["GitRepository", "flux-system", "infra"],
    ]
    bad = await look(cluster.estate, flux, "flux_list", troubled=True)
    assert "kustomize build failed: no such file" in bad.text and "True (suspended)" in bad.text and "apps" not in bad.text
    assert bad.tainted and bad.command == "flux get all -A"


async def test_one_tells_its_conditions_and_its_source(cluster: Cluster) -> None:
    cluster.put(repository(ready("False", "GitOperationFailed", "authentication required")), kustomization())
    seen = await look(cluster.estate, flux, "flux_get", kind="kustomization", namespace="flux-system", name="apps")
    assert "Ready True ReconciliationSucceeded: Applied revision" in seen.text and REVISION in seen.text
    assert "False GitOperationFailed: authentication required" in seen.text and "main@sha1:99999999" in seen.text


async def test_a_source_that_is_not_there_is_told(cluster: Cluster) -> None:
    cluster.put(kustomization())
    seen = await look(cluster.estate, flux, "flux_get", kind="Kustomization", namespace="flux-system", name="apps")
    assert "there is no GitRepository flux-system/infra" in seen.text


async def test_what_another_hand_changed_is_told_and_by_whom(cluster: Cluster) -> None:
    path = "/apis/apps/v1/namespaces/payments/deployments/api"
    await cluster.apply_as("kustomize-controller", path, deployment())
    await cluster.apply_as(
        "kubectl-edit", path, {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "api"}, "spec": {"replicas": 7}}
    )
    entries = [
        {"id": "payments_api_apps_Deployment", "v": "v1"},
        {"id": "payments_gone_apps_Deployment", "v": "v1"},
        {"id": "payments_k__Secret"},
    ]
    cluster.put(kustomization(inventory={"entries": entries}, lastAttemptedRevision="main@sha1:bad"))
    seen = await look(cluster.estate, flux, "flux_diff", kind="Kustomization", namespace="flux-system", name="apps")
    assert "kubectl-edit wrote spec.replicas" in seen.text
    assert "Deployment payments/gone: was made and is not live any more" in seen.text
    assert f"revision main@sha1:bad was tried and is not applied; live is {REVISION}" in seen.text


async def test_where_nobody_touched_anything_it_says_so(cluster: Cluster) -> None:
    await cluster.apply_as("kustomize-controller", "/apis/apps/v1/namespaces/payments/deployments/api", deployment())
    await cluster.practice.settle()
    cluster.put(kustomization(inventory={"entries": [{"id": "payments_api_apps_Deployment", "v": "v1"}]}))
    seen = await look(cluster.estate, flux, "flux_diff", kind="Kustomization", namespace="flux-system", name="apps")
    assert seen.text.splitlines()[1:] == ["no drift in 1 of 1 objects"]


async def test_releases_of_a_chart(cluster: Cluster) -> None:
    past = [
        {"version": 4, "status": "failed", "chartName": "podinfo", "chartVersion": "6.5.0", "lastDeployed": "2026-01-05T08:00:00Z"},
        {"version": 3, "status": "superseded", "chartName": "podinfo", "chartVersion": "6.4.0", "lastDeployed": "2026-01-01T08:00:00Z"},
    ]
    release = {**kustomization("podinfo", history=past), "apiVersion": "helm.toolkit.fluxcd.io/v2", "kind": "HelmRelease"}
    cluster.put(release)
    rows = (await look(cluster.estate, flux, "flux_history", kind="HelmRelease", namespace="flux-system", name="podinfo")).text.splitlines()
    assert rows[1].split() == ["4", "failed", "podinfo", "6.5.0", "2026-01-05T08:00:00Z"]


async def test_a_kind_that_is_none_of_its_own_is_refused(cluster: Cluster) -> None:
    seen = await look(cluster.estate, flux, "flux_get", kind="Secret", namespace="payments", name="db")
    assert seen.failed and "`kind` is one of Kustomization, HelmRelease" in seen.text


async def test_a_cluster_without_it_says_so(tmp_path: Path, clock: SteppedClock) -> None:
    async with BareCluster(tmp_path, clock) as bare:
        seen = await look(bare.estate(), flux, "flux_list")
    assert seen.failed and "has no Flux" in seen.text
