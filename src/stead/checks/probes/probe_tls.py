"""Certificates that are not trusted or end soon, seen by a handshake."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from stead.checks.probes.common import expiring, slow, unanswered, wrong
from stead.declare import probe_check
from stead.domain.evidence import Evidence
from stead.domain.finding import Finding
from stead.domain.subject import Subject
from stead.estate.probes.targets import TlsSeen, TlsTarget, Unanswered


@probe_check(target=TlsTarget)
def probe_tls(subject: Subject, target: TlsTarget, seen: TlsSeen | Unanswered, now: datetime) -> Iterator[Finding]:
    """A TLS server does not answer, shows a certificate that is not trusted or is for another name, or one that ends soon."""
    name = target.server_name or target.host
    command = f"openssl s_client -connect {target.host}:{target.port} -servername {name} </dev/null"
    if isinstance(seen, Unanswered):
        yield unanswered("probe_tls", subject, target, seen, command)
        return
    yield from expiring("probe_tls", subject, target, seen.certificate, target.days, now, f"{command} | openssl x509 -noout -enddate")
    if seen.certificate.invalid and seen.certificate.not_after > now:
        why = Evidence(what="verification", value=seen.certificate.invalid, command=command)
        words = f"the certificate of {target.host}:{target.port} is not trusted for {name}: {seen.certificate.invalid}"
        yield wrong("probe_tls", subject, target, "CertificateInvalid", words, why)
    yield from slow("probe_tls", subject, target, seen.seconds, command)
