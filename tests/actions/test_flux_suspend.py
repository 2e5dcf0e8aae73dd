"""One of Flux' objects is suspended, and its undo resumes it."""

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
    action = decide("flux_suspend", helm_release(cluster, suspend=False))
    assert await flux_suspend.preflight(action, estate) == ""
    applied = await flux_suspend.apply(action, estate, estate.hands())
    assert suspended(cluster) is True
    assert await flux_suspend.landed(action, estate)
    assert applied.undo is not None
    assert applied.undo.command == "flux resume helmrelease web -n payments"
    undo = replace(action, id="41.1.1.1.undo.1", request=applied.undo)
    assert await flux_resume.preflight(undo, estate) == ""
    await flux_resume.apply(undo, estate, estate.hands())
    assert suspended(cluster) is False


async def test_what_is_so_already_and_what_is_not_flux_own_is_left_alone(cluster: BareCluster, estate: Estate, decide: Decide):
    assert await flux_suspend.preflight(decide("flux_suspend", helm_release(cluster, suspend=True)), estate) == "it is suspended already"
    other = custom(cluster, "kustomize.config.example.com", "v1", "Kustomization", "kustomizations", {})
    assert "none of Flux' own" in await flux_suspend.preflight(decide("flux_suspend", other), estate)
