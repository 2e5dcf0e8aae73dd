"""A failed Job is run once more, once for each action, and proven by its end."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from stead.actions.rerun_job import again_of, rerun_job
from stead.domain.action import Action
from stead.domain.errors import ConflictError
from stead.ports import Estate
from stead.testing.bare_cluster import BareCluster
from stead.testing.workloads import job

Decide = Callable[..., Action]


def end(cluster: BareCluster, name: str, how: str) -> None:
    live = cluster.get("Job", name)
    assert live is not None
    live["metadata"].pop("resourceVersion")
    spec = {key: value for key, value in live["spec"].items() if key != "selector"}
    cluster.put({**live, "spec": spec, "status": {"conditions": [{"type": how, "status": "True"}]}})


async def test_the_same_work_is_done_again(cluster: BareCluster, estate: Estate, decide: Decide):
    action = decide("rerun_job", job(cluster))
    assert await rerun_job.preflight(action, estate) == ""
    assert not await rerun_job.landed(action, estate)
    await rerun_job.apply(action, estate, estate.hands())
    assert cluster.get("Job", "migrate") is None
    name = again_of(action).name
    live = cluster.get("Job", name)
    assert live is not None
    assert live["spec"]["template"]["spec"]["containers"][0]["args"] == ["up"]
    assert live["spec"]["template"]["metadata"]["labels"]["batch.kubernetes.io/job-name"] == name
    assert live["metadata"]["annotations"]["stead/action"] == action.id
    assert await rerun_job.landed(action, estate)


async def test_proof_is_that_it_completes(cluster: BareCluster, estate: Estate, decide: Decide):
    action = decide("rerun_job", job(cluster))
    await rerun_job.apply(action, estate, estate.hands())
    proved: Any = rerun_job.proved
    assert await proved(action, estate) == "the new Job has not ended yet"
    end(cluster, again_of(action).name, "Failed")
    assert await proved(action, estate) == "the new Job failed as well"
    end(cluster, again_of(action).name, "Complete")
    assert await proved(action, estate) == ""


async def test_after_a_crash_between_the_two_the_rest_is_done(cluster: BareCluster, estate: Estate, decide: Decide):
    action = decide("rerun_job", job(cluster))
    await rerun_job.apply(action, estate, estate.hands())
    first = cluster.get("Job", again_of(action).name)
    old = job(cluster)
    as_decided = replace(action, request=replace(action.request, precondition=replace(action.request.precondition, uid=old.uid)))
    assert not await rerun_job.landed(as_decided, estate)
    await rerun_job.apply(as_decided, estate, estate.hands())
    assert cluster.get("Job", "migrate") is None
    second = cluster.get("Job", again_of(action).name)
    assert first is not None
    assert second is not None
    assert first["metadata"]["uid"] == second["metadata"]["uid"], "it was not started twice"


async def test_what_speaks_against_it(cluster: BareCluster, estate: Estate, decide: Decide):
    assert await rerun_job.preflight(decide("rerun_job", job(cluster, ended="Complete")), estate) == "it is complete"
    assert await rerun_job.preflight(decide("rerun_job", job(cluster, ended="", active=1)), estate) == "it has not failed"
    assert await rerun_job.preflight(decide("rerun_job", job(cluster, spec={"suspend": True})), estate) == "it is suspended"
    action = decide("rerun_job", job(cluster))
    cluster.remove("Job", "migrate")
    with pytest.raises(ConflictError):
        await rerun_job.apply(action, estate, estate.hands())
    assert cluster.get("Job", again_of(action).name) is None


def test_a_long_name_leaves_room_for_the_end(cluster: BareCluster, decide: Decide):
    action = decide("rerun_job", job(cluster))
    long = replace(action, request=replace(action.request, subject=replace(action.request.subject, name="a" * 63)))
    assert len(again_of(long).name) == 63
