"""What an API server's answer, or its silence, means: into the families of domain.errors, one sentence each."""

from __future__ import annotations

import asyncio
import os
import ssl

import msgspec
from aiohttp import (
    ClientConnectorCertificateError,
    ClientConnectorDNSError,
    ClientConnectorError,
    ClientConnectorSSLError,
    ClientError,
    ClientHttpProxyError,
    ClientPayloadError,
    ClientProxyConnectionError,
    ConnectionTimeoutError,
    ServerDisconnectedError,
)

from stead.domain.errors import BlindError, ConflictError, PermanentError, SteadError, TemporaryError


class ApiUnavailableError(TemporaryError):
    """No answer, or one that says to come back later. `reason`: Unreachable, Timeout or Malformed.

    `whole` says that the server could not be reached at all, so that every kind suffers alike.
    """

    def __init__(self, message: str, *, reason: str, command: str = "", whole: bool = False, retry_after: float | None = None) -> None:
        super().__init__(message, retry_after=retry_after)
        self.reason = reason
        self.command = command
        self.whole = whole


class RefusedError(BlindError):
    """HTTP 401 or 403. 401 concerns every kind alike."""


class AbsentError(SteadError):
    """HTTP 404: no such object, or no such API. `named`: the API server itself says that the object is not there."""

    def __init__(self, message: str, *, named: bool = False) -> None:
        super().__init__(message)
        self.named = named


class ExpiredError(SteadError):
    """HTTP 410: the resourceVersion, or the continue token, is too old."""


class InvalidError(PermanentError):
    """HTTP 400, 405, 415 or 422: the server understood, and will not do it."""


class _Details(msgspec.Struct, rename="camel"):
    name: str = ""
    retry_after_seconds: int = 0


class Status(msgspec.Struct):
    """What the API server says when it does not do what was asked for."""

    code: int = 0
    reason: str = ""
    message: str = ""
    details: _Details | None = None


def parse_status(body: bytes) -> Status:
    """An empty Status for what is none (a proxy's page, a cut-off answer)."""
    try:
        return msgspec.json.decode(body, type=Status)
    except (msgspec.ValidationError, msgspec.DecodeError, UnicodeDecodeError):
        return Status()


def refusal(code: int, status: Status, *, server: str, what: str, command: str, retry_after: float | None = None) -> SteadError:
    """The error for an HTTP status that is no success. `what` was asked for (`list pods`); `command` shows the same by hand."""
    said = f": {status.message}" if status.message else ""
    if code == 401:
        return RefusedError(f"{server} does not accept the credentials (401)", reason="Unauthorized", command=command)
    if code == 403:
        return RefusedError(f"{server} refuses to {what} (403){said}", reason="Forbidden", command=command)
    if code == 404:
        return AbsentError(f"{server} has nothing to {what} (404){said}", named=_names_an_object(status))
    if code == 409:
        return ConflictError(f"{server} refuses to {what} (409){said}")
    if code == 410:
        return ExpiredError(status.message or "expired")
    if code == 429 or code >= 500:
        after = retry_after or (status.details.retry_after_seconds if status.details else 0) or None
        return ApiUnavailableError(f"{server} cannot {what} now ({code}){said}", reason="Unreachable", command=command, retry_after=after)
    if 300 <= code < 400:
        return BlindError(f"{server} answers with a redirect ({code}), as no API server does", reason="Malformed", command=command)
    return InvalidError(f"{server} refuses to {what} ({code}){said}")


def silence(error: Exception, *, server: str, what: str, command: str, source: str, proxy: str | None) -> SteadError:
    """The error for a request without a whole answer: not reached, not trusted, too slow, cut off."""
    if isinstance(error, (ClientConnectorCertificateError, ssl.SSLCertVerificationError)):
        return ApiUnavailableError(
            f"the certificate of {server} is not trusted by the CA of {source}: {_verify(error)}",
            reason="Unreachable",
            command=command,
            whole=True,
        )
    return ApiUnavailableError(_sentence(error, server, what, proxy), reason=_reason(error), command=command, whole=_whole(error))


def as_blind(error: Exception, command: str = "") -> BlindError:
    """Any failure of a look, as the BlindError that the Estate port promises."""
    if isinstance(error, BlindError):
        return error
    if isinstance(error, ApiUnavailableError):
        return BlindError(str(error), reason=error.reason, command=error.command or command)
    return BlindError(str(error), reason="Malformed", command=command)


def _names_an_object(status: Status) -> bool:
    """An API that is absent is a 404 with the same reason, but it knows no name."""
    return status.reason == "NotFound" and status.details is not None and bool(status.details.name)


def _whole(error: Exception) -> bool:
    """Whether no connection came about: a slow or cut-off answer may concern one kind alone."""
    return isinstance(error, (ClientConnectorError, ConnectionTimeoutError, ClientHttpProxyError))


def _reason(error: Exception) -> str:
    if isinstance(error, (TimeoutError, asyncio.TimeoutError)):
        return "Timeout"
    return "Malformed" if isinstance(error, ClientPayloadError) else "Unreachable"


def _sentence(error: Exception, server: str, what: str, proxy: str | None) -> str:
    via = " through the proxy" if proxy else ""
    if isinstance(error, ConnectionTimeoutError):
        return f"{server} cannot be reached{via}: no connection within the time allowed"
    if isinstance(error, (TimeoutError, asyncio.TimeoutError)):
        return f"{server} was too slow to {what}"
    if isinstance(error, ClientProxyConnectionError):
        return f"the proxy for {server} cannot be reached: {_system(error)}"
    if isinstance(error, ClientHttpProxyError):
        return f"the proxy for {server} refuses to connect ({error.status})"
    if isinstance(error, ClientConnectorDNSError):
        return f"{server} cannot be reached{via}: the name `{error.host}` is not known"
    if isinstance(error, ClientConnectorSSLError):
        return f"{server} cannot be reached{via}: it does not speak TLS as expected ({_verify(error)})"
    if isinstance(error, ClientConnectorError):
        return f"{server} cannot be reached{via}: {_system(error)}"
    if isinstance(error, (ClientPayloadError, ServerDisconnectedError)):
        return f"{server} cut its answer off when asked to {what}"
    if isinstance(error, ClientError) and not isinstance(error, OSError):
        return f"{server} answered to {what} with something that is no HTTP ({type(error).__name__})"
    return f"the connection to {server} broke when asked to {what}: {_system(error)}"


def _system(error: Exception) -> str:
    number = getattr(error, "errno", None)
    inner = getattr(error, "os_error", None)
    number = getattr(inner, "errno", None) if inner is not None else number
    return os.strerror(number).lower() if isinstance(number, int) and number > 0 else type(error).__name__


def _verify(error: Exception) -> str:
    inner = getattr(error, "certificate_error", None) or getattr(error, "os_error", None) or error
    message = getattr(inner, "verify_message", None) or getattr(inner, "reason", None)
    return str(message).replace("_", " ").lower() if message else type(inner).__name__
