"""A suspended CronJob runs again, and its undo suspends it."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from stead.actions.resume_cronjob import resume_cronjob
from stead.actions.suspend_cronjob import suspend_cronjob
from stead.domain.action import Action
from stead.domain.errors import ConflictError
from stead.domain.subject import Subject
from stead.ports import Estate
from stead.testing.bare_cluster import BareCluster
from stead.testing.workloads import cronjob

Decide = Callable[..., Action]


@pytest.fixture
def nightly(cluster: BareCluster) -> Subject:
    return cronjob(cluster, suspend=True)


def suspended(cluster: BareCluster) -> bool:
    live = cluster.get("CronJob", "nightly")
    assert live is not None
    return live["spec"]["suspend"]


async def test_it_changes_and_can_be_taken_back(cluster: BareCluster, estate: Estate, nightly: Subject, decide: Decide):
    action = decide("resume_cronjob", nightly)
    assert await resume_cronjob.preflight(action, estate) == ""
    assert resume_cronjob.rehearse is not None
    assert await resume_cronjob.rehearse(action, estate, estate.hands()) == ("spec.suspend: true → false",)
    assert suspended(cluster) is True
    applied = await resume_cronjob.apply(action, estate, estate.hands())
    assert suspended(cluster) is False
    assert await resume_cronjob.landed(action, estate)
    assert applied.undo is not None
    assert applied.undo.verb == "suspend_cronjob"
    undo = replace(action, id="41.1.1.1.undo.1", request=applied.undo)
    assert await suspend_cronjob.preflight(undo, estate) == ""
    await suspend_cronjob.apply(undo, estate, estate.hands())
    assert suspended(cluster) is True


async def test_what_is_so_already_or_was_changed_is_left_alone(cluster: BareCluster, estate: Estate, decide: Decide):
    there = cronjob(cluster, suspend=False)
    assert await resume_cronjob.preflight(decide("resume_cronjob", there), estate) == "it is not suspended"
    action = decide("resume_cronjob", cronjob(cluster, suspend=True))
    moved = replace(action, request=replace(action.request, precondition=replace(action.request.precondition, generation=7)))
    with pytest.raises(ConflictError, match="has changed"):
        await resume_cronjob.apply(moved, estate, estate.hands())
    assert suspended(cluster) is True
