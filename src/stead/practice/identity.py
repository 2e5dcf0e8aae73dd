"""Is this server a practice cluster? Told by the certificate authority that a kubeconfig trusts, before the first request.

Promise: only a server whose every trusted authority was made by `stead.practice` is taken for one. A kubeconfig that trusts nothing, or
anything, is refused: what breaks things on purpose must never reach a cluster that somebody lives on.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from pathlib import Path

from cryptography import x509
from cryptography.x509.oid import NameOID

from stead.domain.errors import Exit, UserError
from stead.estate.kubernetes.kubeconfig import Selected, select
from stead.practice.api.certificates import AUTHORITY, ORGANIZATION


def is_practice_authority(pem: bytes) -> bool:
    """Whether each of the certificates (PEM, one or more) is the authority of a practice cluster, issued by itself."""
    try:
        found = x509.load_pem_x509_certificates(pem)
    except ValueError:
        return False
    return bool(found) and all(_ours(certificate) for certificate in found)


def _ours(certificate: x509.Certificate) -> bool:
    names = {item.oid: item.value for item in certificate.subject}
    named = names == {NameOID.ORGANIZATION_NAME: ORGANIZATION, NameOID.COMMON_NAME: AUTHORITY}
    try:
        certificate.verify_directly_issued_by(certificate)  # raises when another key has signed it
    except Exception:  # cryptography has a type for each way in which a signature can be wrong
        return False
    return named


def is_practice(kubeconfig: str | Path | None, context: str | None = None, environ: Mapping[str, str] | None = None) -> bool:
    """Whether the kubeconfig (None: as kubectl finds one) points at a practice cluster. UserError when it cannot be read."""
    return _why_not(select(str(kubeconfig) if kubeconfig else None, context, environ)) == ""


def require_practice(kubeconfig: str | Path | None, context: str | None = None, environ: Mapping[str, str] | None = None) -> None:
    """Raise UserError (REFUSED) unless the kubeconfig points at a practice cluster. Nothing is asked of its server."""
    selected = select(str(kubeconfig) if kubeconfig else None, context, environ)
    if why := _why_not(selected):
        told = f"context `{selected.context}` of {selected.source} is no practice cluster: {why}"
        raise UserError(
            told, hint="practice commands work on practice clusters alone: start one with `stead practice up`", code=Exit.REFUSED
        )


def _why_not(selected: Selected) -> str:
    """Why it is none; empty when it is one."""
    cluster = selected.cluster
    if cluster.insecure:
        return "it trusts whatever answers (insecure-skip-tls-verify)"
    if cluster.certificate_auth_data:
        try:
            pem = base64.b64decode(cluster.certificate_auth_data, validate=True)
        except binascii.Error:
            return "its certificate-authority-data is not base64"
    elif cluster.certificate_auth:
        try:
            pem = Path(cluster.certificate_auth).read_bytes()
        except OSError as error:
            return f"its certificate authority cannot be read ({error.strerror})"
    else:
        return "it names no certificate authority"
    return "" if is_practice_authority(pem) else "its certificate authority was not made by `stead practice`"
