"""A cert-manager Certificate that nears its end, or never came to be."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from stead.checks.kubernetes.common import after, condition, condition_seen, kubectl_get, unless_by
from stead.declare import check
from stead.domain.evidence import Evidence
from stead.domain.finding import Finding, Progressing, Severity
from stead.domain.subject import Subject
from stead.estate.kubernetes.slices import Certificate
from stead.estate.kubernetes.view import View

ISSUE_WITHIN = timedelta(minutes=10)
"""An ACME order with a DNS challenge takes minutes."""

SOON = timedelta(days=21)
"""Near its end, where no renewal time is told and the certificate lives long: the threshold that people expect."""

CRITICAL = timedelta(days=3)


@check(watches=[Certificate])
def certificate_expiry(certificate: Certificate, view: View, now: datetime) -> Finding | Progressing | None:
    """A certificate has expired, is past its renewal time without having been renewed, or could not be issued.

    What counts as near is measured against its own renewal time: a certificate that lives a day is no emergency each evening.
    """
    status = certificate.status
    if certificate.metadata.deletion_timestamp is not None:
        return None
    if status.not_after is not None and _overdue(certificate, status.not_after, now):
        return _not_renewed(certificate, view, status.not_after, now)
    ready = condition(status.conditions, "Ready")
    if ready is not None and ready.status == "True":
        return None
    if ready is None and not status.conditions and certificate.metadata.creation_timestamp is None:
        return None
    evidence = condition_seen(certificate, ready) if ready is not None else (_seen(certificate, "Ready", "never reported", ".status"),)
    failed = status.last_failure_time is not None or status.failed_issuance_attempts > 0
    finding = view.finding(
        certificate,
        reason="NotIssued",
        summary=f"certificate {_path(certificate)} {'could not be issued' if failed else 'is not ready'}",
        severity=Severity.WARNING if _valid(status.not_after, now) else Severity.CRITICAL,
        evidence=evidence,
        depends_on=_explained_by(certificate, view),
        since=status.last_failure_time or (ready.last_transition_time if ready else None),
    )
    began = (ready.last_transition_time if ready else None) or certificate.metadata.creation_timestamp
    return finding if failed else unless_by(finding, began, ISSUE_WITHIN, now)


def _overdue(certificate: Certificate, end: datetime, now: datetime) -> bool:
    status = certificate.status
    if now >= end:
        return True
    renewal = status.renewal_time
    if renewal is not None and renewal < end:
        # Renewal takes its time and is tried again after an hour; a quarter of what is left then is late for any lifetime.
        late = status.last_failure_time is not None and status.last_failure_time >= renewal
        return now > renewal and (late or now > after(renewal, min((end - renewal) / 4, timedelta(days=1))))
    lifetime = end - status.not_before if status.not_before is not None else None
    near = min(SOON, lifetime / 4) if lifetime is not None and lifetime > timedelta(0) else SOON
    return end - now < near


def _not_renewed(certificate: Certificate, view: View, end: datetime, now: datetime) -> Finding:
    status = certificate.status
    expired = now >= end
    renewal = (
        (_seen(certificate, "renewal was due", status.renewal_time.isoformat(), ".status.renewalTime"),) if status.renewal_time else ()
    )
    ready = condition(status.conditions, "Ready")
    return view.finding(
        certificate,
        reason="NotRenewed",
        summary=f"certificate {_path(certificate)} "
        + (f"expired on {end:%Y-%m-%d}" if expired else f"was not renewed and ends on {end:%Y-%m-%d}"),
        severity=Severity.CRITICAL if end - now < CRITICAL else Severity.WARNING,
        evidence=(
            _seen(certificate, "valid until", end.isoformat(), ".status.notAfter"),
            *renewal,
            *(condition_seen(certificate, ready) if ready else ()),
        ),
        depends_on=_explained_by(certificate, view),
        since=end if expired else status.renewal_time,
    )


def _explained_by(certificate: Certificate, view: View) -> Iterator[Subject]:
    """What was asked for in its name and failed (its requests, orders and challenges are known by it), then its issuer."""
    meta, ref = certificate.metadata, certificate.spec.issuer_ref
    for struct in sorted(view.custom(), key=lambda struct: struct.__name__):
        yield from map(view.subject, view.owned_by(struct, meta.namespace, "Certificate", meta.name))
    if ref.name:
        namespace = "" if ref.kind == "ClusterIssuer" else meta.namespace
        yield Subject(estate=view.estate_id, api_version=f"{ref.group}/v1", kind=ref.kind, namespace=namespace, name=ref.name)


def _valid(end: datetime | None, now: datetime) -> bool:
    return end is not None and now < end


def _path(certificate: Certificate) -> str:
    return f"{certificate.metadata.namespace}/{certificate.metadata.name}"


def _seen(certificate: Certificate, what: str, value: str, jsonpath: str) -> Evidence:
    return Evidence(what=what, value=value, command=kubectl_get(certificate, jsonpath))
