"""When a heartbeat is expected, by the calendar."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from stead.domain.heartbeat import Heartbeat, Pulse, deadline
from stead.domain.schedule import parse_schedule

EVER = datetime.min.replace(tzinfo=UTC)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("last", "late"),
    [
        ("2026-01-05T02:11", "2026-01-06T02:40"),
        ("2026-01-05T02:09:30", "2026-01-06T02:40"),  # half a minute early is this day's
        ("2026-01-05T02:39", "2026-01-06T02:40"),
        ("2026-03-28T02:11", "2026-03-29T01:40"),  # summer time has begun
    ],
)
def test_a_report_is_missed_when_its_next_time_and_the_grace_have_passed(last: str, late: str) -> None:
    rule = Heartbeat(
        name="b", title="b", every=timedelta(0), grace=timedelta(minutes=30), schedule=parse_schedule("10 3 * * *", "Europe/Berlin")
    )
    assert deadline(rule, Pulse(name="b", since=EVER, last_at=at(last)), EVER) == at(late)
