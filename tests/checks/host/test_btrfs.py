"""Error counters of Btrfs devices."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from stead.checks.host.btrfs import btrfs, parse_stats
from stead.domain.errors import BlindError
from stead.domain.finding import FindingState, Severity

NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)

MOUNTS = "/dev/sda1 / ext4 rw 0 0\n/dev/sdb /tank btrfs rw 0 0\n/dev/sdb /home btrfs rw,subvol=home 0 0\n"


def stats(**counters: int) -> str:
    names = ("write_io_errs", "read_io_errs", "flush_io_errs", "corruption_errs", "generation_errs")
    return "".join(f"[/dev/sdb].{name:<18} {counters.get(name, 0)}\n" for name in names)


@pytest.mark.parametrize(
    ("counters", "severity"),
    [({}, None), ({"corruption_errs": 3}, Severity.WARNING), ({"read_io_errs": 1, "corruption_errs": 3}, Severity.CRITICAL)],
)
async def test_what_was_counted(says: Any, counters: dict[str, int], severity: Severity | None) -> None:
    host = says({"cat /proc/self/mounts": MOUNTS, "btrfs": stats(**counters)})
    found = await btrfs.run(host, "nas", NOW)
    assert [(f.severity, f.container) for f in found] == ([(severity, "/dev/sdb")] if severity else [])
    assert sum("btrfs device stats" in asked for asked in host.asked) == 1


async def test_no_btrfs_is_silence_and_no_right_is_blind(says: Any, fails: Any) -> None:
    assert list(await btrfs.run(says({"cat /proc/self/mounts": MOUNTS}), "nas", NOW)) == []
    assert list(await btrfs.run(says({}), "nas", NOW)) == []
    with pytest.raises(BlindError):
        await btrfs.run(says({"cat /proc/self/mounts": MOUNTS, "btrfs": fails("ERROR: Operation not permitted")}), "nas", NOW)


async def test_a_cut_line_is_blind(says: Any) -> None:
    found = await btrfs.run(says({"cat /proc/self/mounts": MOUNTS, "btrfs": stats() + "[/dev/sd"}), "nas", NOW)
    assert [f.state for f in found] == [FindingState.BLIND]


@given(st.text())
@example(stats())
def test_no_text_breaks_the_parser(text: str) -> None:
    counters, odd = parse_stats(text)
    assert all(found in text for found in (*counters, *odd)), "it tells of nothing that was not said"
