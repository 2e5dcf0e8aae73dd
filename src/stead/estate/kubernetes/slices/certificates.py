"""cert-manager.io/v1."""

from __future__ import annotations

from stead.estate.kubernetes.slices.meta import Conditions, Object, Slice, Time


class CertificateStatus(Slice, frozen=True):
    conditions: Conditions = ()
    not_before: Time | None = None
    not_after: Time | None = None
    renewal_time: Time | None = None
    last_failure_time: Time | None = None
    failed_issuance_attempts: int = 0


class Certificate(Object, frozen=True):
    status: CertificateStatus = CertificateStatus()
