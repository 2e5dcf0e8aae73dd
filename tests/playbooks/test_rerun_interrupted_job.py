"""A Job whose pods were taken away runs again; one whose program failed does not."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from stead.domain.finding import Finding
from stead.playbooks.rerun_interrupted_job import rerun_interrupted_job
from stead.ports import Estate
from stead.testing.bare_cluster import BareCluster
from stead.testing.workloads import job, pod

Finds = Callable[..., Finding]


def ended(cluster: BareCluster, name: str, status: dict[str, Any]) -> None:
    pod(cluster, name, of=("Job", "migrate"))
    cluster.change("Pod", name, lambda live: live.update(status={"phase": "Failed", **status}))


TAKEN = {"conditions": [{"type": "DisruptionTarget", "status": "True", "reason": "TerminationByKubelet"}]}


@pytest.mark.parametrize("status", [{"reason": "Evicted"}, {"reason": "NodeLost"}, TAKEN])
async def test_it_fits(cluster: BareCluster, estate: Estate, soon: datetime, finds: Finds, status: dict[str, Any]):
    subject = job(cluster)
    ended(cluster, "migrate-a", status)
    (request,) = await rerun_interrupted_job.propose([finds("job_failed", subject, reason="JobFailed")], estate, soon)
    assert (request.verb, request.subject, request.guess) == ("rerun_job", subject, False)


async def test_it_does_not_fit(cluster: BareCluster, estate: Estate, soon: datetime, finds: Finds):
    finding = finds("job_failed", job(cluster), reason="JobFailed")
    assert not await rerun_interrupted_job.propose([finding], estate, soon), "nobody knows how its pods ended"
    ended(cluster, "migrate-a", {"reason": "Evicted"})
    ended(cluster, "migrate-b", {"reason": "Error"})
    assert not await rerun_interrupted_job.propose([finding], estate, soon), "one of them failed by itself"
    cluster.remove("Job", "migrate")
    assert not await rerun_interrupted_job.propose([finding], estate, soon)
