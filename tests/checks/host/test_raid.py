"""Software RAID, as /proc/mdstat tells of it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from stead.checks.host.raid import parse_mdstat, raid
from stead.domain.finding import FindingState, Severity

NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)

WELL = """\
Personalities : [raid1] [raid6] [raid5] [raid4]
md0 : active raid1 sdb1[1] sda1[0]
      976630464 blocks super 1.2 [2/2] [UU]
      bitmap: 0/8 pages [0KB], 65536KB chunk

unused devices: <none>
"""
DEGRADED = WELL.replace("sdb1[1] sda1[0]", "sdb1[1](F) sda1[0]").replace("[2/2] [UU]", "[2/1] [U_]")
REBUILDING = WELL.replace("[2/2] [UU]", "[2/1] [U_]\n      [=>....]  recovery =  8.5% (83/976) finish=70.0min speed=1K/sec")
STOPPED = "Personalities :\nmd127 : inactive sdc1[0](S)\n      976 blocks super 1.2\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (WELL, []),
        (DEGRADED, [("ArrayDegraded", Severity.CRITICAL)]),
        (REBUILDING, [("ArrayDegraded", Severity.WARNING)]),
        (STOPPED, [("ArrayInactive", Severity.CRITICAL)]),
        ("Personalities :\nunused devices: <none>\n", []),
    ],
)
async def test_each_state(says: Any, text: str, said: list[Any]) -> None:
    assert [(f.reason, f.severity) for f in await raid.run(says({"cat /proc/mdstat": text}), "nas", NOW)] == said


async def test_a_rebuild_is_told_with_its_progress(says: Any) -> None:
    (found,) = await raid.run(says({"cat /proc/mdstat": REBUILDING}), "nas", NOW)
    assert found.summary == "RAID array md0 lacks 1 of its disks, recovery 8.5 %"


async def test_a_file_that_breaks_off_is_blind_and_none_is_silence(says: Any) -> None:
    (found,) = await raid.run(says({"cat /proc/mdstat": WELL[: WELL.index("      976")]}), "nas", NOW)
    assert found.state is FindingState.BLIND
    assert await raid.run(says({}), "nas", NOW) == ()


@given(st.text())
@example(WELL)
def test_no_text_breaks_the_parser(text: str) -> None:
    for given_text, least in ((text, 0), (f"md0 : {text}", 1)):
        arrays, odd = parse_mdstat(given_text)
        assert len(arrays) + len(odd) >= least, "what begins an array is told, whole or not"
        assert all(found in given_text for found in (*(array.name for array in arrays), *odd))
