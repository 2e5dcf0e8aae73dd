"""What every probe shares: names, connections, and whose fault it is when they fail.

Promise: what fails on this side (no resolver, no route from here, no socket) is blindness; what fails on the other side is an answer.
"""

from __future__ import annotations

import asyncio
import errno
import socket
import ssl
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from stead.domain.errors import BlindError, UnreachableError
from stead.estate.probes.targets import Certificate, Unanswered

_NO_SUCH_NAME = {socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME)}
"""What getaddrinfo(3) says of a name that does not exist, or has no address. Anything else is the resolver's trouble."""

_NO_WAY_OUT = {errno.ENETUNREACH, errno.ENETDOWN, errno.EADDRNOTAVAIL}
_OTHER_SIDE = {
    errno.ECONNREFUSED: ("Refused", "refuses the connection"),
    errno.EHOSTUNREACH: ("HostUnreachable", "cannot be reached: its host is down, or a router says so"),
    errno.EHOSTDOWN: ("HostUnreachable", "cannot be reached: its host is down"),
    errno.ETIMEDOUT: ("Timeout", "does not answer"),
    errno.ECONNRESET: ("Closed", "closes the connection"),
    errno.EPIPE: ("Closed", "closes the connection"),
    errno.ECONNABORTED: ("Closed", "closes the connection"),
}


def seconds() -> float:
    """For measuring how long an answer took."""
    return time.perf_counter()


async def resolve(host: str, port: int) -> Unanswered | None:
    """Whether the name has an address. UnreachableError when nobody could be asked."""
    try:
        await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except socket.gaierror as error:
        if error.errno in _NO_SUCH_NAME:
            return Unanswered(reason="NameNotFound", words=f"the name {host} does not exist")
        raise UnreachableError(f"no name can be resolved: {error.strerror}", reason="NoResolver", command=f"getent hosts {host}") from error
    except UnicodeError:
        return Unanswered(reason="NameNotFound", words=f"{host[:100]} is not a name")
    return None


def judged(error: OSError, what: str) -> Unanswered:
    """The other side's failure; UnreachableError without a way out of this machine, BlindError for any other trouble of this side."""
    # Several addresses that all failed come as one error with the words of each, and the number of none.
    number = error.errno if error.errno is not None else _number(str(error))
    if number in _OTHER_SIDE:
        reason, words = _OTHER_SIDE[number]
        return Unanswered(reason=reason, words=f"{what} {words}")
    if number in _NO_WAY_OUT:
        raise UnreachableError("there is no way out of this machine's network", reason="NoRoute", command="ip route") from error
    raise BlindError(f"{what} could not be asked: {error.strerror or str(error) or type(error).__name__}", reason="Unreachable") from error


def _number(words: str) -> int | None:
    return next((number for number in (*_OTHER_SIDE, *_NO_WAY_OUT) if f"[Errno {number}]" in words), None)


@asynccontextmanager
async def connected(host: str, port: int, context: ssl.SSLContext | None = None, name: str = "") -> AsyncGenerator[asyncio.StreamWriter]:
    """A connection, closed afterwards. Raises what the socket raises."""
    server = (name or host) if context is not None else None
    _, writer = await asyncio.open_connection(host, port, ssl=context, server_hostname=server)
    try:
        yield writer
    finally:
        writer.transport.abort()
        with suppress(OSError, ssl.SSLError):
            await writer.wait_closed()


def trusting(ca: Path | None) -> ssl.SSLContext:
    """Whom to trust: the system, or the file `ca`. BlindError when that cannot be read."""
    try:
        return ssl.create_default_context(cafile=None if ca is None else str(ca))
    except OSError as error:
        raise BlindError(f"the certificates to trust in {ca} cannot be read: {error.strerror}", reason="Malformed") from error


def trusting_anyone() -> ssl.SSLContext:
    """For looking at a certificate, and for targets whose certificate is not to be judged. Nothing secret is sent."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


async def certificate(host: str, port: int, name: str, verify: ssl.SSLContext | None) -> Certificate | Unanswered:
    """The certificate that is shown there, and with `verify` whether it is trusted. Raises what the socket raises."""
    try:
        async with connected(host, port, trusting_anyone(), name) as writer:
            shown = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
    except ssl.SSLError as error:
        return Unanswered(reason="TlsFailed", words=f"{host}:{port} does not speak TLS: {error.reason or error}")
    try:
        from cryptography import x509

        end = x509.load_der_x509_certificate(shown).not_valid_after_utc
    except (ValueError, TypeError):
        return Unanswered(reason="TlsFailed", words=f"{host}:{port} shows a certificate that cannot be read")
    if verify is None:
        return Certificate(not_after=end)
    try:
        async with connected(host, port, verify, name):
            return Certificate(not_after=end)
    except ssl.SSLCertVerificationError as error:
        return Certificate(not_after=end, invalid=error.verify_message)
    except ssl.SSLError as error:
        return Unanswered(reason="TlsFailed", words=f"{host}:{port} does not speak TLS: {error.reason or error}")
