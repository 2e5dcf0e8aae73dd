"""More work than a host can do."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stead.checks.host.load import load, parse_load, stalled_percent
from stead.domain.errors import BlindError

NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)


def host(quarter: float, pressure: str = "") -> dict[str, str]:
    return {"cat /proc/loadavg": f"9.00 9.00 {quarter:.2f} 3/456 789\n", "getconf": "4\n", "cat /proc/pressure/io": pressure}


@pytest.mark.parametrize(("quarter", "reasons"), [(0.1, []), (16.0, []), (16.01, ["Overloaded"]), (400.0, ["Overloaded"])])
async def test_four_tasks_a_processor_are_too_many(says: Any, quarter: float, reasons: list[str]) -> None:
    assert [finding.reason for finding in await load.run(says(host(quarter)), "nas", NOW)] == reasons


async def test_a_disk_that_holds_everything_up(says: Any) -> None:
    pressure = "some avg10=1.00 avg60=1.00 avg300=90.00 total=1\nfull avg10=1.00 avg60=1.00 avg300=51.00 total=1\n"
    (found,) = await load.run(says(host(1.0, pressure)), "nas", NOW)
    assert found.reason == "StalledOnDisk"


async def test_where_there_is_no_proc_there_is_nothing_to_say_and_nonsense_is_blind(says: Any) -> None:
    assert await load.run(says({}), "nas", NOW) == ()
    with pytest.raises(BlindError):
        await load.run(says({"cat /proc/loadavg": "9.00 9.0"}), "nas", NOW)


@given(st.text())
def test_no_text_breaks_the_parsers(text: str) -> None:
    parse_load(text)
    assert 0 <= stalled_percent(text) <= 100
