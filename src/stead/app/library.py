"""The sources of knowledge, kept fresh: what has changed in a folder or a repository is read and stored, and nothing else is.

Promise: a source that cannot be reached, and a file that cannot be understood, stop nothing: what was known of them stays, and why it is
old is told.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, Protocol

import sqlalchemy as sa
import structlog

from stead.app.knowledge_files import SUFFIXES, read_file
from stead.app.knowledge_settings import KnowledgeSettings
from stead.app.knowledge_tools import knowledge_tools
from stead.app.shown import time
from stead.declare import Toolset
from stead.domain.errors import SteadError, UserError
from stead.domain.knowledge import MOST_TEXT, NOTES, Written, is_note
from stead.domain.push import Push
from stead.estate.git import GitCopy, GitSource
from stead.ports import Clock
from stead.store import knowledge
from stead.store.database import Store
from stead.tools.docs import DocsToolset, RepositorySettings

MOST_FILES = 2000
"""Of one source. The first ones in the order of their paths are kept."""
AT_ONCE = 200
"""Files that are read and stored in one go, so that no change of anybody's waits long."""
LEAST_WAIT = timedelta(seconds=10)

log = structlog.get_logger("stead.knowledge")


class _Shelf(Protocol):
    """Where files stand. `open()` gives path → stamp of each, the commit ("" where there is none) and what is wrong with it."""

    async def open(self) -> tuple[Mapping[str, str], str, str]: ...

    async def read(self, path: str) -> bytes: ...


@dataclass
class Source:
    """One source and how it is: `trouble` why it is old, `broken` the files that cannot be used, `files` how many there are."""

    settings: KnowledgeSettings
    shelf: _Shelf
    due_at: datetime | None = None
    looked_at: datetime | None = None
    commit: str = ""
    trouble: str = ""
    files: int = 0
    broken: dict[str, str] = field(default_factory=dict[str, str])
    tried: dict[str, str] = field(default_factory=dict[str, str])
    """path → stamp of those, so that they are read again only when they have changed."""

    def row(self, entries: int) -> dict[str, Any]:
        asked = self.settings
        return {
            "name": asked.name,
            "from": str(asked.folder or asked.url),
            "entries": entries,
            "commit": self.commit,
            "trouble": self.trouble,
            "broken": dict(sorted(self.broken.items())),
            "left_out": max(0, self.files - MOST_FILES),
            "looked_at": time(self.looked_at),
        }


class Library:
    """All sources. `redact` hides secrets in what they hold before it is kept."""

    def __init__(self, asked: Iterable[KnowledgeSettings], folder: Path, store: Store, clock: Clock, redact: Callable[[str], str]) -> None:
        self.sources = [Source(settings, _shelf(settings, folder / settings.name, clock)) for settings in asked]
        self._store, self._clock, self._redact = store, clock, redact
        self._turn = asyncio.Lock()
        self._pushed = asyncio.Event()
        self.tools = knowledge_tools(store, clock)

    def besides(self, toolsets: tuple[Toolset, ...]) -> tuple[Toolset, ...]:
        """The same toolsets. What owners wrote for agents in the documentation that they read is kept, too."""
        for toolset in toolsets:
            if isinstance(toolset, DocsToolset):
                self.sources += [_notes_of(name, asked, copy) for name, (asked, copy) in toolset.repositories.items()]
        return toolsets

    async def follow(self) -> None:
        """Keep everything fresh. Until cancelled."""
        await self._store.run(knowledge.keep_sources, [source.settings.name for source in self.sources])
        while self.sources:
            self._pushed.clear()
            await self.refresh()
            ends = min(source.due_at or self._clock.now() for source in self.sources)
            await self._rest(max(ends, self._clock.now() + LEAST_WAIT))

    def pushed(self, push: Push) -> None:
        """Somebody pushed: what is read from that branch of that repository is looked at now."""
        for source in self.sources:
            asked = source.settings
            if asked.url and push.reaches(asked.url, asked.branch):
                source.due_at = None
                self._pushed.set()

    async def _rest(self, until: datetime) -> None:
        """Until then, or until somebody pushes."""
        waits: list[asyncio.Future[Any]] = [
            asyncio.ensure_future(self._pushed.wait()),
            asyncio.ensure_future(self._clock.sleep_until(until)),
        ]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
            await asyncio.gather(*waits, return_exceptions=True)

    async def refresh(self, *, now: bool = False) -> None:
        """Look at each source whose time it is, or at every one `now`."""
        async with self._turn:
            due = [s for s in self.sources if now or s.due_at is None or s.due_at <= self._clock.now()]
            await asyncio.gather(*(self._refresh(source) for source in due))

    async def _refresh(self, source: Source) -> None:
        source.looked_at = self._clock.now()
        source.due_at = source.looked_at + source.settings.every
        try:
            found, commit, trouble = await source.shelf.open()
        except SteadError as error:
            found, commit, trouble = None, source.commit, str(error)
        if trouble and trouble != source.trouble:
            log.warning("a source of knowledge cannot be brought up to date", source=source.settings.name, why=trouble)
        source.trouble, source.commit = trouble, commit
        if found is not None:
            await self._take(source, found)

    async def _take(self, source: Source, found: Mapping[str, str]) -> None:
        name = source.settings.name
        texts = sorted(path for path in found if path.lower().endswith(SUFFIXES) and not _hidden(path))
        source.files, texts = len(texts), texts[:MOST_FILES]
        known = await self._store.look(knowledge.stamps, name)
        for path in [path for path, stamp in source.tried.items() if found.get(path) != stamp]:
            del source.tried[path], source.broken[path]
        fresh = [path for path in texts if known.get(path) != found[path] and path not in source.tried]
        for at in range(0, len(fresh), AT_ONCE):
            read = [(path, made) for path in fresh[at : at + AT_ONCE] if (made := await self._read(source, path, found[path])) is not None]
            await self._store.run(self._keep, source, [(path, found[path], made) for path, made in read])
        await self._store.run(_settled, name, texts, source.commit)

    async def _read(self, source: Source, path: str, stamp: str) -> Written | None:
        try:
            raw = await source.shelf.read(path)
            return await asyncio.to_thread(self._made, raw, path, source.settings.kind)
        except UserError as error:
            source.broken[path] = f"{error.what}; {error.hint}" if error.hint else error.what
        except SteadError as error:
            source.broken[path] = str(error)
        source.tried[path] = stamp
        log.warning("a file of knowledge cannot be used", source=source.settings.name, file=path, why=source.broken[path])
        return None

    def _made(self, raw: bytes, path: str, kind: str) -> Written:
        made = read_file(raw, path, kind)
        return replace(made, text=self._redact(made.text), title=self._redact(made.title), strategy=self._redact(made.strategy))

    def _keep(self, connection: sa.Connection, source: Source, read: Iterable[tuple[str, str, Written]]) -> None:
        # What stands in a document is other people's words, whoever may write there: it taints.
        save = partial(knowledge.save, connection, source=source.settings.name, commit=source.commit, now=self._clock.now(), tainted=True)
        for path, stamp, made in read:
            save(made, path=path, stamp=stamp)


