"""File systems that are nearly full."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from stead.checks.host.common import NO_PROGRAM, SECONDS, host, odd_output, refused
from stead.declare import host_check
from stead.domain.evidence import Evidence
from stead.domain.finding import Finding, Severity
from stead.ports import HostCommands

WARN, CRITICAL = 85, 95
"""Per cent in use above which it is a warning, and critical: the thresholds that people expect (node disk > 85 %)."""

# -T tells the type of each file system; GNU, BusyBox and toybox know it. POSIX alone does not.
SPACE, INODES = ("df", "-P", "-T"), ("df", "-P", "-T", "-i")

IMAGES = frozenset({"squashfs", "iso9660", "erofs", "cramfs", "romfs", "udf"})
"""Read-only images: always full, by design."""

PSEUDO = frozenset({"devtmpfs", "efivarfs", "proc", "sysfs", "cgroup", "cgroup2", "autofs", "fuse.lxcfs", "fuse.snapfuse", "nsfs", "ramfs"})
SCRATCH = ("/run", "/tmp")  # noqa: S108 - compared with, never written to
"""The only memory-backed mounts whose filling up stops a host: services need to write there."""

_ROW = re.compile(r"(?P<device>\S.*?)\s+(?P<type>\S+)\s+(?:\d+|-)\s+(?:-?\d+|-)\s+(?:-?\d+|-)\s+(?P<used>\d{1,6}%|-)\s+(?P<mount>/.*)")


@dataclass(frozen=True, slots=True)
class Mount:
    """A mounted file system and how much of it is in use, in per cent; None where it has no such measure."""

    device: str
    type: str
    path: str
    used: int | None


@host_check(every=timedelta(minutes=5))
async def disk(commands: HostCommands, estate: str, now: datetime) -> Sequence[Finding]:
    """A file system has little space or few inodes left: more than 85 % in use is a warning, more than 95 % critical."""
    found: list[Finding] = []
    for argv, what, reason in ((SPACE, "space", "DiskFull"), (INODES, "inodes", "InodesFull")):
        done = await commands.run(argv, SECONDS)
        if done.code == NO_PROGRAM:
            return ()
        mounts, odd = parse_df(done.stdout)
        if not mounts and not odd:
            raise refused(argv, done)
        found += [_finding(mount, mount.used, what, reason, estate) for mount in _judged(mounts) if (mount.used or 0) > WARN]
        found += [odd_output("disk", estate, argv, odd[0], now)] if odd else []
    return found


def parse_df(text: str) -> tuple[list[Mount], list[str]]:
    """`df -P -T` → its rows, and the lines that are none."""
    mounts: list[Mount] = []
    odd: list[str] = []
    for line in text.splitlines()[1:]:
        row = _ROW.fullmatch(line.rstrip())
        if row is not None:
            used = row["used"]
            mounts.append(Mount(row["device"], row["type"], row["mount"], None if used == "-" else int(used[:-1])))
        elif line.strip():
            odd.append(line)
    return mounts, odd


def _judged(mounts: Sequence[Mount]) -> Iterator[Mount]:
    """Real file systems, each once however often it is mounted, by path."""
    seen: set[str] = set()
    for mount in sorted(mounts, key=lambda m: (len(m.path), m.path)):
        if mount.type in IMAGES or mount.type in PSEUDO or (mount.type == "tmpfs" and mount.path not in SCRATCH):
            continue
        if mount.type == "overlay" and mount.path != "/":
            continue  # a container's root: the file system below it is in the list already
        if mount.device.startswith("/") and mount.device in seen:
            continue
        seen.add(mount.device)
        yield mount


def _finding(mount: Mount, used: int | None, what: str, reason: str, estate: str) -> Finding:
    path = shlex.quote(mount.path)
    return Finding(
        check="disk",
        subject=host(estate),
        reason=reason,
        summary=f"{mount.path} has used {used} % of its {what}",
        severity=Severity.CRITICAL if (used or 0) > CRITICAL else Severity.WARNING,
        container=mount.path,
        evidence=(Evidence(what=f"{what} in use", value=f"{used}%", command=f"df -h{'i' if what == 'inodes' else ''} {path}"),),
    )
