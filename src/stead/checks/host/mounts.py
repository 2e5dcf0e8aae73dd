"""File systems that should be mounted and are not, that answer nobody, or that the kernel has made read-only."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from stead.checks.host.common import ask, host, read_file
from stead.declare import host_check
from stead.domain.errors import BlindError, UnreachableError
from stead.domain.evidence import Evidence
from stead.domain.finding import Finding, Severity
from stead.ports import HostCommands

FSTAB, MOUNTED = "/etc/fstab", "/proc/self/mounts"

REMOTE = frozenset({"nfs", "nfs4", "cifs", "smb3", "ceph", "fuse.sshfs", "fuse.glusterfs", "9p"})
"""Their server may be gone while they are still mounted."""

MADE_READ_ONLY = frozenset({"ext2", "ext3", "ext4", "xfs", "btrfs", "f2fs"})
"""Which the kernel remounts read-only when it no longer trusts the disk."""

SECONDS = 5.0
"""In which a living server tells the size of its file system."""

_ESCAPE = re.compile(r"\\([0-7]{3})")


@dataclass(frozen=True, slots=True)
class Mount:
    """A line of fstab(5) or of /proc/self/mounts, which share their form."""

    source: str
    path: str
    type: str
    options: frozenset[str]


@host_check(every=timedelta(minutes=2))
async def mounts(commands: HostCommands, estate: str, now: datetime) -> Sequence[Finding]:  # noqa: ARG001
    """A mount of /etc/fstab is missing, a network mount does not answer or is stale, or a file system has become read-only."""
    text = await read_file(commands, MOUNTED)
    if text is None:
        return ()
    # Later lines lie over earlier ones at the same place.
    mounted = {mount.path: mount for mount in parse_mounts(text)}
    wanted = {mount.path: mount for mount in parse_mounts(await read_file(commands, FSTAB) or "")}
    if not mounted:
        raise BlindError(f"{MOUNTED} cannot be read as mounts", reason="Malformed", command=f"cat {MOUNTED}")
    found = [_missing(mount, estate) for mount in wanted.values() if _should_be_there(mount) and mount.path not in mounted]
    found += [_read_only(mount, estate) for mount in _made_read_only(mounted, wanted)]
    for mount in mounted.values():
        if mount.type in REMOTE:
            found += await _answers(commands, mount, estate)
    return found


def parse_mounts(text: str) -> list[Mount]:
    """fstab(5) → its entries: source, place, type, options; octal escapes are characters. Lines that are none are left out."""
    found: list[Mount] = []
    for line in text.splitlines():
        fields = line.split()
        if len(fields) >= 4 and not fields[0].startswith("#"):
            source, path, kind, options = (_ESCAPE.sub(lambda m: chr(int(m[1], 8)), field) for field in fields[:4])
            if path.startswith("/") and path.isprintable():
                found.append(Mount(source, path.rstrip("/") or "/", kind, frozenset(options.split(","))))
    return found


def _should_be_there(mount: Mount) -> bool:
    """`noauto` waits for somebody; an automount shows as `autofs` before it is used, so it is in the list as well."""
    return mount.type not in ("swap", "none", "proc", "sysfs") and "noauto" not in mount.options


def _made_read_only(mounted: Mapping[str, Mount], wanted: Mapping[str, Mount]) -> Iterator[Mount]:
    """Read-only now, though fstab says otherwise; where fstab is silent, only what the kernel itself marks (`emergency_ro`)."""
    for path, mount in mounted.items():
        if mount.type not in MADE_READ_ONLY or "ro" not in mount.options:
            continue
        entry = wanted.get(path)
        if "emergency_ro" in mount.options or (entry is not None and "ro" not in entry.options):
            yield mount


async def _answers(commands: HostCommands, mount: Mount, estate: str) -> list[Finding]:
    argv = ("stat", "-f", "--", mount.path)
    words = ""
    try:
        done = await ask(commands, argv, SECONDS)
        if done is not None and done.code != 0 and re.search(r"[Ss]tale|Transport endpoint|Host is down|Input/output error", done.stderr):
            words = " ".join(done.stderr.split())[:200]
    except UnreachableError:
        raise
    except BlindError as error:
        if error.reason != "Timeout":
            raise
        words = f"no answer within {SECONDS:g} s"
    if not words:
        return []
    return [
        Finding(
            check="mounts",
            subject=host(estate),
            reason="MountStale",
            summary=f"{mount.path} does not answer: its server {mount.source[:200]} is gone, or has forgotten it",
            severity=Severity.CRITICAL,
            container=mount.path,
            evidence=(Evidence(what="asked for its size", value=words, command=shlex.join(argv), tainted=True),),
        )
    ]


def _missing(mount: Mount, estate: str) -> Finding:
    return Finding(
        check="mounts",
        subject=host(estate),
        reason="MountMissing",
        summary=f"{mount.path} should be mounted from {mount.source[:200]}, and is not",
        severity=Severity.WARNING if "nofail" in mount.options else Severity.CRITICAL,
        container=mount.path,
        evidence=(
            Evidence(
                what="in /etc/fstab", value=f"{mount.source} {mount.path} {mount.type}"[:500], command=f"findmnt {shlex.quote(mount.path)}"
            ),
        ),
    )


def _read_only(mount: Mount, estate: str) -> Finding:
    return Finding(
        check="mounts",
        subject=host(estate),
        reason="MountReadOnly",
        summary=f"{mount.path} has become read-only, which the kernel does when it no longer trusts the disk",
        severity=Severity.CRITICAL,
        container=mount.path,
        evidence=(Evidence(what="mounted", value=f"{mount.source} {mount.type} ro"[:500], command=f"findmnt {shlex.quote(mount.path)}"),),
    )
