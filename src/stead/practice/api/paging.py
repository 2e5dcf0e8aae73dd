"""`limit` and `continue`: a long list in parts that together are one consistent state.

The token is the real server's: base64 of JSON with the version and the key to go on from
(`k8s.io/apiserver/pkg/storage/continue.go`).
"""

from __future__ import annotations

import base64
import binascii
import json

from stead.practice.api import errors
from stead.practice.objects import Key


def encode(version: int, last: Key, namespaced: bool) -> str:
    start = f"/{last[0]}/{last[1]}\0" if namespaced and last[0] else f"{last[1]}\0"
    raw = json.dumps({"v": "meta.k8s.io/v1", "rv": version, "start": start}, separators=(",", ":"))
    return base64.urlsafe_b64encode(raw.encode()).decode().rstrip("=")


def decode(token: str, namespace: str) -> tuple[int, Key]:
    """The version of the list and the last key that was sent."""
    try:
        raw = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
        found = json.loads(raw)
        start = str(found["start"]).rstrip("\0")
        version = int(found["rv"])
        space, name = start[1:].split("/", 1) if start.startswith("/") else (namespace, start)
    except (binascii.Error, ValueError, KeyError, TypeError):
        raise errors.bad_request(f"invalid continue token: continue key is not valid: {_go(token)}") from None
    return version, (space, name)


def _go(token: str) -> str:
    """Go's complaint about the first character that is no JSON."""
    try:
        first = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))[:1]
    except (binascii.Error, ValueError):
        return f"illegal base64 data at input byte {len(token)}"
    shown = first.decode("latin-1")
    shown = shown if shown.isprintable() else f"\\u{ord(shown):04x}"
    return f"invalid character '{shown}' looking for beginning of value"
