"""Flux is asked to reconcile an object once; a HelmRelease that has given up is tried anew."""

from collections.abc import Callable

from stead.actions.flux_sync import flux_sync
from stead.domain.action import Action
from stead.ports import Estate
from stead.testing.bare_cluster import BareCluster
from stead.testing.workloads import custom, helm_release

Decide = Callable[..., Action]


async def test_a_release_that_gave_up_is_tried_anew(cluster: BareCluster, estate: Estate, decide: Decide):
    action = decide("flux_sync", helm_release(cluster))
    assert await flux_sync.preflight(action, estate) == ""
    await flux_sync.apply(action, estate, estate.hands())
    live = cluster.get("HelmRelease", "web")
    assert live is not None
    asked = {"reconcile.fluxcd.io/requestedAt": action.id, "reconcile.fluxcd.io/resetAt": action.id}
    assert live["metadata"]["annotations"] == {**asked, "stead/action": action.id}
    assert live["spec"] == {"suspend": False}
    assert await flux_sync.landed(action, estate)


async def test_a_source_is_only_asked(cluster: BareCluster, estate: Estate, decide: Decide):
    subject = custom(cluster, "source.toolkit.fluxcd.io", "v1", "GitRepository", "gitrepositories", {})
    action = decide("flux_sync", subject)
    await flux_sync.apply(action, estate, estate.hands())
    live = cluster.get("GitRepository", "web")
    assert live is not None
    assert "reconcile.fluxcd.io/resetAt" not in live["metadata"]["annotations"]
    assert flux_sync.command is not None
    assert flux_sync.command(subject, {}) == "flux reconcile source git web -n payments"


async def test_what_is_suspended_stays_so(cluster: BareCluster, estate: Estate, decide: Decide):
    assert await flux_sync.preflight(decide("flux_sync", helm_release(cluster, suspend=True)), estate) == "it is suspended"
