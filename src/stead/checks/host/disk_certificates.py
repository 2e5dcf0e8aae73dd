"""Certificates in files of a host that end soon."""

from __future__ import annotations

import contextlib
import re
import shlex
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import PurePosixPath

from stead.checks.host.common import ask, host, is_forbidden, refused
from stead.declare import HostWishes, wishful_host_check
from stead.domain.errors import BlindError
from stead.domain.evidence import Evidence
from stead.domain.finding import Finding, FindingState, Severity
from stead.ports import HostCommands

USUAL = (
    "/etc/letsencrypt/live/*/cert.pem",
    "/etc/kubernetes/pki/*.crt",
    "/etc/kubernetes/pki/etcd/*.crt",
    "/var/lib/rancher/k3s/server/tls/*.crt",
    "/var/lib/rancher/k3s/server/tls/etcd/*.crt",
    "/var/lib/rancher/k3s/agent/*.crt",
)
"""Where certbot, kubeadm and k3s keep theirs."""

SOON, VERY_SOON = timedelta(days=21), timedelta(days=3)
"""What renews by itself does so a month before the end; whoever is left at three weeks is not renewed."""

MOST = 50
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_TIME = re.compile(r"^not(Before|After)=(\w{3}) {1,2}(\d{1,2}) (\d\d):(\d\d):(\d\d) (\d{4}) GMT$", re.MULTILINE | re.ASCII)
_WILD = re.compile(r"[*?\[]")


@dataclass(frozen=True, slots=True)
class Found:
    """Files, patterns that matched none, and places that may not be looked into."""

    files: tuple[str, ...]
    forbidden: tuple[str, ...]


@wishful_host_check(every=timedelta(hours=6))
async def disk_certificates(commands: HostCommands, estate: str, now: datetime, wishes: HostWishes) -> Sequence[Finding]:
    """A certificate in a file ends in less than 21 days (critical: 3 days), or has ended. Files that are named and missing are blind."""
    patterns = (*USUAL, *wishes.certificates)
    argv = find(patterns)
    done = await ask(commands, argv)
    if done is None:
        return ()
    found = parse_find(done.stdout, done.stderr)
    said = [
        _blind(estate, now, f"{place} may not be looked into", "Forbidden", f"ls {shlex.quote(place)}") for place in found.forbidden[:3]
    ]
    missing = [p for p in wishes.certificates if not any(PurePosixPath(file).match(p) for file in found.files)]
    if not found.forbidden:
        said += [_blind(estate, now, f"there is no file {path}", "Missing", f"ls {shlex.quote(path)}") for path in missing]
    for file in found.files[:MOST]:
        said += await _judge(commands, estate, file, now)
    return said


def find(patterns: Iterable[str]) -> tuple[str, ...]:
    """The command that expands these patterns without a shell: `find`, no deeper than they are."""
    each = sorted(set(patterns))
    bases = sorted({_base(pattern) for pattern in each})
    depth = max(len(PurePosixPath(p).parts) - len(PurePosixPath(_base(p)).parts) for p in each)
    tests = [word for pattern in each for word in ("-o", "-path", pattern)][1:]
    return ("find", "-L", *bases, "-maxdepth", str(depth), "-type", "f", "(", *tests, ")")


def parse_find(stdout: str, stderr: str) -> Found:
    """What `find` found, and where it was refused. That a place does not exist is no fault of anybody."""
    files = tuple(sorted({line for line in stdout.splitlines() if line.startswith("/") and line.isprintable()}))
    refusals = [re.search(r"(/[^'‘’:]*)['’]?: Permission denied", line) for line in stderr.splitlines()]
    return Found(files, tuple(sorted({match[1] for match in refusals if match})))


def parse_times(text: str) -> dict[str, datetime]:
    """`openssl x509 -startdate -enddate` → `Before` and `After`, as far as they are told."""
    times: dict[str, datetime] = {}
    for which, month, day, hour, minute, second, year in _TIME.findall(text):
        if month in _MONTHS:
            with contextlib.suppress(ValueError):
                numbers = (int(year), _MONTHS.index(month) + 1, int(day), int(hour), int(minute), int(second))
                times[which] = datetime(*numbers, tzinfo=UTC)
    return times


def _base(pattern: str) -> str:
    """The part of a path before its first wildcard; for a plain file its folder."""
    parts = PurePosixPath(pattern).parts[:-1]
    fixed = next((index for index, part in enumerate(parts) if _WILD.search(part)), len(parts))
    return str(PurePosixPath(*parts[:fixed]))


async def _judge(commands: HostCommands, estate: str, file: str, now: datetime) -> list[Finding]:
    argv = ("openssl", "x509", "-noout", "-startdate", "-enddate", "-in", file)
    done = await ask(commands, argv)
    if done is None:
        return []
    if done.code != 0 and is_forbidden(done):
        return [_blind(estate, now, f"{file} may not be read", "Forbidden", shlex.join(argv))]
    times = parse_times(done.stdout)
    end = times.get("After")
    if end is None:
        error = refused(argv, done) if done.code else BlindError(f"`openssl` does not tell when {file} ends", reason="Malformed")
        return [_blind(estate, now, str(error), error.reason, shlex.join(argv))]
    left = end - now
    lifetime = end - times.get("Before", end)
    # One that lives six days is renewed in its last quarter, and not three weeks before it is made.
    if left >= (min(SOON, lifetime / 4) if lifetime > timedelta(0) else SOON):
        return []
    over = left <= timedelta(0)
    when = f"ended {-left.days - 1 if over else left.days} days ago" if over else f"ends in {left.days} days"
    return [
        Finding(
            check="disk_certificates",
            subject=host(estate),
            reason="CertificateExpired" if over else "CertificateExpires",
            summary=f"the certificate {file} {when}",
            severity=Severity.CRITICAL if left < VERY_SOON else Severity.WARNING,
            container=file,
            evidence=(Evidence(what="not after", value=f"{end:%Y-%m-%d %H:%M} UTC", command=shlex.join(argv)),),
        )
    ]


def _blind(estate: str, now: datetime, words: str, reason: str, command: str) -> Finding:
    return Finding(
        check="disk_certificates",
        subject=host(estate),
        reason=reason,
        summary=f"a certificate cannot be judged: {words}",
        state=FindingState.BLIND,
        container=words,
        evidence=(Evidence(what="the answer", value=words, command=command, tainted=True),),
        since=now,
    )
