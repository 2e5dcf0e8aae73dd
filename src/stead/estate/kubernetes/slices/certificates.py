"""cert-manager.io/v1, and the requests of certificates.k8s.io/v1."""

from __future__ import annotations

from stead.estate.kubernetes.slices.meta import Conditions, Object, Slice, Time


class CertificateStatus(Slice, frozen=True):
    conditions: Conditions = ()
    not_before: Time | None = None
    not_after: Time | None = None
    renewal_time: Time | None = None
    last_failure_time: Time | None = None
    failed_issuance_attempts: int = 0


class IssuerRef(Slice, frozen=True):
    name: str = ""
    kind: str = "Issuer"
    group: str = "cert-manager.io"


class CertificateSpec(Slice, frozen=True):
    issuer_ref: IssuerRef = IssuerRef()


class Certificate(Object, frozen=True):
    spec: CertificateSpec = CertificateSpec()
    status: CertificateStatus = CertificateStatus()


class SigningRequestSpec(Slice, frozen=True):
    signer_name: str = ""
    username: str = ""


class SigningRequestStatus(Slice, frozen=True):
    conditions: Conditions = ()
    certificate: str = ""


class CertificateSigningRequest(Object, frozen=True):
    """certificates.k8s.io/v1, without the request itself."""

    spec: SigningRequestSpec = SigningRequestSpec()
    status: SigningRequestStatus = SigningRequestStatus()
