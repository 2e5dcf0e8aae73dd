"""Certificates near their end, measured against their own renewal time."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from stead.checks.certificates.certificate_expiry import certificate_expiry
from stead.domain.finding import Finding, FindingState, Severity
from stead.testing.checks import judge
from stead.testing.objects import NOW, Json, ago, condition, metadata

READY = [condition("Ready")]


def ahead(**span: float) -> str:
    return (NOW + timedelta(**span)).isoformat()


def certificate(conditions: list[Json] | None = None, meta: Json | None = None, **status: Any) -> Json:
    whole = {"conditions": READY if conditions is None else conditions} | status
    return {"apiVersion": "cert-manager.io/v1", "kind": "Certificate", "metadata": metadata("web") | (meta or {}), "status": whole}


def look(*objects: Json) -> list[Finding]:
    return judge(certificate_expiry, *objects, now=NOW)


@pytest.mark.parametrize(
    ("sick", "reason", "severity"),
    [
        (certificate(notAfter=ago(days=1), renewalTime=ago(days=31)), "NotRenewed", Severity.CRITICAL),
        (certificate(notAfter=ahead(days=20), renewalTime=ago(days=10)), "NotRenewed", Severity.WARNING),
        (certificate(notAfter=ahead(days=2), renewalTime=ago(days=28)), "NotRenewed", Severity.CRITICAL),
        (certificate(notAfter=ahead(days=29), renewalTime=ago(hours=3), lastFailureTime=ago(hours=2)), "NotRenewed", Severity.WARNING),
        (certificate(notAfter=ahead(days=20), notBefore=ago(days=345)), "NotRenewed", Severity.WARNING),
        (certificate(notAfter=ahead(hours=8), notBefore=ago(hours=16), renewalTime=ago(hours=4)), "NotRenewed", Severity.CRITICAL),
        (certificate([condition("Ready", "False", reason="DoesNotExist")]), "NotIssued", Severity.CRITICAL),
        (certificate([condition("Ready", "False", ago(minutes=1))], lastFailureTime=ago(minutes=1)), "NotIssued", Severity.CRITICAL),
        (certificate([condition("Ready", "False")], notAfter=ahead(days=80), renewalTime=ahead(days=50)), "NotIssued", Severity.WARNING),
    ],
)
def test_one_in_trouble_is_told(sick: Json, reason: str, severity: Severity) -> None:
    assert [(f.state, f.reason, f.severity) for f in look(sick)] == [(FindingState.FIRING, reason, severity)]


@pytest.mark.parametrize(
    "healthy",
    [
        certificate(notAfter=ahead(days=60), renewalTime=ahead(days=30)),
        certificate(notAfter=ahead(days=10), renewalTime=ahead(days=1)),
        certificate(notAfter=ahead(days=29), renewalTime=ago(hours=1)),
        certificate(notAfter=ahead(hours=8), notBefore=ago(hours=16), renewalTime=ago(minutes=30)),
        certificate(notAfter=ahead(days=6), notBefore=ago(days=1)),
        certificate([condition("Ready", "False")], meta={"deletionTimestamp": ago(minutes=1)}),
        {"apiVersion": "cert-manager.io/v1", "kind": "Certificate", "metadata": {"name": "web", "namespace": "payments"}},
    ],
)
def test_one_that_will_be_renewed_in_time_is_silence(healthy: Json) -> None:
    assert look(healthy) == []


def test_a_first_issuance_is_given_time() -> None:
    young = certificate([condition("Ready", "False", ago(minutes=2), reason="DoesNotExist")])
    assert [f.state for f in look(young)] == [FindingState.PROGRESSING]
