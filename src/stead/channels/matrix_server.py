"""A Matrix homeserver by its client-server API (https://spec.matrix.org/latest/client-server-api/), as far as Stead needs it."""

from __future__ import annotations

import json
from typing import Any, cast
from urllib.parse import quote

from stead.channels.retry_after import seconds_to_wait
from stead.domain.delivery import Attachment
from stead.domain.errors import PermanentError, TemporaryError
from stead.ports import Clock

_CLIENT = "/_matrix/client/v3"
_TIMEOUT = 30.0
MOST_BYTES = 8 * 1024 * 1024
"""Of a file that is taken in."""


class Server:
    """One account on a homeserver. Every call raises TemporaryError or PermanentError with the server's own words."""

    def __init__(self, name: str, address: str, token: str, clock: Clock) -> None:
        self._name = name
        self._address = address
        self._token = token
        self._clock = clock
        self._me = ""

    async def me(self) -> str:
        """The account's user id."""
        if not self._me:
            self._me = str((await self.call("GET", f"{_CLIENT}/account/whoami"))["user_id"])
        return self._me

    async def resolve(self, alias: str) -> str:
        return str((await self.call("GET", f"{_CLIENT}/directory/room/{_part(alias)}"))["room_id"])

    async def is_encrypted(self, room: str) -> bool:
        state = await self.call("GET", f"{_CLIENT}/rooms/{_part(room)}/state/m.room.encryption", missing_is_none=True)
        return bool(state)

    async def put_event(self, room: str, body: dict[str, Any], txn: str, *, kind: str = "m.room.message") -> str:
        """Send an event; its id, the same for the same `txn`."""
        path = f"{_CLIENT}/rooms/{_part(room)}/send/{kind}/{_part(txn)}"
        return str((await self.call("PUT", path, body))["event_id"])

    async def react(self, room: str, event: str, key: str, txn: str) -> None:
        relation = {"rel_type": "m.annotation", "event_id": event, "key": key}
        await self.put_event(room, {"m.relates_to": relation}, txn, kind="m.reaction")

    async def redact(self, room: str, event: str, txn: str) -> None:
        await self.call("PUT", f"{_CLIENT}/rooms/{_part(room)}/redact/{_part(event)}/{_part(txn)}", {})

    async def own_reactions(self, room: str, event: str) -> dict[str, str]:
        """The account's own reactions to an event: key → the reaction's event id."""
        path = f"/_matrix/client/v1/rooms/{_part(room)}/relations/{_part(event)}/m.annotation/m.reaction?limit=100"
        me = await self.me()
        chunk: list[Any] = (await self.call("GET", path)).get("chunk", [])
        return {e["content"]["m.relates_to"]["key"]: e["event_id"] for e in chunk if e.get("sender") == me and e.get("content")}

    async def event(self, room: str, event: str) -> dict[str, Any]:
        """The event, {} where it is not known (any more)."""
        return await self.call("GET", f"{_CLIENT}/rooms/{_part(room)}/event/{_part(event)}", missing_is_none=True)

    async def is_gone(self, room: str, event: str) -> bool:
        """Whether nobody can see it any more: a redaction leaves an event without content."""
        return not (await self.event(room, event)).get("content")

    async def members(self, room: str) -> dict[str, str]:
        """Who is in the room: user id → shown name."""
        joined = (await self.call("GET", f"{_CLIENT}/rooms/{_part(room)}/joined_members")).get("joined", {})
        return {user: str(about.get("display_name") or user) for user, about in joined.items()}

    async def join(self, room: str) -> None:
        await self.call("POST", f"{_CLIENT}/rooms/{_part(room)}/join", {})

    async def upload(self, file: Attachment) -> str:
        """The `mxc:` address of the file."""
        path = f"/_matrix/media/v3/upload?filename={_part(file.name)}"
        return str((await self.call("POST", path, data=file.data, media_type=file.media_type))["content_uri"])

    async def download(self, address: str) -> bytes:
        """What lies at an `mxc:` address, b"" where that cannot be had."""
        path = f"/_matrix/client/v1/media/download/{address.removeprefix('mxc://')}"
        status, _, found = await self._request("GET", path, None, b"", "", _TIMEOUT)
        return found if status == 200 else b""

    async def call(
        self,
        method: str,
        path: str,
        body: dict[str, Any] | None = None,
        *,
        data: bytes = b"",
        media_type: str = "application/json",
        timeout: float = _TIMEOUT,
        missing_is_none: bool = False,
    ) -> dict[str, Any]:
        """What the server answers; {} for 404 where that may be. `timeout` in seconds."""
        status, retry_after, text = await self._request(method, path, body, data, media_type, timeout)
        answer = _object(text)
        if 200 <= status < 300:
            return answer
        if status == 404 and missing_is_none:
            return {}
        said = f"channel `{self._name}`: the homeserver answered {status}"
        if words := " ".join(str(answer.get(key, "")) for key in ("errcode", "error")).strip():
            said += f": {words[:200]}"
        if status == 429:
            wait = answer.get("retry_after_ms")
            after = wait / 1000 if isinstance(wait, (int, float)) else seconds_to_wait(retry_after, self._clock.now())
            raise TemporaryError(said, retry_after=after)
        raise TemporaryError(said) if status >= 500 else PermanentError(said)

    async def _request(
        self, method: str, path: str, body: dict[str, Any] | None, data: bytes, media_type: str, timeout: float
    ) -> tuple[int, str, bytes]:
        import aiohttp
        import yarl

        headers = {"Authorization": f"Bearer {self._token}"}
        given: dict[str, Any] = {"json": body} if body is not None else {"data": data} if data else {}
        if data:
            headers["Content-Type"] = media_type
        # The path is quoted already: `!` and `$` begin ids, and `/` may stand in them.
        address = yarl.URL(self._address + path, encoded=True)
        try:
            async with (
                aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=timeout)) as session,
                session.request(method, address, headers=headers, allow_redirects=False, **given) as response,
            ):
                return response.status, response.headers.get("Retry-After", ""), await _whole(response.content)
        except TimeoutError as error:
            raise TemporaryError(f"channel `{self._name}`: the homeserver did not answer within {timeout:g} s") from error
        except (aiohttp.ClientError, OSError) as error:
            raise TemporaryError(f"channel `{self._name}`: the homeserver could not be reached ({type(error).__name__})") from error


async def _whole(content: Any) -> bytes:
    """The body, b"" for one of more than MOST_BYTES."""
    found = bytearray()
    async for chunk in content.iter_any():
        found += chunk
        if len(found) > MOST_BYTES:
            return b""
    return bytes(found)


def _part(text: str) -> str:
    """As one part of a path."""
    return quote(text, safe="")


def _object(text: bytes) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return cast("dict[str, Any]", found) if isinstance(found, dict) else {}
