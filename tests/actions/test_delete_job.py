"""A Job that has ended goes with its pods; one that runs stays."""

from collections.abc import Callable

import pytest

from stead.actions.delete_job import delete_job
from stead.domain.action import Action
from stead.domain.errors import ConflictError
from stead.ports import Estate
from stead.testing.bare_cluster import BareCluster
from stead.testing.workloads import job

Decide = Callable[..., Action]


@pytest.mark.parametrize("ended", ["Failed", "Complete"])
async def test_it_goes(cluster: BareCluster, estate: Estate, decide: Decide, ended: str):
    action = decide("delete_job", job(cluster, ended=ended))
    assert await delete_job.preflight(action, estate) == ""
    assert not await delete_job.landed(action, estate)
    await delete_job.apply(action, estate, estate.hands())
    assert cluster.get("Job", "migrate") is None
    assert await delete_job.landed(action, estate)


async def test_one_that_runs_stays(cluster: BareCluster, estate: Estate, decide: Decide):
    action = decide("delete_job", job(cluster, ended="", active=1))
    assert await delete_job.preflight(action, estate) == "it still runs"
    with pytest.raises(ConflictError):
        await delete_job.apply(action, estate, estate.hands())
    assert cluster.get("Job", "migrate") is not None
