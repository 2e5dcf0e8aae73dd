"""What one pass found, ready to be shown: incidents with their causes, an exit code, and JSON of `schemaVersion` 1."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from stead.app import shown
from stead.domain.cleaning import clean
from stead.domain.errors import Exit
from stead.domain.finding import Finding, FindingState, Severity
from stead.domain.grouping import Group, group
from stead.domain.ids import incident_number
from stead.domain.scan import Scan

SCHEMA_VERSION = 1


@dataclass(frozen=True, slots=True)
class Report:
    """A scan and what follows from it. `groups` are the incidents, worst first; `progressing` may still come right."""

    scan: Scan
    groups: tuple[Group, ...]
    progressing: tuple[Finding, ...]

    @classmethod
    def of(cls, scan: Scan) -> Report:
        scan = replace(scan, findings=_clean(scan.findings), blind=_clean(scan.blind))
        firing = [finding for finding in scan.findings if finding.state is FindingState.FIRING]
        waiting = sorted((f for f in scan.findings if f.state is FindingState.PROGRESSING), key=order)
        return cls(scan, tuple(group(firing)), tuple(waiting))

    def exit_code(self, fail_on: Severity) -> int:
        """3 when something could not be seen, else 1 when something that bad is firing, else 0."""
        if self.scan.blind:
            return Exit.BLIND
        return Exit.NEGATIVE if any(one.severity.rank >= fail_on.rank for one in self.groups) else Exit.DONE


def _clean(findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
    if not findings:
        return findings
    from stead.domain.redaction import redact  # late: what is well need not wait for its rules

    return tuple(clean(finding, redact) for finding in findings)


def as_json(report: Report) -> dict[str, Any]:
    """The whole report as JSON values, in a fixed order."""
    scan = report.scan
    return {
        "schemaVersion": SCHEMA_VERSION,
        "now": shown.time(scan.now),
        "findings": [shown.finding(finding) for finding in sorted(scan.findings, key=order)],
        "blind": [shown.finding(finding) for finding in sorted(scan.blind, key=order)],
        "incidents": [_incident(number, one) for number, one in enumerate(report.groups, 1)],
        "scanned": {
            "counts": dict(scan.counts),
            "notCovered": list(scan.not_covered),
            "seconds": round(scan.seconds, 3),
            "bytes": scan.bytes,
            "requests": scan.requests,
        },
    }


def order(finding: Finding) -> tuple[int, str, str, str, str]:
    """Worst first, then by name."""
    subject = finding.subject
    return (-finding.severity.rank, subject.namespace, subject.name, finding.check, finding.fingerprint)


def since(one: Group) -> datetime | None:
    """When the incident's cause began; where nobody knows, its first symptom."""
    times = [finding.since for finding in one.findings if finding.since is not None]
    return one.cause.since or min(times, default=None)


def _incident(number: int, one: Group) -> dict[str, Any]:
    return {
        "id": incident_number(number),
        "state": "open",
        "severity": one.severity.value,
        "cause": one.cause.fingerprint,
        "findings": [finding.fingerprint for finding in one.findings],
        "since": shown.time(since(one)),
    }
