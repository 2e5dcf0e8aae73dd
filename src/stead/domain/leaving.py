"""What of a sentence would tell a stranger of the house: secrets, addresses, and names of its machines.

Promise: words in which this finds something are not sent. It cannot know what nothing gives away, a name that is an ordinary word.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Collection, Iterator

from stead.domain.redaction import redact

_IPV4 = re.compile(r"(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?!\d|\.\d)")
_MAC = re.compile(r"(?<![0-9A-Fa-f])(?:[0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2}(?![0-9A-Fa-f])")
_BETWEEN = re.compile(r"[\s\"'`()<>\[\]{},;=|]+")
_INSIDE = re.compile(r"[/\\?#@:&]+")
"""Between the parts of an address with scheme, user, port and path."""
_PRIVATE = frozenset({"local", "intranet", "internal", "private", "corp", "home", "lan", "localdomain", "svc"})
"""Last labels of names that only a house knows: RFC 6762 and its appendix G; `svc` as Kubernetes' DNS has it
(https://github.com/kubernetes/dns/blob/master/docs/specification.md)."""


def of_the_house(text: str, names: Collection[str] = ()) -> str:
    """What in `text` would tell of the house, in words for its author; "" for nothing. `names` are those of its machines and sites."""
    if redact(text) != text:
        return "what looks like a secret"
    for address in (*_IPV4.findall(text), *_MAC.findall(text)):
        if ":" in address or "-" in address or _tells(address):
            return f"the address {address}"
    known = {name.lower().rstrip(".") for name in names if re.search(r"[\d.-]", name)}
    for word in _words(text):
        if word.count(":") > 1 and (_tells(word) or _tells(word.removesuffix(":"))):
            return f"the address {word.removesuffix(':')}"
        for part in filter(None, _INSIDE.split(word)):
            host = part.strip(".")
            if _is_private(host) or any(host == name or host.endswith(f".{name}") or host.startswith(f"{name}.") for name in known):
                return f"`{host}`, a name of this house"
    return ""


def _words(text: str) -> Iterator[str]:
    return (word.strip(".!?").lower() for word in _BETWEEN.split(text) if word)


def _is_private(host: str) -> bool:
    """RFC 8375 has `home.arpa`."""
    _, dot, last = host.rpartition(".")
    return bool(dot) and (last in _PRIVATE or host == "home.arpa" or host.endswith(".home.arpa"))


def _tells(address: str) -> bool:
    """Whether it is an address, and not one that every machine has."""
    try:
        found = ipaddress.ip_address(re.split(r"[%/]", address, maxsplit=1)[0])
    except ValueError:
        return False
    return not (found.is_loopback or found.is_unspecified)
