"""Which proxy stands between Stead and the API server: the kubeconfig's `proxy-url`, else the environment's, as Go reads them."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from urllib.parse import urlsplit

from stead.domain.errors import UserError

_SCHEMES = ("http", "https")


def proxy_for(server: str, configured: str, environ: Mapping[str, str], source: str) -> str | None:
    """The proxy's address, None for none. UserError for one that cannot be used. Loopback is never proxied by the environment."""
    url = configured
    if not url:
        target = urlsplit(server)
        if _bypassed(target.hostname or "", target.port, environ.get("NO_PROXY") or environ.get("no_proxy") or ""):
            return None
        name = f"{target.scheme}_proxy"
        url = environ.get(name.upper()) or environ.get(name) or ""
        source = name.upper()
    if not url:
        return None
    url = url if "://" in url else f"http://{url}"
    parts = urlsplit(url)
    if parts.scheme not in _SCHEMES or not parts.hostname:
        raise UserError(
            f"the proxy of {source} is no http:// or https:// address (it begins with `{parts.scheme}://`)",
            hint="use an HTTP proxy; SOCKS is not supported",
        )
    return url


def _bypassed(host: str, port: int | None, exceptions: str) -> bool:
    address = _address(host)
    if host == "localhost" or (address is not None and address.is_loopback):
        return True
    return any(_matches(host, port, address, entry.strip().lower()) for entry in exceptions.split(",") if entry.strip())


def _matches(host: str, port: int | None, address: ipaddress.IPv4Address | ipaddress.IPv6Address | None, entry: str) -> bool:
    if entry == "*":
        return True
    if address is not None and "/" in entry:
        try:
            return address in ipaddress.ip_network(entry, strict=False)
        except ValueError:
            return False
    name, colon, digits = entry.rpartition(":")
    if colon and digits.isdecimal() and ":" not in name:
        if int(digits) != port:
            return False
        entry = name
    bare = entry.removeprefix("*").removeprefix(".")
    return (host.lower() == bare and not entry.startswith(".")) or host.lower().endswith(f".{bare}")


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None
