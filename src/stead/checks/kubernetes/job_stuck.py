"""A Job that gets nowhere, though nobody has called it failed yet."""

from __future__ import annotations

from datetime import datetime, timedelta

from stead.checks.kubernetes.common import SETTLE, after, kubectl_get, latest, unless_by
from stead.checks.kubernetes.pods import judged, started
from stead.checks.kubernetes.refusals import suspects
from stead.checks.kubernetes.workloads import is_deleted, job_lacks_pods, job_runs
from stead.declare import check
from stead.domain.evidence import Evidence
from stead.domain.finding import Finding, Progressing
from stead.estate.kubernetes.slices import Job, Pod, PodSpec
from stead.estate.kubernetes.view import View

FAILURES = 3
"""Pods that failed, and none that succeeded, from which a Job that still tries is told: the fourth try will hardly do better."""


HISTORY = timedelta(hours=1)
"""How long a pod must be at work until those that failed before it say nothing any more."""


@check(watches=[Job, Pod])
def job_stuck(job: Job, view: View, now: datetime) -> Finding | Progressing | None:
    """A Job that is meant to run has had no pod for five minutes, or keeps failing: three of its pods or more, and none has succeeded.

    A suspended one, one that another controller manages, and one that has ended are left alone.
    """
    if is_deleted(job) or not job_runs(job):
        return None
    status, meta = job.status, job.metadata
    if job_lacks_pods(job):
        finding = _finding(job, view, "NoPods", "has no pod: none could be created")
        return unless_by(finding, latest(status.start_time, meta.creation_timestamp), SETTLE, now)
    if status.failed >= FAILURES and status.succeeded == 0 and not _holds_out(job, view, now):
        return _finding(job, view, "KeepsFailing", f"keeps failing: {status.failed} of its pods failed, none has succeeded")
    return None


def _holds_out(job: Job, view: View, now: datetime) -> bool:
    """Whether a pod of it is at work long enough for the earlier ones to be history: evicted, perhaps, or preempted."""
    pods = [pod for pod in view.owned(Pod, job) if judged(pod) and pod.status.phase == "Running"]
    return any((began := started(pod)) is not None and now >= after(began, HISTORY) for pod in pods)


def _finding(job: Job, view: View, reason: str, what: str) -> Finding:
    meta, status, top = job.metadata, job.status, view.top(job)
    counted = f"active {status.active}, failed {status.failed}, succeeded {status.succeeded}"
    return view.finding(
        job,
        reason=reason,
        summary=f"job {meta.namespace}/{meta.name} {what}",
        evidence=(Evidence(what="pods", value=counted, command=kubectl_get(job, ".status")),),
        depends_on=(
            view.subject(job),
            *([top] if top is not None else []),
            *(suspects(PodSpec(), meta.namespace, view) if reason == "NoPods" else ()),
        ),
        since=status.start_time or meta.creation_timestamp,
    )
