"""The service's HTTP API as the commands use it. Plain `http.client`: `stead status` has a quarter of a second."""

from __future__ import annotations

import http.client
import json
import os
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, cast
from urllib.parse import urlencode, urlsplit

from stead.app import local_token
from stead.domain.errors import Exit, UserError

DEFAULT_URL = "http://127.0.0.1:8642"

TIMEOUT = 10.0
"""Seconds. The slowest answer is one incident's story, which takes milliseconds."""

MOST_ANSWER = 64 * 1024 * 1024

GOOD = (200, 201, 202)
"""Done, made, and taken: the answer of the last says where its end will be."""

EXITS = {400: Exit.USAGE, 404: Exit.NEGATIVE, 401: Exit.REFUSED, 403: Exit.REFUSED, 409: Exit.REFUSED, 413: Exit.USAGE, 421: Exit.REFUSED}
"""The exit code of an HTTP status; any other refusal means that the service is not to be had."""


@dataclass(frozen=True, slots=True)
class Client:
    """`url` without a path, `token` "" where there is none. `own` is where this user's own service leaves its token, at each start anew."""

    url: str
    token: str
    own: Path | None = None

    @classmethod
    def of(cls, url: str | None, token: str | None) -> Client:
        """From `--url` and `--token`, else this user's own service. UserError for a URL that is none."""
        address = (url or DEFAULT_URL).strip().rstrip("/")
        try:
            parts = urlsplit(address)
            good = parts.scheme in ("http", "https") and bool(parts.hostname) and not parts.path and (parts.port or 1) > 0
            own = local_token.place(address, os.environ) if good else None
        except ValueError:
            own = None
        if own is None:
            raise UserError(f"`{address}` is not the address of a service", hint=f"write it like {DEFAULT_URL}")
        given = (token or "").strip()
        if not given.isascii() or any(c.isspace() for c in given):
            raise UserError("the token has characters that no token has", hint="copy it again: stead_… in one line")
        return cls(address, given or local_token.read(own), None if given else own)

    @property
    def bearer(self) -> str:
        """The token as it is at this moment: the service may have been started anew."""
        return (local_token.read(self.own) if self.own is not None else "") or self.token

    def get(self, path: str, **query: str | int) -> Any:
        """The JSON at `path`. UserError when it cannot be had, with the service's own words where it said any."""
        return self.ask("GET", path + (f"?{urlencode(query)}" if query else ""))

    def post(self, path: str, body: dict[str, Any], **headers: str) -> Any:
        """The JSON that answers `body`. Underscores in header names stand for dashes."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.ask("POST", path, json.dumps(body, ensure_ascii=False), sent)

    def delete(self, path: str) -> Any:
        return self.ask("DELETE", path)

    def ask(self, method: str, path: str, body: str | None = None, more: Mapping[str, str] = MappingProxyType({})) -> Any:
        headers = {"Accept": "application/json", "Content-Type": "application/json", **more}
        if bearer := self.bearer:
            headers["Authorization"] = f"Bearer {bearer}"
        connection = self.connection()
        try:
            connection.request(method, path, None if body is None else body.encode(errors="replace"), headers)
            answer = connection.getresponse()
            return self.understood(answer.status, answer.read(MOST_ANSWER))
        except ssl.SSLCertVerificationError as error:
            raise UserError(
                f"the certificate of {self.url} is not trusted: {error.verify_message}", hint="set SSL_CERT_FILE to its CA"
            ) from error
        except ssl.SSLError as error:
            raise self.unreachable("does not speak TLS as expected", "write http:// where no proxy with TLS stands in front") from error
        except TimeoutError as error:
            raise self.unreachable(f"did not answer within {TIMEOUT:.0f} s", "look at its log") from error
        except OSError as error:
            why = (error.strerror or str(error)).lower()
            raise self.unreachable(f"does not answer: {why}", "start it with `stead up`, or name another with --url") from error
        except http.client.HTTPException as error:
            raise self.unreachable("does not speak HTTP", "is --url right?") from error
        finally:
            connection.close()

    def connection(self) -> http.client.HTTPConnection:
        parts = urlsplit(self.url)
        kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        return kind(parts.hostname or "", parts.port, timeout=TIMEOUT)

    def understood(self, status: int, raw: bytes) -> Any:
        """The answer's JSON. UserError for a refusal, or for an answer that Stead does not give."""
        try:
            answer: Any = json.loads(raw)
        except (ValueError, RecursionError) as error:
            raise self.unreachable("answers, but not as Stead does", "is --url right?") from error
        if status in GOOD:
            return answer
        if not isinstance(answer, dict) or "error" not in answer:
            raise self.unreachable(f"answers {status}, but not as Stead does", "is --url right?")
        said = cast(dict[str, Any], answer)
        raise UserError(str(said["error"]), hint=str(said.get("hint", "")), code=EXITS.get(status, Exit.UNREACHABLE))

    def unreachable(self, what: str, hint: str) -> UserError:
        return UserError(f"the service at {self.url} {what}", hint=hint, code=Exit.UNREACHABLE)
