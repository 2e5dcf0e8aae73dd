"""A sync is asked for once, with the application's own options, and never into another one."""

from collections.abc import Callable
from typing import Any

import pytest

from stead.actions.argo_sync import argo_sync
from stead.domain.action import Action
from stead.domain.errors import ConflictError
from stead.ports import Estate
from stead.testing.bare_cluster import BareCluster
from stead.testing.workloads import application

Decide = Callable[..., Action]


async def test_the_controller_is_asked_with_the_applications_own_options(cluster: BareCluster, estate: Estate, decide: Decide):
    policy = {"syncPolicy": {"automated": {"prune": True}, "syncOptions": ["ServerSideApply=true"], "retry": {"limit": 2}}}
    action = decide("argo_sync", application(cluster, policy, status={"sync": {"status": "OutOfSync"}}))
    assert await argo_sync.preflight(action, estate) == ""
    await argo_sync.apply(action, estate, estate.hands())
    live = cluster.get("Application", "web")
    assert live is not None
    operation = live["operation"]
    assert operation["sync"] == {"prune": True, "syncOptions": ["ServerSideApply=true"], "revision": "main"}
    assert operation["retry"] == {"limit": 2}
    assert operation["info"] == [{"name": "action", "value": "41.1.1.1"}]
    assert await argo_sync.landed(action, estate)


async def test_what_the_source_no_longer_has_stays_where_nobody_prunes(cluster: BareCluster, estate: Estate, decide: Decide):
    await argo_sync.apply(decide("argo_sync", application(cluster)), estate, estate.hands())
    live = cluster.get("Application", "web")
    assert live is not None
    assert live["operation"]["sync"]["prune"] is False


@pytest.mark.parametrize(
    ("parts", "why"),
    [
        ({"operation": {"sync": {}}}, "under way"),
        ({"status": {"operationState": {"phase": "Running"}}}, "under way"),
        ({"status": {"sync": {"status": "Unknown"}}}, "cannot be compared"),
    ],
)
async def test_it_waits_for_nobody_else(cluster: BareCluster, estate: Estate, decide: Decide, parts: dict[str, Any], why: str):
    action = decide("argo_sync", application(cluster, **parts))
    assert why in await argo_sync.preflight(action, estate)
    with pytest.raises(ConflictError, match=why):
        await argo_sync.apply(action, estate, estate.hands())


async def test_a_controller_that_writes_its_status_does_not_stop_it(cluster: BareCluster, estate: Estate, decide: Decide):
    action = decide("argo_sync", application(cluster, metadata={"generation": 4711}))
    application_again = application(cluster, metadata={"generation": 4712, "uid": action.request.precondition.uid})
    assert application_again.uid == action.request.precondition.uid
    assert await argo_sync.preflight(action, estate) == ""
