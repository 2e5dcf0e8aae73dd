"""Jobs that gave up."""

from __future__ import annotations

import pytest

from stead.checks.kubernetes.job_failed import job_failed
from stead.testing.checks import judge
from stead.testing.objects import NOW, Json, ago, condition, job

FAILED = [condition("Failed", reason="BackoffLimitExceeded")]
DONE = [condition("Complete")]


def born(one: Json, **ago_: float) -> Json:
    return one | {"metadata": one["metadata"] | {"creationTimestamp": ago(**ago_)}}


@pytest.mark.parametrize("type_", ["Failed", "FailureTarget"])
def test_a_failed_job_is_told(type_: str) -> None:
    (found,) = judge(job_failed, job(conditions=[condition(type_, reason="DeadlineExceeded")]), now=NOW)
    assert (found.reason, found.summary) == ("JobFailed", "job payments/import-1 failed (DeadlineExceeded)")


def test_failed_runs_of_one_cron_job_are_one_fault() -> None:
    runs = [born(job(f"import-{n}", cron="import", conditions=FAILED), hours=n) for n in (1, 2)]
    (found,) = judge(job_failed, *runs, now=NOW)
    assert found.instances == ("import-1", "import-2")
    assert found.top is not None
    assert found.top.name == "import"


def test_a_later_success_makes_it_history_and_an_earlier_one_does_not() -> None:
    failed = born(job("import-2", cron="import", conditions=FAILED), hours=2)
    assert judge(job_failed, failed, born(job("import-3", cron="import", conditions=DONE), hours=1), now=NOW) == []
    assert len(judge(job_failed, failed, born(job("import-1", cron="import", conditions=DONE), hours=3), now=NOW)) == 1


@pytest.mark.parametrize(
    "healthy",
    [
        job(active=1),
        job(conditions=DONE),
        job(failed=3, active=1),
        job(conditions=[condition("Suspended")]) | {"spec": {"suspend": True}},
        job(conditions=[condition("Failed", "False")]),
        {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "x", "namespace": "payments"}},
    ],
)
def test_one_that_runs_or_ended_well_is_silence(healthy: Json) -> None:
    assert judge(job_failed, healthy, now=NOW) == []
