"""What a change of a repository may touch: judged on what came out of it, never on what was said about it.

Promise: whoever made the change (an edit, a program), only ordinary text files within the scope differ, and none of them is Stead's own
word about itself, what runs on a forge, what Git itself obeys, or a secret.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import PurePosixPath

FILE, LINK, PROGRAM, MODULE, NONE = "100644", "120000", "100755", "160000", "000000"
"""Modes of entries of a tree (git-fast-import(1), "Filemodify"); NONE: there is no such entry."""

NEVER = (
    "**/.git",
    "**/.git/**",
    "**/.gitmodules",
    "**/.gitattributes",
    "**/.gitconfig",
    "**/.githooks/**",
    "**/.husky/**",
    "**/stead.yaml",
    "**/stead.yml",
    "**/stead-policy.yaml",
    "**/stead-policy.yml",
)
"""What no configuration opens: what Git obeys, and what says what Stead may do."""

FORGE = (
    ".github/**",
    ".gitea/**",
    ".forgejo/**",
    ".gitlab-ci.yml",
    ".gitlab/**",
    ".circleci/**",
    ".buildkite/**",
    ".woodpecker.yml",
    ".woodpecker.yaml",
    ".woodpecker/**",
    ".drone.yml",
    ".travis.yml",
    "**/.tekton/**",
    "**/Jenkinsfile",
    "**/.pre-commit-config.yaml",
    "**/CODEOWNERS",
    "azure-pipelines.yml",
)
"""What runs on a forge as soon as a branch is pushed, and who must review: denied unless the configuration says otherwise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """`allowed` and `denied` are globs of paths (`apps/**`): a path is in it that one of the first matches and none of the second.

    `lines` that the diff may have, and `files`; a file may have `size` bytes.
    """

    allowed: tuple[str, ...] = ("**",)
    denied: tuple[str, ...] = FORGE
    files: int = 20
    lines: int = 300
    size: int = 262_144

    def keeps_out(self, path: str) -> str:
        """Why this path is not touched, "" when it may be. Letters count the same in either case: some file systems think so."""
        folded = path.casefold()
        if any(_glob(pattern.casefold()).fullmatch(folded) for pattern in NEVER):
            return f"{path} is never touched: Git or Stead itself obeys it"
        if _strange(path):
            return f"{path!r} is no name for a file"
        if (rule := next((pattern for pattern in self.denied if _glob(pattern.casefold()).fullmatch(folded)), "")) != "":
            return f"{path} is kept out by `{rule}` (denied)"
        if not any(_glob(pattern).fullmatch(path) for pattern in self.allowed):
            return f"{path} is not within {', '.join(f'`{pattern}`' for pattern in self.allowed) or 'any allowed path'}"
        return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One path that differs between two trees: its mode before and after, and its size in bytes after.

    `binary` says that either side is no text; `added` are the lines that are new in it.
    """

    path: str
    before: str
    after: str
    size: int = 0
    binary: bool = False
    added: tuple[str, ...] = ()
    removed: int = 0


def refusal(entries: Sequence[Entry], scope: Scope, redact: Callable[[str], str]) -> str:
    """Why the change as it came out is not proposed, "" when nothing speaks against it."""
    if not entries:
        return "it changes nothing"
    if len(entries) > scope.files:
        return f"it changes {len(entries)} files; at most {scope.files} in one change"
    lines = sum(len(entry.added) + entry.removed for entry in entries)
    if lines > scope.lines:
        return f"it changes {lines} lines; at most {scope.lines} in one change, so that a person can read them"
    for entry in entries:
        if why := _against(entry, scope, redact):
            return why
    return ""


def _against(entry: Entry, scope: Scope, redact: Callable[[str], str]) -> str:
    if why := scope.keeps_out(entry.path):
        return why
    modes = {entry.before, entry.after} - {NONE}
    if LINK in modes:
        return f"{entry.path} is a link; links are left to people"
    if MODULE in modes:
        return f"{entry.path} is a submodule; submodules are left to people"
    if modes - {FILE, PROGRAM}:
        return f"{entry.path} is no ordinary file"
    if entry.after == PROGRAM and entry.before != PROGRAM:
        return f"{entry.path} would become a program (mode {entry.after}); that is left to people"
    if entry.before == PROGRAM and entry.after == FILE:
        return f"{entry.path} would no longer be a program; modes are left to people"
    if entry.binary:
        return f"{entry.path} is no text"
    if entry.size > scope.size:
        return f"{entry.path} would have {entry.size} bytes; at most {scope.size}"
    added = "\n".join(entry.added)
    if redact(added) != added:
        return f"{entry.path} would hold a secret; a secret is never written into a repository"
    hidden = next((line for line in entry.added if _HIDDEN.search(line)), None)
    return f"{entry.path} would hold characters that nobody sees (control or bidirectional)" if hidden is not None else ""


_HIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]")
"""Bidirectional controls let a diff show something else than is meant (Unicode TR 36; CVE-2021-42574)."""


def _strange(path: str) -> bool:
    """Names that some file system, or Git on it, takes for another (git's own `core.protectNTFS`, `core.protectHFS`)."""
    parts = PurePosixPath(path).parts
    return (
        not parts
        or path.startswith("/")
        or any(part in ("..", ".") for part in path.split("/"))
        or bool(_HIDDEN.search(path))
        or any(part.rstrip(". ").casefold() in (".git", "git~1") or ":" in part or "\\" in part for part in parts)
    )


@lru_cache(maxsize=512)
def _glob(pattern: str) -> re.Pattern[str]:
    """`**` is any number of folders, `*` and `?` stay within one name; all else means itself."""
    made = ""
    at = 0
    while at < len(pattern):
        if pattern.startswith("**/", at):
            made, at = made + "(?:[^/]+/)*", at + 3
        elif pattern.startswith("**", at):
            made, at = made + ".*", at + 2
        elif pattern[at] == "*":
            made, at = made + "[^/]*", at + 1
        elif pattern[at] == "?":
            made, at = made + "[^/]", at + 1
        else:
            made, at = made + re.escape(pattern[at]), at + 1
    return re.compile(made)
