"""CronJobs that do not run, or whose runs do not succeed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from stead.checks.kubernetes.cron import next_due
from stead.checks.kubernetes.cronjob_failing import cronjob_failing
from stead.domain.finding import Finding, FindingState
from stead.estate.kubernetes.decode import convert_object
from stead.estate.kubernetes.runner import Runner
from stead.estate.kubernetes.slices import CronJob, Job
from stead.estate.kubernetes.view import View
from stead.testing.checks import judge
from stead.testing.kinds import thing
from stead.testing.objects import NOW, Json, ago, condition, job, metadata, owner


def cron(
    schedule: str = "0 3 * * *",
    last: str | None = None,
    well: str | None = None,
    active: bool = False,
    meta: Json | None = None,
    **spec: Any,
) -> Json:
    """Made ten days before NOW, which is 09:00 UTC on a Monday."""
    status: Json = {"lastScheduleTime": last, "lastSuccessfulTime": well, "active": [{"kind": "Job", "name": "run"}] if active else None}
    return thing("CronJob", "backup", {"creationTimestamp": ago(days=10)} | (meta or {}), spec={"schedule": schedule} | spec, status=status)


def look(*objects: Json) -> list[Finding]:
    return judge(cronjob_failing, *objects, now=NOW)


HUNG = job("backup-1", "backup", active=1, startTime=ago(minutes=30))
OLD_RUN = metadata("backup-1", ownerReferences=owner("CronJob", "backup", "batch/v1"), creationTimestamp=ago(days=2))
TODAY, YESTERDAY, BEFORE = ago(hours=6), ago(hours=30), ago(hours=54)


@pytest.mark.parametrize(
    ("objects", "reason"),
    [
        ([cron(last=BEFORE, well=BEFORE)], "Missed"),
        ([cron(last=YESTERDAY, well=YESTERDAY, timeZone="Etc/UTC")], "Missed"),
        ([cron("*/10 * * * *", last=ago(hours=3), well=ago(hours=3))], "Missed"),
        ([cron()], "NeverRan"),
        ([cron(last=TODAY, well=YESTERDAY)], "LastRunFailed"),
        ([cron(last=TODAY)], "LastRunFailed"),
        ([cron("*/2 * * * *", last=ago(minutes=18), active=True, concurrencyPolicy="Forbid")], "RunDoesNotEnd"),
        ([cron("*/2 * * * *", last=ago(minutes=1), active=True, concurrencyPolicy="Forbid"), HUNG], "RunDoesNotEnd"),
        ([cron("0 * * * *", last=ago(hours=9), active=True, concurrencyPolicy="Forbid")], "RunDoesNotEnd"),
    ],
)
def test_one_that_does_not_do_its_work_is_told(objects: list[Json], reason: str) -> None:
    assert [(f.state, f.reason) for f in look(*objects)] == [(FindingState.FIRING, reason)]


@pytest.mark.parametrize(
    "objects",
    [
        [cron(last=TODAY, well=TODAY)],
        [cron(last=BEFORE, well=BEFORE, suspend=True)],
        [cron(last=BEFORE, meta={"deletionTimestamp": ago(minutes=1)})],
        [cron(last=TODAY, active=True)],
        [cron(last=TODAY, well=YESTERDAY), job("backup-1", "backup", conditions=[condition("Failed")])],
        [cron(last=TODAY), job("backup-1", "backup", conditions=[condition("Complete")]) | {"metadata": OLD_RUN}],
        [cron("0 9 * * *", last=ago(minutes=0), well=ago(days=1))],
        [cron("not a schedule")],
        [cron("0 0 30 2 *")],
        [cron("0 3 1 * *", last=ago(days=4, hours=6), well=ago(days=4, hours=6))],
        [cron("0 3,4 * * *", last=ago(hours=7), well=ago(hours=7))],
        [cron(meta={"creationTimestamp": ago(hours=2)})],
        [cron("*/2 * * * *", last=ago(minutes=10), active=True, concurrencyPolicy="Forbid")],
        [cron("0 * * * *", last=ago(hours=1), active=True, concurrencyPolicy="Forbid")],
        [cron("@every 30m", last=ago(minutes=10), well=ago(minutes=10))],
    ],
)
def test_one_that_does_its_work_is_held_or_cannot_be_reckoned_is_silence(objects: list[Json]) -> None:
    assert look(*objects) == []


@pytest.mark.parametrize(
    ("schedule", "zone", "due"),
    [
        ("0 3 * * *", "Etc/UTC", datetime(2026, 1, 6, 3, tzinfo=UTC)),
        ("0 3 * * *", "America/New_York", datetime(2026, 1, 6, 8, tzinfo=UTC)),
        ("*/20 9-10 * * mon", "Etc/UTC", datetime(2026, 1, 5, 9, 20, tzinfo=UTC)),
        ("30 8 1,15 * fri", "Etc/UTC", datetime(2026, 1, 9, 8, 30, tzinfo=UTC)),
        ("0 0 29 2 *", "Etc/UTC", datetime(2028, 2, 29, tzinfo=UTC)),
        ("@weekly", "Etc/UTC", datetime(2026, 1, 11, tzinfo=UTC)),
        ("@every 90m", "", NOW + timedelta(minutes=90)),
        ("61 * * * *", "Etc/UTC", None),
        ("0 3 * * *", "Nowhere/Land", None),
    ],
)
def test_when_a_schedule_is_due_next(schedule: str, zone: str, due: datetime | None) -> None:
    assert next_due(schedule, NOW, zone) == due


def test_without_a_zone_the_latest_that_fits_is_believed() -> None:
    """Due at 03:00 and 04:00 of a clock that is not known, last at 02:00 UTC: that may have been the second of the two."""
    last = NOW.replace(hour=2)
    assert next_due("0 3,4 * * *", last, "") == last + timedelta(hours=23)


def test_a_run_that_does_not_come_is_found_though_nothing_changes() -> None:
    """A CronJob that is not run sends no event: the check comes back by itself."""
    view = View("home")
    view.mark_known(CronJob)
    view.mark_known(Job)
    view.put(convert_object(CronJob, cron("*/10 * * * *", last=ago(minutes=5), well=ago(minutes=5))))
    runner = Runner(view, [cronjob_failing])
    runner.full(NOW)
    assert runner.current() == {}
    due = runner.next_due()
    assert due == NOW + timedelta(minutes=20)
    runner.tick(due)
    assert [f.reason for f in runner.current().values()] == ["Missed"]
