"""Pushes to repositories of Gitea, Forgejo and GitHub: what is made from a repository may break by them, so findings name them.

Each request is signed over its body (https://docs.gitea.com/usage/webhooks,
https://docs.github.com/en/webhooks/webhook-events-and-payloads#push). Other events than pushes of a branch are taken, and say nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

from pydantic import BaseModel, ConfigDict

from stead.declare import Read, SourceKind
from stead.domain.change import Done
from stead.domain.errors import MalformedError
from stead.domain.push import MOST_PATHS, Push
from stead.sources.reading import Json, json_object, objects, text

_EVENTS = ("x-gitea-event", "x-forgejo-event", "x-gogs-event", "x-github-event")
_BRANCH = "refs/heads/"
_TOUCHED = (("added", Done.CREATED), ("removed", Done.DELETED), ("modified", Done.CHANGED))


class GitSettings(BaseModel):
    """It has no keys of its own."""

    model_config = ConfigDict(extra="forbid")


def read(body: bytes, headers: Mapping[str, str]) -> Sequence[Push]:
    """The push in the body, none for another event. MalformedError for what is no push, though it says that it is one."""
    event = next((headers[name] for name in _EVENTS if name in headers), "push")
    given = json_object(body)
    if event != "push":
        return []
    ref, after = text(given, "ref"), text(given, "after")
    name = text(_object(given, "repository"), "full_name")
    if not ref or not after or not name:
        raise MalformedError("a push has `ref`, `after` and `repository.full_name`")
    if not ref.startswith(_BRANCH) or after.strip("0") == "":
        return []
    return [_push(given, name, ref.removeprefix(_BRANCH), after)]


def _push(given: Json, name: str, branch: str, after: str) -> Push:
    commits = objects(given, "commits") if given.get("commits") else []
    head = _object(given, "head_commit") or (commits[0] if commits else {})
    author = text(_object(given, "pusher"), "login") or text(_object(given, "pusher"), "name") or text(_object(given, "sender"), "login")
    return Push(
        repository=name,
        branch=branch,
        after=after,
        default=text(_object(given, "repository"), "default_branch") in ("", branch),
        author=author or text(_object(head, "author"), "name"),
        title=next(iter(text(head, "message").splitlines()), "").strip(),
        commits=len(commits),
        paths=tuple(dict(_paths(commits)).items())[:MOST_PATHS],
    )


def _paths(commits: Sequence[Json]) -> Iterator[tuple[str, Done]]:
    for commit in commits:
        for key, done in _TOUCHED:
            named = commit.get(key)
            if isinstance(named, list):
                yield from ((path, done) for path in cast("list[Any]", named) if isinstance(path, str))


def _object(given: Json, key: str) -> Json:
    found = given.get(key)
    return cast(Json, found) if isinstance(found, dict) else {}


def _open(settings: GitSettings) -> Read:  # noqa: ARG001
    return read


git = SourceKind(
    kind="git",
    settings=GitSettings,
    open=_open,
    signatures=("x-gitea-signature", "x-forgejo-signature", "x-gogs-signature", "x-hub-signature-256"),
    page=(__doc__ or "").strip(),
)
