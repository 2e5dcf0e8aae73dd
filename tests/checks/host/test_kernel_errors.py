"""What the kernel complains of, in its own words."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stead.checks.host.kernel_errors import kernel_errors
from stead.domain.finding import Severity

NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)


def line(message: str = "", minute: int = 0, **fields: str) -> str:
    at = int((NOW - timedelta(minutes=30) + timedelta(minutes=minute)).timestamp() * 1_000_000)
    return json.dumps({"__REALTIME_TIMESTAMP": str(at), "MESSAGE": message, **fields})


@pytest.mark.parametrize(
    ("message", "reason", "what"),
    [
        ("Out of memory: Killed process 4711 (postgres) total-vm:1kB, anon-rss:1kB", "OutOfMemory", "postgres"),
        ("Memory cgroup out of memory: Killed process 12 (java) total-vm:9kB", "MemoryLimitHit", "java"),
        ("blk_update_request: I/O error, dev sda, sector 1234 op 0x0:(READ)", "DiskError", "sda"),
        ("Buffer I/O error on dev dm-3, logical block 7, async page read", "DiskError", "dm-3"),
        ("EXT4-fs error (device sda1): ext4_lookup:1612: inode #2: comm ls: iget: checksum invalid", "FilesystemError", "sda1"),
        ("XFS (nvme0n1p2): Metadata corruption detected at xfs_agf_read_verify+0x70/0x120", "FilesystemError", "nvme0n1p2"),
        ("BTRFS error (device sdb): bdev /dev/sdb errs: wr 0, rd 8, flush 0", "FilesystemError", "sdb"),
        ("INFO: task nfsd:812 blocked for more than 120 seconds.", "HungTask", "nfsd"),
        ("watchdog: BUG: soft lockup - CPU#3 stuck for 26s! [kworker/3:1:77]", "Lockup", ""),
        ("rcu: INFO: rcu_preempt detected stalls on CPUs/tasks:", "Lockup", ""),
        ("BUG: unable to handle page fault for address: ffffffff", "KernelBug", ""),
        ("mce: [Hardware Error]: Machine check events logged", "HardwareError", ""),
    ],
)
async def test_one_word_of_the_kernel_is_enough(says: Any, message: str, reason: str, what: str) -> None:
    (found,) = await kernel_errors.run(says({"journalctl": line(message)}), "nas", NOW)
    assert (found.reason, found.container, found.since) == (reason, what, NOW - timedelta(minutes=30))


@pytest.mark.parametrize(
    "message",
    [
        "I/O error, dev fd0, sector 0",
        "Buffer I/O error on dev sr0, logical block 0",
        "EXT4-fs (sda1): mounted filesystem with ordered data mode",
        "XFS (sda1): Ending clean mount",
        "audit: type=1400 apparmor=DENIED",
        "CPU0: Core temperature above threshold, cpu clock throttled",
    ],
)
async def test_the_weather_is_left_alone(says: Any, message: str) -> None:
    assert list(await kernel_errors.run(says({"journalctl": line(message)}), "nas", NOW)) == []


@pytest.mark.parametrize(("times", "count"), [(4, 0), (5, 1)])
async def test_a_program_that_crashes_is_told_from_the_fifth_time_on(says: Any, times: int, count: int) -> None:
    crash = "plex[{}]: segfault at 0 ip 000055 sp 00007f error 4 in plex[55+1000]"
    text = "\n".join(line(crash.format(n)) for n in range(times))
    assert len(await kernel_errors.run(says({"journalctl": text}), "nas", NOW)) == count


async def test_the_worst_comes_first_and_a_broken_controller_does_not_flood(says: Any) -> None:
    text = "\n".join(
        [line("INFO: task a:1 blocked for more than 120 seconds."), *(line(f"I/O error, dev sd{n}, sector 1") for n in range(50))]
    )
    found = await kernel_errors.run(says({"journalctl": text}), "nas", NOW)
    assert (len(found), found[0].severity) == (20, Severity.CRITICAL)


@given(st.lists(st.text(max_size=200), max_size=5))
async def test_no_message_breaks_it(messages: list[str]) -> None:
    class Host:
        async def run(self, argv: Any, timeout: float) -> Any:
            from stead.ports import Completed

            return Completed(code=0, stdout="\n".join(map(line, messages)), stderr="")

        async def close(self) -> None: ...

    found = await kernel_errors.run(Host(), "nas", NOW)
    assert all(one.subject.name == "nas" and one.evidence for one in found)
