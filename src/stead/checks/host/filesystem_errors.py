"""ext4 file systems that have recorded errors and want to be checked."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timedelta

from stead.checks.host.common import ask, host, odd_output
from stead.declare import host_check
from stead.domain.evidence import Evidence
from stead.domain.finding import Finding, Severity
from stead.ports import HostCommands

COUNTS = ("grep", "-r", "-H", "--include=errors_count", "", "/sys/fs/ext4")
"""How many errors the superblock of each mounted ext4 holds (Documentation/ABI/testing/sysfs-fs-ext4); fsck sets it back to 0."""

_ROW = re.compile(r"/sys/fs/ext4/(?P<device>[^/]{1,100})/errors_count:(?P<count>\d{1,20})", re.ASCII)


@host_check(every=timedelta(minutes=10))
async def filesystem_errors(commands: HostCommands, estate: str, now: datetime) -> Sequence[Finding]:
    """The superblock of an ext4 file system holds errors that no fsck has mended: a failed check, or a disk that loses data."""
    done = await ask(commands, COUNTS)
    # grep exits 1 where nothing matched and 2 where the folder is not there: then there is no ext4 to speak of.
    if done is None or (done.code != 0 and not done.stdout.strip()):
        return ()
    counts, odd = parse_counts(done.stdout)
    found = [_finding(device, count, estate) for device, count in counts.items() if count]
    return [*found, odd_output("filesystem_errors", estate, COUNTS, odd[0], now)] if odd else found


def parse_counts(text: str) -> tuple[dict[str, int], list[str]]:
    """`file:number` lines → errors by device, and the lines that are none."""
    counts: dict[str, int] = {}
    odd: list[str] = []
    for line in filter(None, map(str.strip, text.splitlines())):
        row = _ROW.fullmatch(line)
        if row is None:
            odd.append(line)
        else:
            counts[row["device"]] = int(row["count"])
    return dict(sorted(counts.items())), odd


def _finding(device: str, count: int, estate: str) -> Finding:
    command = f"cat /sys/fs/ext4/{device}/errors_count"
    return Finding(
        check="filesystem_errors",
        subject=host(estate),
        reason="FilesystemNeedsCheck",
        summary=f"the ext4 file system on {device} has recorded {count} errors; it needs fsck",
        severity=Severity.CRITICAL,
        container=device,
        evidence=(Evidence(what="errors in its superblock", value=str(count), command=command),),
    )
