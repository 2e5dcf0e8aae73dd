"""Packages that have newer versions: an opinion, off unless `checks.hygiene` is on."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from stead.checks.host.common import ask, host, refused
from stead.declare import host_check
from stead.domain.evidence import Evidence
from stead.domain.finding import Finding, FindingClass, Severity
from stead.ports import HostCommands

APT = ("apt-get", "--simulate", "-o", "Debug::NoLocking=1", "upgrade")
"""What apt would install, from the lists it has: it asks no server, and needs no root."""
DNF = ("dnf", "--cacheonly", "--quiet", "check-update")

DNF_UPDATES = 100
"""Exit code of `dnf check-update` when there are updates (dnf(8))."""

SECONDS = 60.0
_INST = re.compile(r"^Inst (?P<name>[a-z0-9][a-z0-9+.:-]{0,100}) (?P<rest>.*)$", re.MULTILINE)
_RPM = re.compile(r"^(?P<name>[A-Za-z0-9_+.-]{1,100})\.\w+\s+\S+\s+\S+\s*$", re.MULTILINE | re.ASCII)


@dataclass(frozen=True, slots=True)
class Updates:
    """Names of packages, in order, and which of them mend a hole."""

    names: tuple[str, ...]
    security: tuple[str, ...]


@host_check(every=timedelta(hours=12), class_=FindingClass.HYGIENE)
async def package_updates(commands: HostCommands, estate: str, now: datetime) -> Sequence[Finding]:  # noqa: ARG001
    """apt or dnf know newer versions of installed packages, as of when their lists were last fetched."""
    done = await ask(commands, APT, SECONDS)
    if done is not None:
        if done.code != 0:
            raise refused(APT, done)
        return _findings(parse_apt(done.stdout), estate, APT)
    done = await ask(commands, DNF, SECONDS)
    if done is None:
        return ()
    if done.code not in (0, DNF_UPDATES):
        raise refused(DNF, done)
    return _findings(parse_dnf(done.stdout), estate, DNF)


def parse_apt(text: str) -> Updates:
    """`apt-get --simulate upgrade` → what it would install; a security archive is named in the origin."""
    rows = sorted({(row["name"], "security" in row["rest"].lower()) for row in _INST.finditer(text)})
    return Updates(tuple(name for name, _ in rows), tuple(name for name, mends in rows if mends))


def parse_dnf(text: str) -> Updates:
    """`dnf check-update` → names, up to the list of what is obsolete."""
    listed = text.partition("Obsoleting Packages")[0]
    return Updates(tuple(sorted({row["name"] for row in _RPM.finditer(listed)})), ())


def _findings(updates: Updates, estate: str, argv: Sequence[str]) -> tuple[Finding, ...]:
    if not updates.names:
        return ()
    security = f", {len(updates.security)} of them for security" if updates.security else ""
    return (
        Finding(
            check="package_updates",
            subject=host(estate),
            reason="UpdatesAvailable",
            summary=f"{estate} has {len(updates.names)} packages to update{security}",
            severity=Severity.WARNING if updates.security else Severity.INFO,
            class_=FindingClass.HYGIENE,
            evidence=(Evidence(what="packages", value=", ".join(updates.names[:20]), command=shlex.join(argv)),),
        ),
    )
