"""Hosts that do not answer pings."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from stead.checks.probes.common import slow, unanswered, wrong
from stead.declare import probe_check
from stead.domain.evidence import Evidence
from stead.domain.finding import Finding, Severity
from stead.domain.subject import Subject
from stead.estate.probes.targets import PingSeen, PingTarget, Unanswered


@probe_check(target=PingTarget)
def probe_ping(subject: Subject, target: PingTarget, seen: PingSeen | Unanswered, now: datetime) -> Iterator[Finding]:  # noqa: ARG001
    """A host does not answer pings, loses more packets than it may, or takes too long."""
    command = f"ping -c 3 {target.host}"
    if isinstance(seen, Unanswered):
        yield unanswered("probe_ping", subject, target, seen, command)
        return
    lost = Evidence(what="packets lost", value=f"{seen.loss}%", command=command)
    if seen.loss == 100:
        yield wrong("probe_ping", subject, target, "NoAnswer", f"{target.host} does not answer pings", lost)
    elif seen.loss > target.loss:
        yield wrong(
            "probe_ping",
            subject,
            target,
            "PacketLoss",
            f"{seen.loss} % of the pings to {target.host} are lost",
            lost,
            severity=Severity.WARNING,
        )
    elif seen.seconds is not None:
        yield from slow("probe_ping", subject, target, seen.seconds, command)
