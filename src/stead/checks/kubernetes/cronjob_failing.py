"""A CronJob that does not run, or whose runs do not succeed."""

from __future__ import annotations

from datetime import datetime, timedelta

from stead.checks.kubernetes.common import after, condition, is_true, kubectl_get
from stead.checks.kubernetes.cron import next_due
from stead.checks.kubernetes.workloads import is_deleted
from stead.declare import check
from stead.domain.evidence import Evidence
from stead.domain.finding import Finding, Progressing
from stead.estate.kubernetes.slices import CronJob, Job
from stead.estate.kubernetes.view import View

LATE = timedelta(minutes=15)
"""The controller looks every ten seconds; a control plane that is being upgraded is back by then."""

SUMMER = timedelta(hours=1)
"""Where the zone is not named, its clock may have been put back."""

RUNS = 2
"""Times that a run which is still at work may make later ones wait (concurrencyPolicy Forbid) before that is told."""


@check(watches=[CronJob, Job])
def cronjob_failing(cronjob: CronJob, view: View, now: datetime) -> Finding | Progressing | None:
    """A CronJob's next run is overdue, a run that does not end keeps the later ones waiting, or the last run has not succeeded and its
    Job is no longer there to tell why.

    A suspended one is held on purpose. A failed Job that is still there tells of itself.
    """
    spec, status = cronjob.spec, cronjob.status
    if is_deleted(cronjob) or spec.suspend:
        return None
    last = status.last_schedule_time
    due = next_due(spec.schedule, last or cronjob.metadata.creation_timestamp or now, spec.time_zone)
    if due is not None:
        overdue = after(
            due, LATE + (timedelta(0) if spec.time_zone else SUMMER) + timedelta(seconds=max(0, spec.starting_deadline_seconds or 0))
        )
        if now >= overdue and not status.active:
            what = f"should have run at {due:%Y-%m-%d %H:%M} UTC and did not"
            return _finding(cronjob, view, "Missed" if last else "NeverRan", what, due)
        if status.active and spec.concurrency_policy == "Forbid" and _waits_long(cronjob, due, now):
            return _finding(cronjob, view, "RunDoesNotEnd", "has a run that does not end, and starts no other meanwhile", last)
    return _last_run(cronjob, view, now)


def _waits_long(cronjob: CronJob, due: datetime, now: datetime) -> bool:
    for _ in range(RUNS):
        following = next_due(cronjob.spec.schedule, due, cronjob.spec.time_zone)
        if following is None:
            return False
        due = following
    return now >= after(due, LATE + SUMMER)


def _last_run(cronjob: CronJob, view: View, now: datetime) -> Finding | None:
    status = cronjob.status
    last, well = status.last_schedule_time, status.last_successful_time
    if last is None or status.active or (well is not None and well >= last) or now < after(last, LATE) or not view.knows(Job):
        return None
    jobs = view.owned(Job, cronjob)
    if any(_tells(job, last) for job in jobs) or (well is None and any(is_true(job.status.conditions, "Complete") for job in jobs)):
        return None  # before Kubernetes 1.21 a CronJob did not say when it last succeeded
    what = f"ran last at {last:%Y-%m-%d %H:%M} UTC and did not succeed" + ("" if well else "; it never has")
    return _finding(cronjob, view, "LastRunFailed", what, last)


def _tells(job: Job, last: datetime) -> bool:
    """Whether a Job speaks for itself: it has failed, is at work, or has just succeeded and the CronJob has not heard of it."""
    failed = condition(job.status.conditions, "Failed") or condition(job.status.conditions, "FailureTarget")
    made = job.metadata.creation_timestamp
    return (failed is not None and failed.status == "True") or job.status.active > 0 or made is None or made >= last


def _finding(cronjob: CronJob, view: View, reason: str, what: str, since: datetime | None) -> Finding:
    meta, spec, status = cronjob.metadata, cronjob.spec, cronjob.status
    schedule = spec.schedule + (f" ({spec.time_zone})" if spec.time_zone else "")
    well = status.last_successful_time.isoformat() if status.last_successful_time else "never"
    return view.finding(
        cronjob,
        reason=reason,
        summary=f"cronjob {meta.namespace}/{meta.name} {what}",
        evidence=(
            Evidence(what="schedule", value=schedule, command=kubectl_get(cronjob, ".spec.schedule")),
            Evidence(what="last success", value=well, command=kubectl_get(cronjob, ".status")),
        ),
        depends_on=[view.subject(job) for job in view.owned(Job, cronjob)],
        since=since,
    )
