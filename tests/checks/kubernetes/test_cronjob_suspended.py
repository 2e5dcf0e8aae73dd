"""CronJobs that are held and may have been forgotten."""

from __future__ import annotations

import pytest

from stead.checks.kubernetes.cronjob_suspended import cronjob_suspended
from stead.domain.finding import Finding, FindingState, Severity
from stead.testing.checks import judge
from stead.testing.kinds import thing
from stead.testing.objects import NOW, Json, ago


def look(*objects: Json) -> list[Finding]:
    return judge(cronjob_suspended, *objects, now=NOW)


def cron(suspend: bool = True, last: str | None = None, **meta: str) -> Json:
    return thing(
        "CronJob", "backup", {"creationTimestamp": ago(days=30)} | meta, spec={"suspend": suspend}, status={"lastScheduleTime": last}
    )


def test_a_week_is_no_reason_to_ask() -> None:
    assert [f.state for f in look(cron(last=ago(days=2)))] == [FindingState.PROGRESSING]


@pytest.mark.parametrize("objects", [[cron()], [cron(last=ago(days=9))]])
def test_one_that_is_so_is_worth_knowing(objects: list[Json]) -> None:
    (found,) = look(*objects)
    assert (found.state, found.severity, found.class_.value, found.reason) == (FindingState.FIRING, Severity.INFO, "hygiene", "Suspended")


@pytest.mark.parametrize("objects", [[cron(False)], [cron(deletionTimestamp=ago(minutes=1))]])
def test_one_that_is_not_so_is_silence(objects: list[Json]) -> None:
    assert look(*objects) == []
