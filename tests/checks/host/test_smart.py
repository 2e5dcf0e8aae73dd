"""Disks, in the words of smartctl."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stead.checks.host.smart import parse_disk, parse_scan, smart
from stead.domain.errors import BlindError
from stead.domain.finding import Severity

NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)

NVME = "nvme_smart_health_information_log"
SCAN = json.dumps({"devices": [{"name": "/dev/sda", "type": "sat"}, {"name": 7}, "x"]})
WELL: dict[str, Any] = {"smart_status": {"passed": True}, "ata_smart_attributes": {"table": [{"id": 5, "raw": {"value": 0}}]}}


def sectors(number: int, count: int) -> dict[str, Any]:
    return {**WELL, "ata_smart_attributes": {"table": [{"id": number, "raw": {"value": count}}]}}


@pytest.mark.parametrize(
    ("disk", "reason"),
    [
        (WELL, None),
        ({**WELL, "smart_status": {"passed": False}}, "DiskFailing"),
        (sectors(5, 8), None),
        (sectors(5, 50), "DiskWearing"),
        (sectors(197, 1), "DiskWearing"),
        (sectors(9, 90_000), None),
        (
            {
                NVME: {
                    "critical_warning": 0,
                    "media_errors": 0,
                    "available_spare": 100,
                    "available_spare_threshold": 10,
                }
            },
            None,
        ),
        ({NVME: {"critical_warning": 4}}, "DiskWearing"),
        ({NVME: {"available_spare": 5, "available_spare_threshold": 10}}, "DiskWearing"),
    ],
)
async def test_what_a_disk_says_of_itself(says: Any, fails: Any, disk: dict[str, Any], reason: str | None) -> None:
    # smartctl's exit code is a mask of findings: only its words count.
    host = says({"smartctl --scan": SCAN, "smartctl --json": fails("", code=8 if reason else 0, stdout=json.dumps(disk))})
    found = await smart.run(host, "nas", NOW)
    assert [f.reason for f in found] == ([reason] if reason else [])
    assert all((f.severity is Severity.CRITICAL) == (reason == "DiskFailing") for f in found)


async def test_no_smartctl_and_no_disk_are_silence(says: Any) -> None:
    assert await smart.run(says({}), "nas", NOW) == ()
    assert list(await smart.run(says({"smartctl --scan": '{"devices": []}'}), "nas", NOW)) == []


async def test_without_the_right_to_ask_it_is_blind(says: Any, fails: Any) -> None:
    words = {"smartctl": {"messages": [{"string": "Smartctl open device: /dev/sda failed: Permission denied", "severity": "error"}]}}
    host = says({"smartctl --scan": SCAN, "smartctl --json": fails("", code=2, stdout=json.dumps(words))})
    with pytest.raises(BlindError, match="Permission denied") as caught:
        await smart.run(host, "nas", NOW)
    assert caught.value.reason == "Forbidden"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(), lambda x: st.lists(x) | st.dictionaries(st.text(), x), max_leaves=10
)


@given(JSON, JSON, JSON)
def test_no_answer_breaks_the_parsers(one: Any, two: Any, three: Any) -> None:
    text = json.dumps({"smart_status": one, "ata_smart_attributes": {"table": two}, NVME: three, "devices": two})
    disk = parse_disk(text)
    assert disk is None or disk.passed is None or isinstance(disk.passed, bool)
    assert all(name.startswith("/dev/") and kind for name, kind in parse_scan(text))
    assert parse_disk(text[: len(text) // 2]) is None, "half an answer is none"
