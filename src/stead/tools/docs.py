"""Documentation in Git repositories: list, read, search, each answer with the file, line and commit that it came from.

A copy is kept in the state folder and brought up to date when it is asked and old. What stands there is other people's words; what its
owner wrote for agents is told in every run.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path, PurePosixPath
from typing import Annotated

import msgspec
from msgspec import Meta
from pydantic import AfterValidator, Field, model_validator

from stead.declare import Looked, Tool, Toolset, ToolsetKind
from stead.domain.push import Push
from stead.estate.git import GitCopy, GitSource, ref_text, url_text
from stead.ports import Clock, Estate
from stead.secrets import SecretRef
from stead.tools.section import ToolSection

MOST_FILES, MOST_FOUND, MOST_LINES_OF_ONE = 400, 12, 5
MOST_LINES = 400

_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")


def _a_folder(given: str) -> str:
    parts = PurePosixPath(given).parts
    if given.startswith("/") or ".." in parts:
        raise ValueError("is not a folder in the repository; write docs")
    return "/".join(parts)


class RepositorySettings(ToolSection):
    """`url` of a repository · `ref` a branch or tag · `folder` of it that is read · `token` by reference · `minutes` between two looks."""

    url: Annotated[str, AfterValidator(url_text)]
    ref: Annotated[str, AfterValidator(ref_text)] = ""
    folder: Annotated[str, AfterValidator(_a_folder)] = ""
    token: SecretRef | None = None
    minutes: float = Field(default=15.0, ge=1, le=10_080, allow_inf_nan=False)


class DocsSettings(ToolSection):
    """`repositories` by a name of your choice."""

    repositories: dict[str, RepositorySettings] = Field(min_length=1)

    @model_validator(mode="after")
    def _are_names(self) -> DocsSettings:
        if any(not _NAME.fullmatch(name) for name in self.repositories):
            raise ValueError("repositories: a name is of lower-case letters, digits and dashes")
        return self


class Listing(msgspec.Struct, forbid_unknown_fields=True):
    repository: Annotated[str, Meta(description="Empty: all")] = ""
    folder: str = ""


class Reading(msgspec.Struct, forbid_unknown_fields=True):
    repository: str
    path: str
    from_line: int = 1


class Searching(msgspec.Struct, forbid_unknown_fields=True):
    words: str
    repository: Annotated[str, Meta(description="Empty: all")] = ""


@dataclass(frozen=True, slots=True)
class _Book:
    name: str
    copy: GitCopy
    folder: str

    async def opened(self) -> str:
        """`runbooks at 4f2a9c1d`, and what is wrong with it."""
        trouble = await self.copy.fresh()
        old = f" (could not be brought up to date: {trouble})" if trouble else ""
        return f"{self.name} at {(await self.copy.commit())[:12]}{old}"


@dataclass(frozen=True, slots=True, kw_only=True)
class DocsToolset(Toolset):
    """`repositories` by their names, each with its settings and the copy that is read of it."""

    repositories: Mapping[str, tuple[RepositorySettings, GitCopy]]


class Docs:
    """The repositories by name."""

    def __init__(self, books: Mapping[str, _Book], prefix: str) -> None:
        self._books = books
        self._prefix = prefix

    async def list(self, _: Estate, asked: Listing) -> Looked:
        parts: list[str] = []
        for book in self._chosen(asked.repository):
            head = await book.opened()
            files = await book.copy.files("/".join(filter(None, [book.folder, asked.folder.strip("/")])))
            more = [f"… and {len(files) - MOST_FILES} more"] if len(files) > MOST_FILES else []
            parts += [head, *(f"  {name}" for name in files[:MOST_FILES]), *more]
        return Looked(text="\n".join(parts), tainted=True)

    async def read(self, _: Estate, asked: Reading) -> Looked:
        (book,) = self._chosen(asked.repository or "?")
        head = await book.opened()
        path = asked.path.strip().lstrip("/")
        inside = path == book.folder or path.startswith(f"{book.folder}/") or not book.folder
        found = await book.copy.read(path) if inside else None
        if found is None:
            raise ValueError(f"there is no file `{path[:120]}` in {book.name}; {self._prefix}_list lists them")
        begin = max(asked.from_line, 1)
        lines = found.splitlines()
        shown = [f"{number}: {line}" for number, line in enumerate(lines[begin - 1 : begin - 1 + MOST_LINES], start=begin)]
        more = [f"… {len(lines) - begin + 1 - MOST_LINES} lines more"] if len(lines) - begin + 1 > MOST_LINES else []
        return Looked(text="\n".join([f"{path} in {head}", *shown, *more]), tainted=True)

    async def search(self, _: Estate, asked: Searching) -> Looked:
        words = [word for word in re.split(r"[\s,;]+", asked.words) if len(word) > 1][:8]
        if not words:
            raise ValueError("`words` holds nothing to search for")
        parts: list[str] = []
        for book in self._chosen(asked.repository):
            head = await book.opened()
            found = await book.copy.lines_with(words, every=True, under=book.folder)
            found = found or await book.copy.lines_with(words, every=False, under=book.folder)
            parts += [head, *(_cited(found, words) if found else ["  nothing"])]
        return Looked(text="\n".join(parts), tainted=True)

    def _chosen(self, name: str) -> list[_Book]:
        if name and name not in self._books:
            raise ValueError(f"there is no repository `{name[:60]}`; there are: {', '.join(self._books)}")
        return [self._books[name]] if name else list(self._books.values())


def _cited(found: Sequence[tuple[str, int, str]], words: Sequence[str]) -> Iterator[str]:
    """`  path:line: text`, of the files that hold most of the words first, the lines that hold most of them first."""
    by_file: dict[str, list[tuple[int, str]]] = {}
    for path, number, line in found:
        by_file.setdefault(path, []).append((number, line))
    best = sorted(by_file, key=lambda path: (-_held(" ".join(line for _, line in by_file[path]), words), -len(by_file[path]), path))
    for path in best[:MOST_FOUND]:
        lines = sorted(by_file[path], key=lambda one: (-_held(one[1], words), one[0]))[:MOST_LINES_OF_ONE]
        yield from (f"  {path}:{number}: {line.strip()[:240]}" for number, line in sorted(lines))
    if len(best) > MOST_FOUND:
        yield f"  … and {len(best) - MOST_FOUND} files more"


def _held(text: str, words: Sequence[str]) -> int:
    folded = text.casefold()
    return sum(word.casefold() in folded for word in words)


def _open(settings: DocsSettings, clock: Clock, folder: Path) -> Toolset:
    books: dict[str, _Book] = {}
    for name, one in settings.repositories.items():
        source = GitSource(url=one.url, ref=one.ref, every=timedelta(minutes=one.minutes), token=one.token)
        books[name] = _Book(name, GitCopy(source, folder / name, clock), one.folder)

    repositories = {name: (one, books[name].copy) for name, one in settings.repositories.items()}

    def pushed(push: Push) -> None:
        for one, copy in repositories.values():
            if push.reaches(one.url, one.ref):
                copy.outdated()

    return DocsToolset(
        name="docs",
        fits=lambda _: True,
        kinds=frozenset(),
        tools=_tools("docs", books),
        page=f"Documentation in {', '.join(books)}.",
        pushed=pushed,
        repositories=repositories,
    )


def reading(name: str, copies: Mapping[str, tuple[GitCopy, str]], page: str) -> Toolset:
    """A toolset of that name which reads copies of repositories, each with the folder of it that is read ("" for all)."""
    books = {called: _Book(called, copy, folder) for called, (copy, folder) in copies.items()}
    return Toolset(name=name, fits=lambda _: True, kinds=frozenset(), tools=_tools(name, books), page=page)


def _tools(name: str, books: Mapping[str, _Book]) -> tuple[Tool, ...]:
    read = Docs(books, name)
    return (
        Tool(name=f"{name}_list", arguments=Listing, run=read.list, page="Files of the repositories."),
        Tool(name=f"{name}_read", arguments=Reading, run=read.read, page="A file, with line numbers to cite."),
        Tool(name=f"{name}_search", arguments=Searching, run=read.search, page="Where words stand, with file and line."),
    )


docs = ToolsetKind(name="docs", settings=DocsSettings, open=_open, page=(__doc__ or "").strip())
