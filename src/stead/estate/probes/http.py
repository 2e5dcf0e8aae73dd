"""Asks a web address once."""

from __future__ import annotations

import asyncio
import ssl
from typing import Protocol
from urllib.parse import urlsplit

from stead.estate.probes import wire
from stead.estate.probes.targets import Certificate, HttpSeen, HttpTarget, Unanswered

MOST = 1024 * 1024
"""Bytes of a body that are read: a page that says whether it is well says so in its first megabyte."""

REDIRECTS = 10


class Body(Protocol):
    """Something that is read in parts."""

    async def read(self, n: int = -1, /) -> bytes: ...


async def probe(target: HttpTarget) -> HttpSeen | Unanswered:
    """One request on a connection of its own. BlindError when it could not be made."""
    parts = urlsplit(target.url)
    host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
    verify = wire.trusting(target.ca) if target.verify else None
    try:
        async with asyncio.timeout(target.timeout.total_seconds()):
            if (lost := await wire.resolve(host, port)) is not None:
                return lost
            seen = await _ask(target, verify)
            if isinstance(seen, Unanswered) or parts.scheme != "https" or not target.days:
                return seen
            shown = await wire.certificate(host, port, host, None)
    except TimeoutError:
        return Unanswered(reason="Timeout", words=f"{target.url} does not answer within {target.timeout.total_seconds():g} s")
    except OSError as error:
        return wire.judged(error, target.url)
    return _with(seen, shown) if isinstance(shown, Certificate) else seen


async def _ask(target: HttpTarget, verify: ssl.SSLContext | None) -> HttpSeen | Unanswered:
    import aiohttp

    follow = not target.redirect
    began = wire.seconds()
    try:
        connector = aiohttp.TCPConnector(ssl=verify or wire.trusting_anyone(), force_close=True)
        async with (
            aiohttp.ClientSession(connector=connector, headers={"User-Agent": "stead"}, cookie_jar=aiohttp.DummyCookieJar()) as session,
            session.request(target.method, target.url, allow_redirects=follow, max_redirects=REDIRECTS) as response,
        ):
            body = await _read(response.content) if target.body is not None else b""
            return HttpSeen(
                status=response.status,
                seconds=wire.seconds() - began,
                location=response.headers.get("Location", ""),
                body=body.decode("utf-8", "replace"),
            )
    except aiohttp.ClientConnectorCertificateError as error:
        words = getattr(error.certificate_error, "verify_message", "") or str(error.certificate_error)
        return Unanswered(reason="CertificateInvalid", words=f"{target.url} shows a certificate that is not trusted: {words}")
    except aiohttp.ClientSSLError as error:
        return Unanswered(reason="TlsFailed", words=f"{target.url} does not speak TLS: {error.strerror or error}")
    except aiohttp.TooManyRedirects:
        return Unanswered(reason="RedirectLoop", words=f"{target.url} redirects more than {REDIRECTS} times")
    except aiohttp.ClientConnectorDNSError as error:
        return Unanswered(reason="NameNotFound", words=f"{target.url} leads to a name that does not exist: {error.host}")
    except aiohttp.ClientOSError:
        raise
    except aiohttp.ServerDisconnectedError:
        return Unanswered(reason="Closed", words=f"{target.url} closes the connection")
    except (aiohttp.ClientError, ValueError) as error:
        return Unanswered(reason="Malformed", words=f"{target.url} answers what is not HTTP: {' '.join(str(error).split())[:200]}")


async def _read(content: Body) -> bytes:
    """The first megabyte."""
    parts: list[bytes] = []
    size = 0
    while size < MOST and (part := await content.read(65536)):
        parts.append(part)
        size += len(part)
    return b"".join(parts)


def _with(seen: HttpSeen, shown: Certificate) -> HttpSeen:
    return HttpSeen(status=seen.status, seconds=seen.seconds, location=seen.location, body=seen.body, certificate=shown)
