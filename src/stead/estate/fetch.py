"""Fetching a page of the open web without being led into the house: HTTPS, allowed hosts, public addresses, nothing else.

Promise: a name is resolved once, its addresses are checked, and the connection goes to a checked address and no other: a name that
answers differently the second time (DNS rebinding) gains nothing. Each redirect is checked like the first address. No cookie, no
credential, no proxy of the environment is used.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any
from urllib.parse import urljoin, urlsplit

import aiohttp
from aiohttp.abc import AbstractResolver

from stead.domain.errors import BlindError

PATIENCE = 15.0
"""Seconds for a page, its redirects included."""
MOST_BYTES = 4 * 1024 * 1024
MOST_REDIRECTS = 5
_HEADERS = {"User-Agent": "stead", "Accept": "text/html, text/*, application/json"}
_REDIRECTS = frozenset({301, 302, 303, 307, 308})

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What came from `url`, after redirects. `kind` is its media type."""

    url: str
    status: int
    kind: str
    charset: str
    body: bytes


class Fetcher:
    """`hosts` are allowed, with `*` for what stands before a dot. `networks` are allowed though they are not public; tests name loopback.

    `context` judges certificates; None: as this machine does.
    """

    def __init__(self, hosts: Sequence[str], *, networks: Sequence[Network] = (), context: ssl.SSLContext | None = None) -> None:
        self._hosts = tuple(host.lower().rstrip(".") for host in hosts)
        self._networks = tuple(networks)
        self._context = context

    async def get(self, url: str) -> Page:
        """The page. ValueError for an address that is not allowed, BlindError when it could not be had."""
        try:
            async with asyncio.timeout(PATIENCE):
                for _ in range(MOST_REDIRECTS + 1):
                    page, onward = await self._once(url)
                    if not onward:
                        return page
                    url = urljoin(url, onward)
        except TimeoutError as error:
            raise BlindError(f"{_short(url)} did not answer within {PATIENCE:.0f} s", reason="Timeout") from error
        raise BlindError(f"{_short(url)} redirects more than {MOST_REDIRECTS} times", reason="Malformed")

    async def _once(self, url: str) -> tuple[Page, str]:
        """One request; where it leads on to, "" where it does not."""
        host, port = self._allowed(url)
        addresses = await self._addresses(host, port)
        connector = aiohttp.TCPConnector(resolver=_Pinned(addresses), ssl=self._context or True, force_close=True, use_dns_cache=False)
        try:
            async with (
                aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar(), trust_env=False) as session,
                session.get(url, allow_redirects=False, headers=_HEADERS) as answer,
            ):
                onward = answer.headers.get("Location", "") if answer.status in _REDIRECTS else ""
                body = b"" if onward else await _bounded(answer.content)
                page = Page(url=url, status=answer.status, kind=answer.content_type, charset=answer.charset or "utf-8", body=body)
                return page, onward
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise BlindError(f"{_short(url)} could not be had: {' '.join(str(error).split())[:200]}", reason="Unreachable") from error

    def _allowed(self, url: str) -> tuple[str, int]:
        """Host and port of an address that may be asked."""
        try:
            parts = urlsplit(url)
            host, port = (parts.hostname or "").lower().rstrip("."), parts.port or 443
        except ValueError as error:
            raise ValueError(f"`{url[:120]}` is not a web address") from error
        if parts.scheme != "https" or not host or parts.username is not None or parts.password is not None:
            raise ValueError(f"`{url[:120]}` is not an https:// address without a password; nothing else is fetched")
        if port != 443 and not self._networks:
            raise ValueError(f"only port 443 is asked, not {port}")
        if not any(fnmatchcase(host, pattern) for pattern in self._hosts):
            raise ValueError(f"{host} is not an allowed host; allowed are: {', '.join(self._hosts) or 'none'}")
        return host, port

    async def _addresses(self, host: str, port: int) -> list[dict[str, Any]]:
        """Every address of the name, each of them public or in an allowed network. ValueError when one is not."""
        try:
            found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (socket.gaierror, UnicodeError) as error:
            raise BlindError(f"the name {host} cannot be resolved", reason="Unreachable") from error
        for *_, place in found:
            address = ipaddress.ip_address(str(place[0]).partition("%")[0])
            if not self._may(address):
                raise ValueError(f"{host} leads to {address}, which is no public address; it is not asked")
        return [
            {"hostname": host, "host": str(place[0]), "port": port, "family": family, "proto": proto, "flags": socket.AI_NUMERICHOST}
            for family, _, proto, _, place in found
        ]

    def _may(self, address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
        """An IPv4 address that is dressed as one of IPv6 (mapped, 6to4, NAT64, Teredo) is judged by what is inside."""
        if any(address in network for network in self._networks if network.version == address.version):
            return True
        inner = _inner(address) if isinstance(address, ipaddress.IPv6Address) else None
        return address.is_global and not address.is_multicast and (inner is None or (inner.is_global and not inner.is_multicast))


_NAT64 = ipaddress.ip_network("64:ff9b::/96")
"""RFC 6052."""


def _inner(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)


class _Pinned(AbstractResolver):
    """A resolver that knows the checked addresses and asks nobody."""

    def __init__(self, addresses: list[dict[str, Any]]) -> None:
        self._addresses = addresses

    async def resolve(self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC) -> list[Any]:
        return [{**one, "hostname": host, "port": port} for one in self._addresses if family in (socket.AF_UNSPEC, one["family"])]

    async def close(self) -> None:
        """It holds nothing."""


async def _bounded(content: Any) -> bytes:
    parts: list[bytes] = []
    size = 0
    while size < MOST_BYTES and (part := await content.read(65536)):
        parts.append(part)
        size += len(part)
    return b"".join(parts)[:MOST_BYTES]


def _short(url: str) -> str:
    return url.partition("?")[0][:120]