def _settled(connection: sa.Connection, name: str, paths: list[str], commit: str) -> None:
    knowledge.keep_only(connection, name, paths)
    knowledge.seen_at(connection, name, commit)


def _hidden(path: str) -> bool:
    return any(part.startswith(".") for part in path.split("/"))


def _shelf(asked: KnowledgeSettings, folder: Path, clock: Clock) -> _Shelf:
    if asked.folder is not None:
        return _Folder(asked.folder)
    source = GitSource(url=asked.url or "", ref=asked.branch, every=timedelta(0), token=asked.token)
    return _Repository(GitCopy(source, folder, clock), asked.path)


class _Repository:
    """A Git repository, read from a copy that is kept in the state folder: a folder of it, and the owner's notes for agents at its top."""

    def __init__(self, copy: GitCopy, path: str) -> None:
        self._copy, self._path = copy, path

    async def open(self) -> tuple[Mapping[str, str], str, str]:
        trouble = await self._copy.fresh()
        commit = await self._copy.commit()
        found = await self._copy.blobs(*([self._path, *NOTES] if self._path else []))
        if self._path and not trouble and not found.keys() - set(NOTES):
            trouble = f"the repository has no files under {self._path}"
        return found, commit, trouble

    async def read(self, path: str) -> bytes:
        return (await self._copy.read(path) or "").encode()


def _notes_of(name: str, asked: RepositorySettings, copy: GitCopy) -> Source:
    every = timedelta(minutes=asked.minutes)
    settings = KnowledgeSettings.model_construct(name=f"docs/{name}", url=asked.url, branch=asked.ref, path=asked.folder, every=every)
    return Source(settings, _Notes(copy, asked.folder))


class _Notes(_Repository):
    """Of a repository that is read by other ways, only what its owner wrote for agents."""

    async def open(self) -> tuple[Mapping[str, str], str, str]:
        found, commit, trouble = await super().open()
        return {path: stamp for path, stamp in found.items() if is_note(path)}, commit, trouble


class _Folder:
    """A folder on this machine; links that lead out of it are passed over."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def open(self) -> tuple[Mapping[str, str], str, str]:
        return await asyncio.to_thread(self._stamps), "", ""

    async def read(self, path: str) -> bytes:
        return await asyncio.to_thread(self._bytes, path)

    def _stamps(self) -> Mapping[str, str]:
        if not self._folder.is_dir():
            raise UserError(f"there is no folder {self._folder}", hint="correct `knowledge` in the configuration")
        found: dict[str, str] = {}
        root = self._folder.resolve()
        for place, folders, files in os.walk(self._folder):
            folders[:] = sorted(name for name in folders if not name.startswith("."))
            for name in files:
                file = Path(place) / name
                try:
                    about = file.stat()
                    inside = file.resolve().is_relative_to(root)
                except OSError:
                    continue
                if inside:
                    found[file.relative_to(self._folder).as_posix()] = f"{about.st_ino}.{about.st_mtime_ns}.{about.st_size}"
        return found

    def _bytes(self, path: str) -> bytes:
        try:
            with (self._folder / path).open("rb") as file:
                return file.read(MOST_TEXT + 1)
        except OSError as error:
            raise UserError(f"{path} cannot be read: {(error.strerror or str(error)).lower()}", hint="who may read it?") from error
