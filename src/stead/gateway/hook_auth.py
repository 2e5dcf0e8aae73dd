"""Who sends to a hook: a bearer token, basic authentication, or a signature over the body. Secrets are compared in constant time.

A signature carries its time where the sender's way has one, and is good for five minutes: what was recorded on the way cannot be sent
again later. (What is sent again within them is the same alert, and changes nothing.)
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime

from stead.app.hooks import Hook
from stead.gateway.errors import ApiError

REPLAY_WINDOW = 300
"""Seconds by which a signature's time may differ from ours, as with Stripe's and Slack's webhooks."""


def check_sender(hook: Hook, headers: Mapping[str, str]) -> None:
    """By what the headers alone say, so that a stranger's body is not even read. ApiError 401 for a stranger."""
    settings, sent = hook.settings, headers.get("authorization", "")
    if settings.bearer is not None:
        scheme, _, token = sent.partition(" ")
        if scheme.lower() != "bearer" or not _same(token.strip(), settings.bearer.resolve()):
            raise _stranger(hook, "Bearer", "send `Authorization: Bearer …` with the token that the hook's `bearer` names")
    elif settings.basic is not None:
        user, password = _basic(sent)
        # Both are compared, whatever the first says: how long it took tells nothing.
        if not _same(user, settings.basic.user) & _same(password, settings.basic.password.resolve()):
            raise _stranger(hook, 'Basic realm="hooks"', "send the user and password that the hook's `basic` names")


def check_signature(hook: Hook, headers: Mapping[str, str], body: bytes, now: datetime) -> None:
    """Where the hook's requests are signed. ApiError 401 for a signature that is missing, wrong or old."""
    if hook.settings.hmac is None:
        return
    key = hook.settings.hmac.resolve().encode()
    for header in hook.kind.signatures:
        if header in headers:
            if _same(headers[header].removeprefix("sha256="), hmac.new(key, body, hashlib.sha256).hexdigest()):
                return
            break
    if not hook.kind.signatures and _signed(key, headers, body, now):
        return
    wanted = " or ".join(f"`{name}`" for name in hook.kind.signatures) or "`x-stead-timestamp` and `x-stead-signature`"
    raise _stranger(hook, "Signature", f"sign the body with the hook's key, in {wanted}, and keep the clocks right")


def _signed(key: bytes, headers: Mapping[str, str], body: bytes, now: datetime) -> bool:
    """Whether it is signed as Stead's own webhooks are (channels/webhook.py), and not long ago."""
    stamp = headers.get("x-stead-timestamp", "")
    if not stamp.isascii() or not stamp.isdecimal() or len(stamp) > 12 or abs(int(stamp) - now.timestamp()) > REPLAY_WINDOW:
        return False
    expected = hmac.new(key, f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
    return _same(headers.get("x-stead-signature", ""), f"sha256={expected}")


def _basic(sent: str) -> tuple[str, str]:
    """User and password of RFC 7617; two empty texts for anything else."""
    scheme, _, encoded = sent.partition(" ")
    try:
        user, colon, password = base64.b64decode(encoded.strip(), validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        return "", ""
    return (user, password) if scheme.lower() == "basic" and colon else ("", "")


def _same(given: str, wanted: str) -> bool:
    # As bytes: text that is not ASCII would raise.
    return hmac.compare_digest(given.encode(errors="replace"), wanted.encode())


def _stranger(hook: Hook, scheme: str, hint: str) -> ApiError:
    return ApiError(401, f"the hook `{hook.name}` does not know this sender", hint, headers={"WWW-Authenticate": scheme})
