"""Ports that do not take connections."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from stead.checks.probes.common import slow, unanswered
from stead.declare import probe_check
from stead.domain.finding import Finding
from stead.domain.subject import Subject
from stead.estate.probes.targets import TcpSeen, TcpTarget, Unanswered


@probe_check(target=TcpTarget)
def probe_tcp(subject: Subject, target: TcpTarget, seen: TcpSeen | Unanswered, now: datetime) -> Iterator[Finding]:  # noqa: ARG001
    """A port refuses connections, does not answer, or takes too long."""
    command = f"nc -vz {target.host} {target.port}"
    if isinstance(seen, Unanswered):
        yield unanswered("probe_tcp", subject, target, seen, command)
    else:
        yield from slow("probe_tcp", subject, target, seen.seconds, command)
