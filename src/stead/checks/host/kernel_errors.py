"""What the kernel complains of: memory that ran out, disks that fail, tasks that hang, programs that crash."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from stead.checks.host import journal
from stead.checks.host.common import host, odd_output
from stead.declare import host_check
from stead.domain.evidence import Evidence
from stead.domain.finding import Finding, Severity
from stead.ports import HostCommands

MINUTES = 60
"""How long a complaint is told: the kernel says it once, and the harm outlasts the word."""

MOST = 20
"""Findings at most: one broken controller complains of every disk."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Complaint:
    """One kind of complaint. A group `what` names the device or program; from `times` on it counts."""

    reason: str
    pattern: re.Pattern[str]
    summary: str
    severity: Severity
    times: int = 1


# The words stand in the kernel's source: mm/oom_kill.c, block/blk-core.c, fs/buffer.c, fs/ext4/super.c, fs/xfs/xfs_error.c,
# fs/btrfs/messages.c, kernel/hung_task.c, kernel/watchdog.c, kernel/rcu/tree_stall.h, lib/bug.c, arch/x86/kernel/cpu/mce,
# arch/x86/mm/fault.c.
COMPLAINTS = (
    Complaint(
        reason="OutOfMemory",
        pattern=re.compile(r"^Out of memory: Killed process \d+ \((?P<what>[^)]{1,64})\)"),
        summary="the host ran out of memory, and the kernel killed {what}",
        severity=Severity.CRITICAL,
    ),
    Complaint(
        reason="MemoryLimitHit",
        pattern=re.compile(r"^Memory cgroup out of memory: Killed process \d+ \((?P<what>[^)]{1,64})\)"),
        summary="{what} reached its memory limit and was killed",
        severity=Severity.WARNING,
    ),
    Complaint(
        reason="DiskError",
        pattern=re.compile(r"I/O error(?:,| on) dev(?:ice)? (?P<what>(?!fd\d|sr\d|loop)[A-Za-z0-9_/!-]{1,64})"),
        summary="reading or writing {what} failed",
        severity=Severity.CRITICAL,
    ),
    Complaint(
        reason="FilesystemError",
        pattern=re.compile(
            r"(?:EXT4-fs error|EXT4-fs warning: error|BTRFS (?:critical|error)) \(device (?P<what>[^):]{1,64})|"
            r"XFS \((?P<which>[^)]{1,64})\): .*(?:[Cc]orruption|I/O error|[Ss]hut)"
        ),
        summary="the file system on {what} has errors",
        severity=Severity.CRITICAL,
    ),
    Complaint(
        reason="HungTask",
        pattern=re.compile(r"INFO: task (?P<what>[^:]{1,64}):\d+ blocked for more than \d+ seconds"),
        summary="{what} has hung in the kernel for minutes, most often for want of a disk or a network mount",
        severity=Severity.WARNING,
    ),
    Complaint(
        reason="Lockup",
        pattern=re.compile(
            r"BUG: (?:soft|hard) lockup|detected (?:expedited )?stalls on CPU|self-detected stall on CPU|Watchdog detected hard LOCKUP"
        ),
        summary="a processor stood still in the kernel",
        severity=Severity.CRITICAL,
    ),
    Complaint(
        reason="KernelBug",
        pattern=re.compile(r"^(?:kernel BUG at|BUG: (?:unable to handle|kernel NULL)|Oops:|Internal error: Oops|Unable to handle kernel)"),
        summary="the kernel itself failed; restart the host when it suits",
        severity=Severity.CRITICAL,
    ),
    Complaint(
        reason="HardwareError",
        pattern=re.compile(r"\[Hardware Error\]|mce: .*[Mm]achine [Cc]heck|EDAC .* UE "),
        summary="the hardware reported an error",
        severity=Severity.CRITICAL,
    ),
    Complaint(
        reason="CrashBurst",
        pattern=re.compile(r"(?:^|traps: )(?P<what>[^\[\s]{1,64})\[\d+\]:? (?:segfault at|trap |general protection)"),
        summary="{what} crashes again and again",
        severity=Severity.WARNING,
        times=5,
    ),
)


@host_check(every=timedelta(minutes=1))
async def kernel_errors(commands: HostCommands, estate: str, now: datetime) -> Sequence[Finding]:
    """In the last hour the kernel killed for want of memory, failed at a disk or file system, hung, or saw a program crash five times."""
    read = await journal.entries(commands, MINUTES, "-k")
    if read is None:
        return ()
    entries, odd = read
    found = [_finding(complaint, what, said, estate) for (complaint, what), said in sorted(complaints(entries).items(), key=_order)]
    return [*found[:MOST], odd_output("kernel_errors", estate, journal.command(MINUTES, "-k"), odd[0], now)] if odd else found[:MOST]


def complaints(entries: Iterable[journal.Entry]) -> dict[tuple[Complaint, str], list[journal.Entry]]:
    """Complaints by kind and by what they are about, where there are enough of them."""
    found: defaultdict[tuple[Complaint, str], list[journal.Entry]] = defaultdict(list)
    for entry in entries:
        for complaint in COMPLAINTS:
            if (match := complaint.pattern.search(entry.message)) is not None:
                named = [value for value in match.groupdict().values() if value]
                found[complaint, named[0] if named else ""].append(entry)
                break
    return {key: said for key, said in found.items() if len(said) >= key[0].times}


def _order(one: tuple[tuple[Complaint, str], Sequence[journal.Entry]]) -> tuple[int, str, str]:
    (complaint, what), _ = one
    return (-complaint.severity.rank, complaint.reason, what)


def _finding(complaint: Complaint, what: str, said: Sequence[journal.Entry], estate: str) -> Finding:
    last = max(said, key=lambda entry: entry.at)
    times = f" ({len(said)} times in the last hour)" if len(said) > 1 else ""
    command = "journalctl -k --no-pager --since=-1h"
    return Finding(
        check="kernel_errors",
        subject=host(estate),
        reason=complaint.reason,
        summary=f"{estate}: {complaint.summary.format(what=what)}{times}",
        severity=complaint.severity,
        container=what,
        evidence=(Evidence(what="the kernel's words", value=" ".join(last.message.split())[:500], command=command, tainted=True),),
        since=min(entry.at for entry in said),
    )
