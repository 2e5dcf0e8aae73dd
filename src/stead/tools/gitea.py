"""Gitea and Forgejo: issues, pull requests, commits and files. It reads only: no other method than GET is ever sent.

Source: the server's own description of its API (`/swagger.v1.json`). What people wrote there is other people's words.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from stead.declare import Looked, Tool, Toolset, ToolsetKind
from stead.estate.kubernetes.live import at, items, number, text
from stead.estate.rest import RestServer, path_of
from stead.ports import Clock, Estate, Object
from stead.secrets import SecretRef
from stead.tools.compact import columns
from stead.tools.section import LocalFile, ServerUrl, ToolSection

MOST_ROWS = 30
MOST_COMMENTS = 30
MOST_BODY = 4000
"""Characters of one issue or comment."""
_REPOSITORY = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}/[A-Za-z0-9_.-]{1,100}")

Repository = Annotated[str, Meta(description="owner/name")]
Ref = Annotated[str, Meta(description="Branch, tag or commit; empty: the default branch")]


class GiteaSettings(ToolSection):
    """`url` of the server · `token`, by reference, with the scope to read · `repositories` that may be read, with `*` · `ca_file`."""

    url: ServerUrl
    token: SecretRef | None = None
    repositories: tuple[str, ...] = ("*",)
    ca_file: LocalFile | None = None


class Search(msgspec.Struct, forbid_unknown_fields=True):
    words: str
    what: Literal["issues", "pulls", "repositories"] = "issues"
    state: Literal["open", "closed", "all"] = "open"


class Issue(msgspec.Struct, forbid_unknown_fields=True):
    repository: Repository
    number: int


class Pull(msgspec.Struct, forbid_unknown_fields=True):
    repository: Repository
    number: int
    diff: bool = False


class Files(msgspec.Struct, forbid_unknown_fields=True):
    repository: Repository
    path: Annotated[str, Meta(description="File or folder; empty: the top")] = ""
    ref: Ref = ""


class Commits(msgspec.Struct, forbid_unknown_fields=True):
    repository: Repository
    path: Annotated[str, Meta(description="Only of this file or folder")] = ""
    ref: Ref = ""


class Gitea:
    """One server, and the repositories of it that may be read."""

    def __init__(self, server: RestServer, repositories: tuple[str, ...]) -> None:
        self._server = server
        self._repositories = repositories

    async def search(self, _: Estate, asked: Search) -> Looked:
        if asked.what == "repositories":
            path = "/api/v1/repos/search"
            found = await self._server.json(path, {"q": asked.words, "limit": str(MOST_ROWS)})
            rows = [
                [text(r, "full_name"), text(r, "updated_at"), text(r, "description")[:120]] for r in items(found, "data") if self._may(r)
            ]
        else:
            path = "/api/v1/repos/issues/search"
            params = {"q": asked.words, "type": asked.what, "state": asked.state, "limit": str(MOST_ROWS)}
            found = {"items": await self._server.json(path, params)}
            rows = [list(_row(one)) for one in items(found, "items") if self._may(at(one, "repository"))]
        return Looked(text=columns(rows) if rows else f"no {asked.what} with these words", command=self._server.command(path), tainted=True)

    async def issue(self, _: Estate, asked: Issue) -> Looked:
        path = self._path(asked.repository, "issues", str(asked.number))
        issue = await self._server.json(path)
        comments = {"items": await self._server.json(f"{path}/comments")}
        lines = [*_head(issue), "", _cut(text(issue, "body")) or "(no text)"]
        told = items(comments, "items")
        for one in told[-MOST_COMMENTS:]:
            lines += ["", f"{text(one, 'user', 'login')} at {text(one, 'created_at')}:", _cut(text(one, "body"))]
        return Looked(text="\n".join(lines), command=self._server.command(path), tainted=True)

    async def pull(self, _: Estate, asked: Pull) -> Looked:
        path = self._path(asked.repository, "pulls", str(asked.number))
        pull = await self._server.json(path)
        merged = f", merged at {text(pull, 'merged_at')}" if at(pull, "merged") is True else ""
        branches = f"{text(pull, 'head', 'label')} into {text(pull, 'base', 'label')}{merged}"
        lines = [*_head(pull), branches, "", _cut(text(pull, "body")) or "(no text)", ""]
        if asked.diff:
            diff = await self._server.get(f"{path}.diff")
            return Looked(
                text="\n".join([*lines, diff.decode("utf-8", "replace")]), command=self._server.command(f"{path}.diff"), tainted=True
            )
        files = {"items": await self._server.json(f"{path}/files")}
        lines += [
            f"{text(one, 'status')} {text(one, 'filename')} +{number(one, 'additions')} -{number(one, 'deletions')}"
            for one in items(files, "items")[:200]
        ]
        return Looked(text="\n".join(lines), command=self._server.command(path), tainted=True)

    async def files(self, _: Estate, asked: Files) -> Looked:
        path = self._path(asked.repository, "contents", *([asked.path] if asked.path.strip("/") else []))
        found = await self._server.json(path, {"ref": asked.ref} if asked.ref else {})
        if isinstance(found, list):
            listed = [[text(one, "type"), str(number(one, "size")), text(one, "path")] for one in items({"items": found}, "items")]
            return Looked(text=columns(listed) or "an empty folder", command=self._server.command(path), tainted=True)
        return Looked(text=_content(found), command=self._server.command(path), tainted=True)

    async def commits(self, _: Estate, asked: Commits) -> Looked:
        path = self._path(asked.repository, "commits")
        params = {"limit": str(MOST_ROWS), "stat": "false", "files": "false"}
        params |= ({"path": asked.path} if asked.path else {}) | ({"sha": asked.ref} if asked.ref else {})
        found = {"items": await self._server.json(path, params)}
        rows = [
            [text(one, "sha")[:12], text(one, "commit", "author", "date"), text(one, "commit", "author", "name"), _first_line(one)]
            for one in items(found, "items")
        ]
        return Looked(text=columns(rows) or "no commits", command=self._server.command(path), tainted=True)

    def _path(self, repository: str, *parts: str) -> str:
        if not _REPOSITORY.fullmatch(repository):
            raise ValueError(f"`{repository[:80]}` is not a repository; write owner/name")
        if not self._may({"full_name": repository}):
            raise ValueError(f"{repository} may not be read; `repositories` allows {', '.join(self._repositories)}")
        return path_of("api/v1/repos", repository, *parts)

    def _may(self, repository: object) -> bool:
        name = text(repository, "full_name").lower()
        return any(fnmatchcase(name, pattern.lower()) for pattern in self._repositories)


def _row(one: Object) -> Iterator[str]:
    yield f"{text(one, 'repository', 'full_name')}#{number(one, 'number')}"
    yield text(one, "state")
    yield text(one, "updated_at")
    yield text(one, "title")


def _head(one: Any) -> Iterator[str]:
    labels = ", ".join(text(label, "name") for label in items(one, "labels"))
    yield f"#{number(one, 'number')} {text(one, 'title')} ({text(one, 'state')}{f'; {labels}' if labels else ''})"
    yield f"by {text(one, 'user', 'login')}, {text(one, 'created_at')}, last changed {text(one, 'updated_at')}"


def _content(found: object) -> str:
    if text(found, "type") != "file":
        target = text(found, "target") or text(found, "submodule_git_url")
        return f"{text(found, 'path')} is a {text(found, 'type') or 'thing that has no content'}{f' to {target}' if target else ''}"
    try:
        content = base64.b64decode(text(found, "content"))
    except binascii.Error as error:
        raise ValueError(f"the content of {text(found, 'path')} cannot be read") from error
    if b"\0" in content[:8192]:
        return f"{text(found, 'path')} holds {len(content)} bytes that are no text"
    return content.decode("utf-8", "replace")


def _first_line(one: Object) -> str:
    return text(one, "commit", "message").partition("\n")[0][:160]


def _cut(body: str) -> str:
    body = body.strip()
    return body if len(body) <= MOST_BODY else f"{body[:MOST_BODY]}\n… {len(body) - MOST_BODY} characters more"


def _open(settings: GiteaSettings, _: Clock, __: Path) -> Toolset:
    server = RestServer(name="Gitea", url=settings.url, token=settings.token, token_prefix="token ", ca_file=str(settings.ca_file or ""))
    one = Gitea(server, settings.repositories)
    return Toolset(
        name="gitea",
        fits=lambda _: True,
        kinds=frozenset(),
        tools=(
            Tool(name="gitea_search", arguments=Search, run=one.search, page="Find issues, pull requests or repositories by words."),
            Tool(name="gitea_issue", arguments=Issue, run=one.issue, page="An issue with its comments."),
            Tool(name="gitea_pull", arguments=Pull, run=one.pull, page="A pull request with its files, or its diff."),
            Tool(name="gitea_files", arguments=Files, run=one.files, page="A folder or file of a repository."),
            Tool(name="gitea_commits", arguments=Commits, run=one.commits, page="The last commits, of a file or folder."),
        ),
        page="Gitea, issues, pull requests, commits and files.",
    )


gitea = ToolsetKind(name="gitea", settings=GiteaSettings, open=_open, page=(__doc__ or "").strip())
