"""A suspended object of Flux is reconciled again, and its undo suspends it."""

from collections.abc import Callable
from dataclasses import replace

from stead.actions.flux_resume import flux_resume
from stead.actions.flux_suspend import flux_suspend
from stead.domain.action import Action
from stead.ports import Estate
from stead.testing.bare_cluster import BareCluster
from stead.testing.workloads import custom, helm_release

Decide = Callable[..., Action]


def suspended(cluster: BareCluster) -> bool:
    live = cluster.get("HelmRelease", "web")
    assert live is not None
    return live["spec"]["suspend"]


async def test_it_changes_and_can_be_taken_back(cluster: BareCluster, estate: Estate, decide: Decide):
    action = decide("flux_resume", helm_release(cluster, suspend=True))
    assert await flux_resume.preflight(action, estate) == ""
    applied = await flux_resume.apply(action, estate, estate.hands())
    assert suspended(cluster) is False
    assert await flux_resume.landed(action, estate)
    assert applied.undo is not None
    assert applied.undo.command == "flux suspend helmrelease web -n payments"
    undo = replace(action, id="41.1.1.1.undo.1", request=applied.undo)
    assert await flux_suspend.preflight(undo, estate) == ""
    await flux_suspend.apply(undo, estate, estate.hands())
    assert suspended(cluster) is True


async def test_what_is_so_already_and_what_is_not_flux_own_is_left_alone(cluster: BareCluster, estate: Estate, decide: Decide):
    assert await flux_resume.preflight(decide("flux_resume", helm_release(cluster, suspend=False)), estate) == "it is not suspended"
    other = custom(cluster, "kustomize.config.example.com", "v1", "Kustomization", "kustomizations", {})
    assert "none of Flux' own" in await flux_resume.preflight(decide("flux_resume", other), estate)
