"""A CronJob that is held and may have been forgotten."""

from __future__ import annotations

from datetime import datetime, timedelta

from stead.checks.kubernetes.common import unless_by
from stead.checks.kubernetes.hygiene import opinion
from stead.checks.kubernetes.workloads import is_deleted
from stead.declare import check
from stead.domain.finding import Finding, FindingClass, Progressing
from stead.estate.kubernetes.slices import CronJob
from stead.estate.kubernetes.view import View

WAIT = timedelta(days=7)


@check(watches=[CronJob], class_=FindingClass.HYGIENE)
def cronjob_suspended(cronjob: CronJob, view: View, now: datetime) -> Finding | Progressing | None:
    """A CronJob is suspended and has not run for a week: is it still needed?"""
    if is_deleted(cronjob) or not cronjob.spec.suspend:
        return None
    last = cronjob.status.last_schedule_time or cronjob.metadata.creation_timestamp
    return unless_by(opinion(cronjob, view, "Suspended", "is suspended", ("suspend", "true", ".spec.suspend")), last, WAIT, now)
