"""Messages as signed JSON to a URL of your own."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any, cast
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, field_validator
from pydantic_core import PydanticCustomError

from stead.channels.retry_after import seconds_to_wait
from stead.channels.text import disarmed, render
from stead.declare import ChannelKind
from stead.domain.delivery import Capabilities, Delivery, Message
from stead.domain.errors import PermanentError, TemporaryError, UserError
from stead.domain.ids import approval_number
from stead.ports import Clock
from stead.secrets import SecretRef

LATER = frozenset({408, 425, 429})
"""Client errors that ask to come back: Request Timeout, Too Early, Too Many Requests (RFC 9110, 8470, 6585)."""

_LARGEST_ANSWER = 16 * 1024
"""Bytes of an answer that are looked at for an id."""


class WebhookSettings(BaseModel):
    """`url` http(s), or a reference to it · `secret` the signing key's reference · `timeout` of one try, in seconds."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    url: str
    secret: SecretRef
    timeout: float = Field(default=10.0, gt=0, le=120, allow_inf_nan=False)

    @field_validator("url")
    @classmethod
    def _check_url(cls, url: str) -> str:
        if url.startswith(("env:", "file:", "cred:")):
            return SecretRef(url)
        if wrong := _not_a_web_address(url):
            raise PydanticCustomError("value_error", "{what}", {"what": wrong})
        return url


class Webhook:
    """POSTs each delivery. What a receiver needs to trust it is in the headers (see `sign`); an edit carries `replaces`."""

    capabilities = Capabilities(edit=True)

    def __init__(self, name: str, url: str, secret: str, *, timeout: float, clock: Clock) -> None:
        self.name = name
        self._url = url
        self._secret = secret.encode()
        self._timeout = timeout
        self._clock = clock
        self._closed = False

    async def send(self, delivery: Delivery) -> str:
        """POST the delivery; return the `id` that the receiver answers with, else the idempotency key."""
        if self._closed:
            raise PermanentError(f"channel `{self.name}` is closed")
        key = idempotency_key(delivery)
        payload = json.dumps(envelope(delivery), ensure_ascii=False, separators=(",", ":")).encode()
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "stead",
            "Idempotency-Key": key,
            **sign(payload, self._secret, timestamp=int(self._clock.now().timestamp())),
        }
        status, retry_after, answer = await self._post(payload, headers)
        self._judge(status, retry_after)
        return _answered_id(answer) or key

    async def close(self) -> None:
        self._closed = True

    async def _post(self, payload: bytes, headers: dict[str, str]) -> tuple[int, str, bytes]:
        """(status, Retry-After, the answer's beginning). A connection of its own for each try: deliveries are rare, and may come
        from any event loop."""
        import aiohttp

        limits = aiohttp.ClientTimeout(total=self._timeout)
        try:
            async with (
                aiohttp.ClientSession(timeout=limits, auto_decompress=False) as session,
                session.post(self._url, data=payload, headers=headers, allow_redirects=False) as response,
            ):
                # Past this point the receiver has answered: a cut body changes nothing of its verdict.
                return response.status, response.headers.get("Retry-After", ""), await _beginning(response)
        except TimeoutError as error:
            raise TemporaryError(f"channel `{self.name}`: no answer within {self._timeout:g} s") from error
        except aiohttp.InvalidURL as error:
            raise PermanentError(f"channel `{self.name}`: its URL is not valid") from error
        except (aiohttp.ClientError, OSError) as error:
            # The error's own text may hold the URL, and a URL may hold a token.
            raise TemporaryError(f"channel `{self.name}`: {_host(self._url)} could not be reached ({type(error).__name__})") from error

    def _judge(self, status: int, retry_after: str) -> None:
        if 200 <= status < 300:
            return
        said = f"channel `{self.name}`: {_host(self._url)} answered {status}"
        if status in LATER or status >= 500:
            raise TemporaryError(said, retry_after=seconds_to_wait(retry_after, self._clock.now()))
        raise PermanentError(said + (", and redirects are not followed" if 300 <= status < 400 else ""))


def sign(payload: bytes, secret: bytes, *, timestamp: int) -> dict[str, str]:
    """The headers by which a receiver knows the sender: HMAC-SHA256 over `{timestamp}.{payload}`, the timestamp in Unix seconds."""
    digest = hmac.new(secret, f"{timestamp}.".encode() + payload, hashlib.sha256).hexdigest()
    return {"X-Stead-Timestamp": str(timestamp), "X-Stead-Signature": f"sha256={digest}"}


def idempotency_key(delivery: Delivery) -> str:
    """The same for every try of one delivery, another one for any other, also after the store was made anew."""
    return f"stead-{delivery.id}-{int(delivery.created_at.timestamp() * 1000)}"


def envelope(delivery: Delivery) -> dict[str, Any]:
    """The JSON body: the delivery, its structured message, and the same as plain `text`."""
    return {
        "schemaVersion": 1,
        "id": idempotency_key(delivery),
        "conversation": delivery.conversation,
        "position": delivery.position,
        "because": delivery.because.value,
        "replaces": delivery.replaces,
        "createdAt": delivery.created_at.isoformat(),
        "message": _message(disarmed(delivery.message)),
        "text": render(delivery.message),
    }


def _message(message: Message) -> dict[str, Any]:
    return {
        "number": message.number,
        "title": message.title,
        "severity": message.severity.value,
        "state": message.state,
        "resolved": message.resolved,
        "blocks": [{"kind": b.kind.value, "text": b.text, "command": b.command} for b in message.blocks],
        "buttons": [{"label": b.label, "approval": approval_number(b.approval), "decision": b.decision} for b in message.buttons],
    }


async def _beginning(response: Any) -> bytes:
    import aiohttp

    try:
        return await response.content.read(_LARGEST_ANSWER)
    except (aiohttp.ClientError, OSError, TimeoutError):
        return b""


def _answered_id(answer: bytes) -> str:
    try:
        found: Any = json.loads(answer)
    except (ValueError, RecursionError):
        return ""
    identity: Any = cast("dict[str, Any]", found).get("id") if isinstance(found, dict) else None
    return identity if isinstance(identity, str) and len(identity) <= 200 else ""


def _host(url: str) -> str:
    parts = urlsplit(url)
    return parts.hostname or "the receiver"


def _not_a_web_address(url: str) -> str:
    """What is wrong with it as a webhook's URL, without the URL; "" when it is http(s) with a host and no password."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return "is not a web address; write https://host/path"
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return "is not a web address; write https://host/path, or a reference to it (`env:NAME`)"
    if parts.username is not None or parts.password is not None:
        return "holds a user or a password; leave it out, the signature tells who sends"
    return ""


def _open(name: str, settings: WebhookSettings, clock: Clock) -> Webhook:
    url = settings.url
    if isinstance(url, SecretRef):
        reference, url = url, url.resolve()
        if wrong := _not_a_web_address(url):
            raise UserError(f"channel `{name}`: `{reference}` does not hold a web address", hint=f"what it holds {wrong}")
    return Webhook(name, url, settings.secret.resolve(), timeout=settings.timeout, clock=clock)


webhook = ChannelKind(kind="webhook", settings=WebhookSettings, open=_open, page=(__doc__ or "").strip())
