"""How the API server is trusted, and which client certificate is shown to it.

Promise: certificates in files are read again when the files change, so that a renewed one needs no restart. A private key that came
inside a kubeconfig never touches a disk.
"""

from __future__ import annotations

import base64
import binascii
import os
import ssl
from dataclasses import dataclass, field
from pathlib import Path

from stead.domain.errors import UserError
from stead.estate.kubernetes.kubeconfig import Selected


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyPair:
    """A client certificate and its key, PEM."""

    certificate: bytes
    key: bytes


@dataclass(slots=True, kw_only=True)
class Tls:
    """`context(pair)` gives the ssl context; `pair` (of an exec plugin) stands above the kubeconfig's own certificate."""

    source: str
    insecure: bool = False
    server_name: str | None = None
    ca: bytes | Path | None = None
    certificate: bytes | Path | None = None
    key: bytes | Path | None = None
    _made: dict[object, ssl.SSLContext] = field(default_factory=dict[object, ssl.SSLContext])

    def context(self, pair: KeyPair | None = None) -> ssl.SSLContext:
        """UserError when a file cannot be read or holds no certificate."""
        stamp = (pair, *(_stamp(p) for p in (self.ca, self.certificate, self.key)))
        if stamp not in self._made:
            self._made.clear()
            self._made[stamp] = self._make(pair)
        return self._made[stamp]

    def _make(self, pair: KeyPair | None) -> ssl.SSLContext:
        context = ssl.create_default_context(cadata=self._authority())
        # Python 3.13 turns this on; the authorities that kubeadm and k3s make for themselves do not always pass it.
        context.verify_flags &= ~ssl.VERIFY_X509_STRICT
        if self.insecure:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        if pair is None and self.certificate is not None and self.key is not None:
            pair = KeyPair(certificate=self._bytes(self.certificate), key=self._bytes(self.key))
        if pair is not None:
            _load(context, pair, self.source)
        return context

    def _authority(self) -> str | None:
        if self.ca is None or self.insecure:
            return None
        pem = self._bytes(self.ca).decode("ascii", "replace")
        try:
            ssl.create_default_context(cadata=pem)
        except (ssl.SSLError, ValueError) as error:
            where = f"`{self.ca}`" if isinstance(self.ca, Path) else "certificate-authority-data"
            raise UserError(
                f"{where} of kubeconfig `{self.source}` holds no certificate in PEM form",
                hint="copy the cluster's CA certificate again",
            ) from error
        return pem

    def _bytes(self, given: bytes | Path) -> bytes:
        if isinstance(given, bytes):
            return given
        try:
            return given.read_bytes()
        except OSError as error:
            raise UserError(f"`{given}`, named by kubeconfig `{self.source}`, cannot be read: {error.strerror or error}") from error


def tls_of(selected: Selected) -> Tls:
    """The TLS side of a kubeconfig context. UserError for data that is no base64, or a certificate without its key."""
    cluster, user, source = selected.cluster, selected.user, selected.source
    certificate = _given(user.client_cert_data, user.client_cert, "client-certificate-data", source)
    key = _given(user.client_key_data, user.client_key, "client-key-data", source)
    if (certificate is None) != (key is None):
        lacking = "client-key" if key is None else "client-certificate"
        raise UserError(f"kubeconfig `{source}`: the user of context `{selected.context}` has no {lacking}")
    name = selected.more_cluster.get("tls-server-name")
    tls = Tls(
        source=source,
        insecure=cluster.insecure,
        server_name=name if isinstance(name, str) and name else None,
        ca=_given(cluster.certificate_auth_data, cluster.certificate_auth, "certificate-authority-data", source),
        certificate=certificate,
        key=key,
    )
    tls.context()  # a wrong file is said at start, not at the first request
    return tls


def _given(data: str | None, path: str | None, what: str, source: str) -> bytes | Path | None:
    """Data stands above a path, as in kubectl."""
    if not data:
        return Path(path) if path else None
    try:
        return base64.b64decode(data, validate=True)
    except (binascii.Error, ValueError) as error:
        raise UserError(f"{what} in kubeconfig `{source}` is not base64", hint="copy the kubeconfig again") from error


def _load(context: ssl.SSLContext, pair: KeyPair, source: str) -> None:
    # OpenSSL only takes names of files: an anonymous one in memory has a name and leaves nothing behind.
    descriptor = os.memfd_create("client-certificate", os.MFD_CLOEXEC)
    try:
        # os.write may write less than it is given; a file object does not.
        with os.fdopen(descriptor, "wb", closefd=False) as file:
            file.write(pair.certificate.rstrip() + b"\n" + pair.key)
        context.load_cert_chain(f"/proc/self/fd/{descriptor}", password=_no_password)
    except (ssl.SSLError, OSError, ValueError) as error:
        raise UserError(
            f"the client certificate and key of kubeconfig `{source}` cannot be used: {_openssl(error)}",
            hint="check that the key is the certificate's own, in PEM form and without a passphrase",
        ) from error
    finally:
        os.close(descriptor)


def _no_password() -> str:
    """Without this OpenSSL would ask on the terminal for the passphrase of a protected key, and wait."""
    return ""


def _openssl(error: Exception) -> str:
    reason = getattr(error, "reason", None)
    return str(reason).replace("_", " ").lower() if reason else str(error)


def _stamp(given: bytes | Path | None) -> object:
    if not isinstance(given, Path):
        return given
    try:
        status = given.stat()
    except OSError:
        return None
    return (status.st_ino, status.st_mtime_ns, status.st_size)
