"""An application is synced by itself again, with the settings that were given."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from stead.actions.argo_resume import argo_resume
from stead.actions.argo_suspend import argo_suspend
from stead.domain.action import Action
from stead.ports import Estate
from stead.testing.bare_cluster import BareCluster
from stead.testing.workloads import application

Decide = Callable[..., Action]


def automated(cluster: BareCluster) -> Any:
    live = cluster.get("Application", "web")
    assert live is not None
    return live["spec"].get("syncPolicy", {}).get("automated")


async def test_it_changes_and_can_be_taken_back(cluster: BareCluster, estate: Estate, decide: Decide):
    action = decide("argo_resume", application(cluster, None), prune=True)
    assert await argo_resume.preflight(action, estate) == ""
    applied = await argo_resume.apply(action, estate, estate.hands())
    assert automated(cluster) == {"prune": True, "selfHeal": False}
    assert await argo_resume.landed(action, estate)
    assert applied.undo is not None
    assert applied.undo.parameters == {}
    undo = replace(action, id="41.1.1.1.undo.1", request=applied.undo)
    assert await argo_suspend.preflight(undo, estate) == ""
    await argo_suspend.apply(undo, estate, estate.hands())
    assert automated(cluster) is None


async def test_what_is_so_already_is_left_alone(cluster: BareCluster, estate: Estate, decide: Decide):
    action = decide("argo_resume", application(cluster, {"syncPolicy": {"automated": {}}}))
    assert await argo_resume.preflight(action, estate) == "it is synced by itself already"
