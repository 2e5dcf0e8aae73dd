"""The files of a commit in a folder of their own, for a program to edit, and what it has made of them.

Promise: there is no repository in that folder, so nothing of Git's can be set there that Git would obey: what was changed is read from the
files themselves, no link is followed, and no program of Stead's ever runs there. A file that holds a secret is not laid out.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stead.domain.code.edits import MOST_EDITS, PATH
from stead.domain.code.scope import FILE, PROGRAM, Scope
from stead.domain.code.taking import edit_between
from stead.domain.redaction import redact

MOST_FILES = 50_000
"""Files and folders that are looked at afterwards."""
MOST_BYTES = 64 * 1024 * 1024
"""Of all files of a commit that is laid out."""
MOST_LEFT = 256 * 1024 * 1024
"""Bytes that the folder may take up while the program runs."""
DEEPEST = 64
"""Folders in each other."""

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A file as it was committed: its mode in Git's words, and its bytes."""

    mode: str
    data: bytes


class Scratch:
    """`held` are all files of the commit by their path; `scope` says what of them may be touched."""

    def __init__(self, folder: Path, held: Mapping[str, Held], scope: Scope) -> None:
        self.folder = folder
        self.hidden = frozenset(path for path, one in held.items() if _hidden(path, one))
        self._shown = {path: one for path, one in held.items() if path not in self.hidden}
        self._scope = scope

    def lay_out(self) -> None:
        """Write the files. OSError where the folder cannot hold them."""
        for path, one in self._shown.items():
            place = self.folder / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(one.data)
            place.chmod(0o755 if one.mode == PROGRAM else 0o644)

    def changes(self) -> list[dict[str, Any]]:
        """What differs now, as edits. ValueError, in words for whoever asked for it, for what is never taken."""
        made: list[dict[str, Any]] = []
        gone = set(self._shown)
        for seen, (path, found) in enumerate(_walked(self.folder)):
            if seen >= MOST_FILES:
                raise ValueError(f"the coding program left more than {MOST_FILES} files and folders")
            if found is None:
                continue
            gone.discard(path)
            if (edit := self._edit(path, found)) is not None:
                made.append(edit)
            self._not_too_many(len(made))
        self._not_too_many(len(made) + len(gone))
        return [*made, *map(self._taken_away, sorted(gone))]

    def _not_too_many(self, changed: int) -> None:
        most = min(MOST_EDITS, self._scope.files)
        if changed > most:
            raise ValueError(f"the coding program changed more than {most} files")

    def _taken_away(self, path: str) -> dict[str, Any]:
        self._may(path)
        _text(path, self._shown[path].data)
        return {"path": path, "delete": True}

    def _edit(self, path: str, found: _Found) -> dict[str, Any] | None:
        before = self._shown.get(path)
        if stat.S_ISREG(found.mode) and before is not None:
            data = found.read(max(len(before.data), self._scope.size) + 1)
            if data == before.data and _mode(found) == before.mode:
                return None
        self._may(path)
        if stat.S_ISLNK(found.mode):
            raise ValueError(f"{path} is a link; links are left to people")
        if not stat.S_ISREG(found.mode):
            raise ValueError(f"{path} is no ordinary file")
        if _mode(found) != (before.mode if before else FILE):
            raise ValueError(f"{path} would get another mode ({_mode(found)}); modes are left to people")
        data = found.read(self._scope.size + 1)
        if len(data) > self._scope.size:
            raise ValueError(f"{path} would have more than {self._scope.size} bytes")
        return edit_between(path, None if before is None else _text(path, before.data), _text(path, data))

    def _may(self, path: str) -> None:
        if not PATH.fullmatch(path) or not _encodable(path):
            raise ValueError(f"{path[:80]!r} is no name for a file")
        if why := self._scope.keeps_out(path):
            raise ValueError(why)
        if path in self.hidden:
            raise ValueError(f"{path} was not shown to the coding program (a secret in it, or no ordinary file), and it wrote one")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """What is at a name in an open folder."""

    mode: int
    name: str
    folder: int

    def read(self, most: int) -> bytes:
        """At most so many bytes of it. ValueError where it became something else meanwhile."""
        try:
            descriptor = os.open(self.name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=self.folder)
        except OSError as error:
            raise ValueError(f"{self.name!r} cannot be read: {error.strerror}") from error
        with os.fdopen(descriptor, "rb") as file:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise ValueError(f"{self.name!r} is no ordinary file")
            return file.read(most)


def _walked(top: Path) -> Iterator[tuple[str, _Found | None]]:
    """Path and what is there, of everything under `top`; None for a folder. Links are named, and never followed."""
    at = os.open(top, _FOLDER)
    try:
        yield from _within(at, "", 1)
    except OSError as error:
        raise ValueError(f"what the coding program left cannot be read: {error.strerror}") from error
    finally:
        os.close(at)


def _within(at: int, under: str, depth: int) -> Iterator[tuple[str, _Found | None]]:
    if depth > DEEPEST:
        raise ValueError(f"the coding program left folders more than {DEEPEST} deep")
    for name in sorted(os.listdir(at)):
        mode = os.stat(name, dir_fd=at, follow_symlinks=False).st_mode
        path = f"{under}{name}"
        if not stat.S_ISDIR(mode):
            yield path, _Found(mode=mode, name=name, folder=at)
            continue
        yield path, None
        inner = os.open(name, _FOLDER, dir_fd=at)
        try:
            yield from _within(inner, f"{path}/", depth + 1)
        finally:
            os.close(inner)


def too_much(top: Path) -> str:
    """Why what a program has written so far is too much to go on, "" while it is not."""
    total = 0
    try:
        for seen, (_, found) in enumerate(_walked(top)):
            total += 0 if found is None else os.stat(found.name, dir_fd=found.folder, follow_symlinks=False).st_blocks * 512
            if seen >= MOST_FILES or total > MOST_LEFT:
                return f"it wrote more than {MOST_LEFT} bytes or {MOST_FILES} files"
    except FileNotFoundError:  # it went away meanwhile
        return ""
    except ValueError as error:
        return "" if isinstance(error.__cause__, FileNotFoundError) else str(error)
    return ""


def _mode(found: _Found) -> str:
    return PROGRAM if found.mode & stat.S_IXUSR else FILE


def _hidden(path: str, one: Held) -> bool:
    """Whether it is not laid out: a link, a submodule, a name that leads out of the folder or into Git's, a text with a secret in it."""
    if any(part in ("", ".", "..", ".git") for part in path.split("/")):
        return True
    text = one.data.decode("utf-8", "replace")
    return one.mode not in (FILE, PROGRAM) or redact(text) != text


def _text(path: str, data: bytes) -> str:
    if b"\0" in data:
        raise ValueError(f"{path} is no text")
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise ValueError(f"{path} is no text") from error


def _encodable(path: str) -> bool:
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    return True
