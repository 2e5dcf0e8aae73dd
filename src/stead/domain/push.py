"""A push to a Git repository: what was changed, by whom, where. No alert: it may explain one."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from stead.domain.change import Change, Done, FieldChange
from stead.domain.subject import Subject

KIND = "Repository"
MOST_PATHS = 50
"""Files of one push that are kept by name."""
LONGEST = 200
"""Characters of a commit's title, a path, a name."""

_SSH = re.compile(r"^[\w.-]+@[\w.-]+:(?!//)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Push:
    """`repository` is `owner/name` · `branch` was at `before` and is at `after` · `default` whether it is the one that is checked out by
    itself · `paths` what was touched: (path, added, removed)."""

    repository: str
    branch: str
    after: str
    default: bool = True
    author: str = ""
    title: str = ""
    commits: int = 0
    paths: tuple[tuple[str, Done], ...] = ()

    def reaches(self, url: str, branch: str) -> bool:
        """Whether it changed that branch, "" for the default one, of the repository at that address."""
        its = branch == self.branch or (not branch and self.default)
        return its and repository_name(url) == self.repository.lower()


def cleaned(push: Push, clean: Callable[[str], str]) -> Push:
    """Without the secrets that somebody wrote into a commit's words."""
    paths = tuple((clean(path), done) for path, done in push.paths)
    return replace(push, author=clean(push.author), title=clean(push.title), branch=clean(push.branch), paths=paths)


def change_of(push: Push, estate: str, at: datetime) -> Change:
    """The push as a change in the history of that estate."""
    return Change(
        subject=repository(estate, push.repository, "" if push.default else push.branch),
        at=at,
        manager=push.author[:LONGEST],
        revision=f"{push.branch}@{push.after[:7]}"[:LONGEST],
        source=_source(push),
        fields=tuple(_field(path, done) for path, done in push.paths[:MOST_PATHS]),
    )


def repository(estate: str, name: str, branch: str = "") -> Subject:
    """The subject of a repository that is called `owner/name`, whatever its case: forges do not tell cases apart. A `branch` that is not
    its default one is a subject of its own."""
    return Subject(
        estate=estate, api_version="stead/v1", kind=KIND, name=name.lower()[:LONGEST] + (f":{branch[:LONGEST]}" if branch else "")
    )


def repository_name(url: str) -> str:
    """`https://git.example.com/ann/infra.git`, `git@git.example.com:ann/infra` → `ann/infra`; "" for what is no such address.

    The host is not looked at: a forge has one name inside of a cluster and another outside.
    """
    found = _SSH.match(url)
    path = url[found.end() :] if found else url.partition("://")[2].partition("/")[2]
    return path.strip("/").removesuffix(".git").lower()


@dataclass(frozen=True, slots=True, kw_only=True)
class Tracked:
    """What an application is made from: this folder ("": anything) of this branch; `HEAD` and "" are the default one."""

    repository: str
    branch: str = ""
    folder: str = ""

    def touched_by(self, change: Change) -> bool:
        """Whether this push changed it. One that names no files, or more than are kept, may have touched anything."""
        pushed, _, _ = change.revision.rpartition("@")
        inside = self.folder.strip("./")
        named = [field.path for field in change.fields]
        here = not inside or not named or len(named) >= MOST_PATHS or any(f"{path}/".startswith(f"{inside}/") for path in named)
        return here and (self.branch in ("", "HEAD") or self.branch == pushed)

    def subjects(self, estate: str) -> tuple[Subject, ...]:
        """The repositories under whose names such a push may be noted."""
        default = repository(estate, self.repository)
        return (default,) if self.branch in ("", "HEAD") else (default, repository(estate, self.repository, self.branch))


def _source(push: Push) -> str:
    more = f" and {push.commits - 1} more" if push.commits > 1 else ""
    return f"commit “{push.title[:LONGEST]}”{more}" if push.title else ""


def _field(path: str, done: Done) -> FieldChange:
    old, new = {Done.CREATED: (None, ""), Done.DELETED: ("", None), Done.CHANGED: ("", "")}[done]
    return FieldChange(path=path[:LONGEST], old=old, new=new)
