"""A CronJob that does not run, or whose runs do not succeed."""

from __future__ import annotations

from datetime import datetime, timedelta

from stead.checks.kubernetes.common import after, condition, is_true, kubectl_get
from stead.checks.kubernetes.cron import next_due
from stead.checks.kubernetes.workloads import is_deleted
from stead.declare import check
from stead.domain.evidence import Evidence
from stead.domain.finding import Finding, LookAgain
from stead.estate.kubernetes.slices import CronJob, Job
from stead.estate.kubernetes.view import View

LATE = timedelta(minutes=15)
"""The controller looks every ten seconds; a control plane that is being upgraded is back by then."""

SUMMER = timedelta(hours=1)
"""Where the zone is not named, its clock may have been put back."""

RUNS = 2
"""Times that a run which is still at work may make later ones wait (concurrencyPolicy Forbid) before that is told."""


@check(watches=[CronJob, Job])
def cronjob_failing(cronjob: CronJob, view: View, now: datetime) -> Finding | LookAgain | None:
    """A CronJob's next run is overdue, a run that does not end keeps the later ones waiting, or the last run has not succeeded and its
    Job is no longer there to tell why.

    A suspended one is held on purpose. A failed Job that is still there tells of itself.
    """
    spec, status = cronjob.spec, cronjob.status
    last = status.last_schedule_time
    if is_deleted(cronjob) or spec.suspend:
        return None
    due = next_due(spec.schedule, last or cronjob.metadata.creation_timestamp or now, spec.time_zone)
    if due is None:
        return _last_run(cronjob, view, now)
    overdue, waits = _overdue(cronjob, due), _waits(cronjob, view, due)
    if now >= overdue and not status.active:
        return _finding(cronjob, view, "Missed" if last else "NeverRan", f"should have run at {due:%Y-%m-%d %H:%M} UTC and did not", due)
    held = bool(status.active) and spec.concurrency_policy == "Forbid"
    if held and now >= waits:
        return _finding(cronjob, view, "RunDoesNotEnd", "has a run that does not end, and starts no other meanwhile", last)
    return _last_run(cronjob, view, now) or LookAgain(at=waits if held else overdue)


def _overdue(cronjob: CronJob, due: datetime) -> datetime:
    return after(due, LATE + _summer(cronjob, due) + timedelta(seconds=max(0, cronjob.spec.starting_deadline_seconds or 0)))


def _summer(cronjob: CronJob, due: datetime) -> timedelta:
    """What a change of clocks may move: nothing where the zone is named, or every hour is the same."""
    last = cronjob.status.last_schedule_time
    return timedelta(0) if cronjob.spec.time_zone or (last is not None and due <= after(last, SUMMER)) else SUMMER


def _waits(cronjob: CronJob, view: View, due: datetime) -> datetime:
    """When the later runs have waited too long for one that does not end: reckoned from its start, where its Job was read."""
    began = [job.status.start_time for job in view.owned(Job, cronjob) if job.status.active and job.status.start_time is not None]
    if began:
        first = next_due(cronjob.spec.schedule, min(began).replace(second=0, microsecond=0), cronjob.spec.time_zone)
        due = min(due, first or due)
    last_of = due
    for _ in range(RUNS - 1):
        last_of = next_due(cronjob.spec.schedule, last_of, cronjob.spec.time_zone) or last_of
    return max(after(due, LATE), after(last_of, _summer(cronjob, due)))


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
