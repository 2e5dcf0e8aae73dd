"""A forge that pull requests are opened on: Gitea, and Forgejo, which answers the same.

Source: the server's own description of its API (`/swagger.v1.json`: repoGetPullRequestByBaseHead, repoCreatePullRequest,
repoEditPullRequest). A draft there is a title that begins with `WIP:` (docs.gitea.com, "Pull Request").
Promise: nothing is ever merged, closed or deleted from here; a pull request that is there already is edited, and never doubled.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import msgspec

from stead.domain.errors import ConflictError, PermanentError, TemporaryError, UserError
from stead.estate.kubernetes.live import at, number, text
from stead.estate.rest import MOST_BYTES, PATIENCE, AbsentAnswerError, RestServer, path_of

DRAFT = "WIP: "


@dataclass(frozen=True, slots=True, kw_only=True)
class Pull:
    """`head` is the commit that its branch is at · `closed` says that it is no longer open, `merged_by` who merged it, "" for nobody."""

    number: int
    url: str
    title: str
    body: str
    head: str
    closed: bool
    merged: bool
    merged_by: str


class Forge:
    """One repository's pull requests on a server."""

    def __init__(self, server: RestServer, slug: str) -> None:
        self._server = server
        self._pulls = path_of("api/v1/repos", slug, "pulls")

    async def find(self, base: str, branch: str) -> Pull | None:
        """The pull request of that branch, newest first; None where there is none. BlindError when it cannot be asked."""
        try:
            return _pull(await self._server.json(f"{self._pulls}/{quote(base, safe='')}/{quote(branch, safe='/')}"))
        except AbsentAnswerError:
            return None

    async def put(self, base: str, branch: str, title: str, body: str) -> Pull:
        """Open the draft, or bring the one up to date that is there. ConflictError where a person has closed it."""
        there = await self.find(base, branch)
        if there is None:
            asked = {"title": DRAFT + title, "body": body, "base": base, "head": branch}
            return _pull(await self._send("POST", self._pulls, asked))
        if there.closed:
            raise ConflictError(f"pull request {there.url} is {'merged' if there.merged else 'closed'} already")
        return there if there.body == body else _pull(await self._send("PATCH", f"{self._pulls}/{there.number}", {"body": body}))

    async def _send(self, method: str, path: str, body: Mapping[str, Any]) -> Any:
        """PermanentError when it is refused, TemporaryError when it may work later: whether it was done has to be looked at then."""
        import aiohttp
        from yarl import URL

        server = self._server
        try:
            secret = {server.token_header: server.token_prefix + server.token.resolve()} if server.token is not None else {}
        except UserError as error:
            raise PermanentError(f"{server.name} cannot be asked: {error}") from error
        headers = {"User-Agent": "stead", "Content-Type": "application/json", **secret}
        timeout = aiohttp.ClientTimeout(total=PATIENCE)
        try:
            async with (
                aiohttp.ClientSession(timeout=timeout, connector=server.connector()) as session,
                session.request(
                    method, URL(server.url + path, encoded=True), headers=headers, data=msgspec.json.encode(body), allow_redirects=False
                ) as response,
            ):
                said = await response.content.read(MOST_BYTES)
                return self._judged(response.status, said, path)
        except TimeoutError as error:
            raise TemporaryError(f"{server.name} at {server.url} did not answer within {PATIENCE:.0f} s") from error
        except (aiohttp.ClientError, OSError) as error:
            raise TemporaryError(f"{server.name} at {server.url} cannot be reached: {' '.join(str(error).split())[:200]}") from error

    def _judged(self, status: int, said: bytes, path: str) -> Any:
        try:
            found: Any = msgspec.json.decode(said) if said else {}
        except (ValueError, RecursionError):
            found = {}
        if status in (200, 201):
            return found
        words = f"{self._server.name} answered {status} at {path}: {text(found, 'message')[:200] or 'it did not say why'}"
        if status == 409:
            raise ConflictError(words)
        if status == 429 or status >= 500:
            raise TemporaryError(words)
        raise PermanentError(words)


def _pull(found: Any) -> Pull:
    return Pull(
        number=number(found, "number"),
        url=text(found, "html_url"),
        title=text(found, "title"),
        body=text(found, "body"),
        head=text(found, "head", "sha"),
        closed=text(found, "state") != "open",
        merged=at(found, "merged") is True,
        merged_by=text(found, "merged_by", "login"),
    )
