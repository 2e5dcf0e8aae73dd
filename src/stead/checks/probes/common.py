"""What the checks of probes share: a target that does not answer, one that is slow, a certificate that ends."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from stead.domain.evidence import Evidence
from stead.domain.finding import Finding, Severity
from stead.domain.subject import Subject
from stead.estate.probes.targets import Certificate, Target, Unanswered

VERY_SOON = timedelta(days=3)


def wrong(
    check: str, subject: Subject, target: Target, reason: str, words: str, *evidence: Evidence, severity: Severity | None = None
) -> Finding:
    return Finding(
        check=check,
        subject=subject,
        reason=reason,
        summary=f"{subject.name}: {words}",
        severity=severity or target.severity,
        evidence=evidence,
    )


def unanswered(check: str, subject: Subject, target: Target, seen: Unanswered, command: str) -> Finding:
    return wrong(check, subject, target, seen.reason, seen.words, Evidence(what="asked", value=seen.words, command=command, tainted=True))


def slow(check: str, subject: Subject, target: Target, seconds: float, command: str) -> Iterator[Finding]:
    """It answers, and takes longer than it may. The estate tells it only when it lasts."""
    if target.latency is None or seconds <= target.latency.total_seconds():
        return
    words = f"answers in {seconds * 1000:.0f} ms, more than {target.latency.total_seconds() * 1000:.0f} ms"
    yield wrong(
        check, subject, target, "Slow", words, Evidence(what="took", value=f"{seconds:.3f} s", command=command), severity=Severity.WARNING
    )


def expiring(
    check: str, subject: Subject, target: Target, shown: Certificate | None, days: int, now: datetime, command: str
) -> Iterator[Finding]:
    """Its certificate has ended, or has fewer than `days` left."""
    if shown is None or not days or shown.not_after - now >= timedelta(days=days):
        return
    left = shown.not_after - now
    over = left <= timedelta(0)
    words = "its certificate has ended" if over else f"its certificate ends in {left.days} days"
    severity = Severity.CRITICAL if left < VERY_SOON else Severity.WARNING
    evidence = Evidence(what="not after", value=f"{shown.not_after:%Y-%m-%d %H:%M} UTC", command=command)
    yield wrong(check, subject, target, "CertificateExpired" if over else "CertificateExpires", words, evidence, severity=severity)
