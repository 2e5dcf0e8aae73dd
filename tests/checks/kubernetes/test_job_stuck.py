"""Jobs that get nowhere."""

from __future__ import annotations

from typing import Any

import pytest

from stead.checks.kubernetes.job_stuck import job_stuck
from stead.domain.finding import Finding, FindingState
from stead.testing.checks import judge
from stead.testing.objects import NOW, Json, ago, condition, job, owner, pod


def look(*objects: Json) -> list[Finding]:
    return judge(job_stuck, *objects, now=NOW)


def held(**spec: Any) -> Json:
    return job() | {"spec": spec}


@pytest.mark.parametrize(("sick", "reason"), [(job(), "NoPods"), (job(failed=3, active=1), "KeepsFailing")])
def test_one_that_gets_nowhere_is_told(sick: Json, reason: str) -> None:
    assert [(f.state, f.reason) for f in look(sick)] == [(FindingState.FIRING, reason)]


def worker(hours: float, **more: Any) -> Json:
    meta = {"ownerReferences": owner("Job", "import-1", "batch/v1"), "creationTimestamp": ago(hours=hours)}
    return pod("import-1-x", meta=meta, conditions=[condition("PodScheduled", since=ago(hours=hours))], **more)


def test_evicted_ones_are_history_once_another_has_worked_for_an_hour() -> None:
    tried = job(failed=3, active=1)
    assert [f.reason for f in look(tried, worker(0.5))] == ["KeepsFailing"]
    assert [f.reason for f in look(tried, worker(5, phase="Pending"))] == ["KeepsFailing"]
    assert look(tried, worker(5)) == []


def test_a_new_one_is_given_time() -> None:
    assert [f.state for f in look(job(startTime=ago(minutes=1)))] == [FindingState.PROGRESSING]


@pytest.mark.parametrize(
    "healthy",
    [
        job(active=1),
        job(active=1, failed=1),
        job(active=2, failed=5, succeeded=40),
        job(succeeded=1, conditions=[condition("Complete")]),
        job(failed=7, conditions=[condition("Failed")]),
        held(suspend=True),
        held(managedBy="example.com/queue"),
        job(startTime=None),
    ],
)
def test_one_that_works_has_ended_or_is_held_is_silence(healthy: Json) -> None:
    assert look(healthy) == []
