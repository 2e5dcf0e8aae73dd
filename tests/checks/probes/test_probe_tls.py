"""Certificates, seen by a handshake."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from stead.checks.probes.probe_tls import probe_tls
from stead.domain.finding import Severity
from stead.domain.subject import Subject
from stead.estate.probes.targets import Certificate, TlsSeen, TlsTarget, Unanswered

NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
SUBJECT = Subject(estate="outside", api_version="stead/v1", kind="Probe", name="x")

TARGET = TlsTarget(name="x", host="mail.lan", port=993, server_name="mail.example")


@pytest.mark.parametrize(
    ("days", "invalid", "found"),
    [
        (60, "", []),
        (20, "", [("CertificateExpires", Severity.WARNING)]),
        (2, "", [("CertificateExpires", Severity.CRITICAL)]),
        (-1, "certificate has expired", [("CertificateExpired", Severity.CRITICAL)]),
        (60, "self-signed certificate", [("CertificateInvalid", Severity.CRITICAL)]),
        (20, "Hostname mismatch", [("CertificateExpires", Severity.WARNING), ("CertificateInvalid", Severity.CRITICAL)]),
    ],
)
def test_each_certificate(days: int, invalid: str, found: list[tuple[str, Severity]]) -> None:
    seen = TlsSeen(seconds=0.1, certificate=Certificate(not_after=NOW + timedelta(days=days), invalid=invalid))
    assert [(finding.reason, finding.severity) for finding in probe_tls.judge(SUBJECT, TARGET, seen, NOW)] == found


def test_no_handshake_at_all() -> None:
    (found,) = probe_tls.judge(SUBJECT, TARGET, Unanswered(reason="TlsFailed", words="no"), NOW)
    assert "-servername mail.example" in found.evidence[0].command
