"""Btrfs devices that have counted errors."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from datetime import datetime, timedelta

from stead.checks.host.common import ask, host, is_forbidden, odd_output, read_file, refused
from stead.checks.host.mounts import MOUNTED, parse_mounts
from stead.declare import host_check
from stead.domain.errors import BlindError
from stead.domain.evidence import Evidence
from stead.domain.finding import Finding, Severity
from stead.ports import HostCommands

_ROW = re.compile(r"\[(?P<device>[^\]]{1,200})\]\.(?P<counter>[a-z_]{1,40})\s+(?P<count>\d{1,20})", re.ASCII)


@host_check(every=timedelta(minutes=10))
async def btrfs(commands: HostCommands, estate: str, now: datetime) -> Sequence[Finding]:
    """A device of a Btrfs file system has counted errors: of reading, writing or flushing, or checksums that did not fit."""
    text = await read_file(commands, MOUNTED)
    found: list[Finding] = []
    for path in sorted({mount.source: mount.path for mount in parse_mounts(text or "") if mount.type == "btrfs"}.values()):
        argv = ("btrfs", "device", "stats", "--", path)
        done = await ask(commands, argv)
        if done is None:
            return ()
        if is_forbidden(done):
            raise BlindError(f"this user may not ask Btrfs about {path}", reason="Forbidden", command=shlex.join(argv))
        counters, odd = parse_stats(done.stdout)
        if done.code != 0 and not counters:
            raise refused(argv, done)
        found += [_finding(device, errors, path, estate) for device, errors in counters.items() if any(errors.values())]
        found += [odd_output("btrfs", estate, argv, odd[0], now)] if odd else []
    return found


def parse_stats(text: str) -> tuple[dict[str, dict[str, int]], list[str]]:
    """`btrfs device stats` (btrfs-device(8)) → counters by device, and the lines that are none."""
    counters: dict[str, dict[str, int]] = {}
    odd: list[str] = []
    for line in filter(None, map(str.strip, text.splitlines())):
        row = _ROW.fullmatch(line)
        if row is None:
            odd.append(line)
        else:
            counters.setdefault(row["device"], {})[row["counter"]] = int(row["count"])
    return counters, odd


def _finding(device: str, errors: dict[str, int], path: str, estate: str) -> Finding:
    counted = ", ".join(f"{count} {name}" for name, count in sorted(errors.items()) if count)
    return Finding(
        check="btrfs",
        subject=host(estate),
        reason="DeviceErrors",
        summary=f"Btrfs on {path} has counted errors of {device}: {counted}",
        severity=Severity.CRITICAL if any(errors.get(f"{kind}_io_errs") for kind in ("read", "write", "flush")) else Severity.WARNING,
        container=device,
        evidence=(Evidence(what="counters", value=counted, command=shlex.join(["btrfs", "device", "stats", path])),),
    )
