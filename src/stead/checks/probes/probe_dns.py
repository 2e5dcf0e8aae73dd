"""Names that do not resolve as they should."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from stead.checks.probes.common import slow, unanswered, wrong
from stead.declare import probe_check
from stead.domain.evidence import Evidence
from stead.domain.finding import Finding
from stead.domain.subject import Subject
from stead.estate.probes.targets import DnsSeen, DnsTarget, Unanswered


@probe_check(target=DnsTarget)
def probe_dns(subject: Subject, target: DnsTarget, seen: DnsSeen | Unanswered, now: datetime) -> Iterator[Finding]:  # noqa: ARG001
    """A DNS server fails, or answers that a name does not exist, has no such record, or another one than expected."""
    server = f" @{target.server} -p {target.port}" if target.server else ""
    command = f"dig +short {target.query} {target.type}{server}"
    if isinstance(seen, Unanswered):
        yield unanswered("probe_dns", subject, target, seen, command)
        return
    got = Evidence(what="answer", value=", ".join(seen.answer)[:500] or "(none)", command=command, tainted=True)
    wanted = sorted(each.rstrip(".").lower() for each in target.answer)
    if not seen.answer:
        yield wrong("probe_dns", subject, target, "NoRecord", f"{target.query} has no {target.type} record", got)
    elif wanted and wanted != sorted(each.lower() for each in seen.answer):
        yield wrong("probe_dns", subject, target, "WrongAnswer", f"{target.query} {target.type} is not {', '.join(target.answer)}", got)
    else:
        yield from slow("probe_dns", subject, target, seen.seconds, command)
