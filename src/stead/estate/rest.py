"""Servers that are read over HTTP: one GET at a time, with a bound on time and size.

Promise: no other method is ever sent, no redirect followed, and a token goes to the configured address only. Each failure is a BlindError.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import msgspec

from stead.domain.errors import BlindError, UserError
from stead.estate.kubernetes.live import text, texts
from stead.secrets import SecretRef

PATIENCE = 15.0
"""Seconds that an answer may take."""
MOST_BYTES = 8 * 1024 * 1024

_SEGMENT = re.compile(r"[^/\x00-\x1f\x7f]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class RestServer:
    """`url` without a slash at its end · `token` goes into `token_header`, after `token_prefix` · `headers` go with each question.

    `name` is what a person calls it (`Gitea`).
    """

    name: str
    url: str
    token: SecretRef | None = None
    token_header: str = "Authorization"
    token_prefix: str = ""
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    ca_file: str = ""

    async def json(self, path: str, params: Mapping[str, str] | None = None) -> Any:
        """The answer to a GET, as JSON. AbsentAnswerError for a 404, BlindError for any other failure."""
        body = await self.get(path, params)
        try:
            return msgspec.json.decode(body)
        except (ValueError, RecursionError) as error:
            raise self._blind("answered with something that is no JSON", "Malformed", path) from error

    async def get(self, path: str, params: Mapping[str, str] | None = None) -> bytes:
        """The body of a GET; `path` begins with a slash, its parts quoted (see `path_of`)."""
        import aiohttp
        from yarl import URL

        try:
            secret = {self.token_header: self.token_prefix + self.token.resolve()} if self.token is not None else {}
        except UserError as error:
            raise self._blind(f"cannot be asked: {error}", "Unauthorized", path) from error
        url = URL(self.url + path, encoded=True).with_query(dict(params or {}))
        try:
            async with (
                aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=PATIENCE), connector=self.connector()) as session,
                session.get(url, headers={"User-Agent": "stead", **self.headers, **secret}, allow_redirects=False) as response,
            ):
                return self._judged(response.status, await _bounded(response.content), path)
        except TimeoutError as error:
            raise self._blind(f"did not answer within {PATIENCE:.0f} s", "Timeout", path) from error
        except (aiohttp.ClientError, OSError) as error:
            raise self._blind(
                f"cannot be reached: {' '.join(str(error).split())[:200] or type(error).__name__}", "Unreachable", path
            ) from error

    def connector(self) -> Any:
        """A connection for one request (an `aiohttp.BaseConnector`), which trusts whom the configuration says."""
        import aiohttp

        return aiohttp.TCPConnector(ssl=_context(self.ca_file), force_close=True)

    def command(self, path: str) -> str:
        """The line to paste that asks the same."""
        secret = f"-H '{self.token_header}: {self.token_prefix}…' " if self.token is not None else ""
        return f"curl -s {secret}'{self.url}{path}'"

    def _judged(self, status: int, body: bytes, path: str) -> bytes:
        if 200 <= status < 300:
            if len(body) > MOST_BYTES:
                raise self._blind(f"answered with more than {MOST_BYTES} bytes", "Malformed", path)
            return body
        said = _message(body)
        if status == 404:
            raise AbsentAnswerError(f"{self.name} has nothing at {path} (404){said}", reason="Absent", command=self.command(path))
        if status in (401, 403):
            raise self._blind(f"refuses to answer ({status}){said}", "Unauthorized" if status == 401 else "Forbidden", path)
        if 300 <= status < 400:
            raise self._blind(f"answers with a redirect ({status}), which is not followed", "Malformed", path)
        raise self._blind(f"answered {status}{said}", "Unreachable" if status >= 500 else "Malformed", path)

    def _blind(self, what: str, reason: str, path: str) -> BlindError:
        return BlindError(f"{self.name} at {self.url} {what}", reason=reason, command=self.command(path))


class AbsentAnswerError(BlindError):
    """The server says that there is no such thing (404)."""


def path_of(*parts: str) -> str:
    """Parts as a path, each quoted; a part may itself hold slashes. ValueError for one that leads elsewhere (`..`) or is empty."""
    segments = [segment for part in parts for segment in part.strip("/").split("/")]
    for segment in segments:
        if not _SEGMENT.fullmatch(segment) or segment in (".", ".."):
            raise ValueError(f"`{'/'.join(parts)[:120]}` is not a path")
    return "/" + "/".join(quote(segment, safe="") for segment in segments)


async def _bounded(content: Any) -> bytes:
    parts: list[bytes] = []
    size = 0
    while size <= MOST_BYTES and (part := await content.read(65536)):
        parts.append(part)
        size += len(part)
    return b"".join(parts)


def _message(body: bytes) -> str:
    """What the server says of its refusal, where it says it as JSON."""
    try:
        found: Any = msgspec.json.decode(body[:65536])
    except (ValueError, RecursionError):
        return ""
    said = text(found, "message") or "; ".join(texts(found, "errors"))
    return f": {said[:200]}" if said else ""


def _context(ca_file: str) -> Any:
    if not ca_file:
        return True
    import ssl

    return ssl.create_default_context(cafile=ca_file)
