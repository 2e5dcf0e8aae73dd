"""A Job that gave up."""

from __future__ import annotations

from datetime import datetime

from stead.checks.kubernetes.common import condition, condition_seen, is_true
from stead.checks.kubernetes.workloads import is_deleted
from stead.declare import check
from stead.domain.finding import Finding
from stead.estate.kubernetes.slices import Job, Pod
from stead.estate.kubernetes.view import View, controller_of


@check(watches=[Job, Pod])
def job_failed(job: Job, view: View, now: datetime) -> Finding | None:  # noqa: ARG001 - a failed Job stays failed
    """A Job has failed for good (condition Failed or FailureTarget). One that its CronJob has since run again with success is history."""
    conditions = job.status.conditions
    failed = next((c for c in (condition(conditions, "Failed"), condition(conditions, "FailureTarget")) if c and c.status == "True"), None)
    if failed is None or is_deleted(job) or job.spec.suspend or _succeeded_later(job, view):
        return None
    top = view.top(job)
    return view.finding(
        job,
        reason="JobFailed",
        summary=f"job {job.metadata.namespace}/{job.metadata.name} failed" + (f" ({failed.reason})" if failed.reason else ""),
        evidence=condition_seen(job, failed),
        depends_on=[view.subject(job), *([top] if top is not None else [])],
        since=failed.last_transition_time or job.status.start_time,
    )


def _succeeded_later(job: Job, view: View) -> bool:
    owner = controller_of(job)
    if owner is None:
        return False
    siblings = view.owned_by(Job, job.metadata.namespace, owner.kind, owner.name)
    return any(is_true(other.status.conditions, "Complete") and _started(other) > _started(job) for other in siblings)


def _started(job: Job) -> float:
    """Seconds since the epoch; 0 where nothing is known."""
    when = job.metadata.creation_timestamp or job.status.start_time
    return when.timestamp() if when is not None else 0.0
