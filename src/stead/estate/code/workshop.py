"""Where a change of a repository is made: in a bare copy, by Git's plumbing, with no working tree, no hook and no filter.

Promise: nothing is written outside of the copy, so no link and no name leads out of it; what is pushed is one new branch, never the base
and never by force; one commit, made from exactly the tree that was judged.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from stead.domain.code.edits import Delete, Edit, Replace, Write, replaced
from stead.domain.code.scope import FILE, LINK, MODULE, NONE, Entry
from stead.domain.errors import BlindError, ConflictError, PermanentError, TemporaryError
from stead.estate.code.askpass import told
from stead.estate.code.repository import Repository
from stead.estate.code.scratch import MOST_BYTES as MOST_LAID
from stead.estate.code.scratch import MOST_FILES, Held
from stead.estate.code.yaml_edit import with_value
from stead.estate.git import FETCHING, MOST_BYTES, PATIENCE, GitCopy, GitSource
from stead.estate.processes import end
from stead.ports import Clock

PREFIX = "stead/"
"""How every branch begins that is pushed."""
_KEPT = "refs/stead/base/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What edits of `base` came to: the tree, what differs, and the diff that says so. `digest` is its sha256: what a person approves."""

    base: str
    tree: str
    entries: tuple[Entry, ...]
    diff: str

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.diff.encode("utf-8", "surrogateescape")).hexdigest()


class Workshop(GitCopy):
    """The copy of one repository's base branch, for reading and for making changes of it."""

    def __init__(self, repository: Repository, clock: Clock) -> None:
        source = GitSource(url=repository.url, ref=f"refs/heads/{repository.base}")
        super().__init__(source, repository.folder.absolute() / "copy.git", clock)
        self.repository = repository
        self._credentials: Mapping[str, str] = {}
        self._making = asyncio.Lock()

    async def base(self) -> str:
        """The commit that the base branch is at now, kept in the copy. BlindError when that cannot be had."""
        async with self._fetching:
            if why := await self._fetch():
                raise BlindError(f"{self.repository.url} could not be fetched: {why}", reason="Unreachable")
        at = await self.commit()
        await self._must("update-ref", f"{_KEPT}{at}", at)
        return at

    async def make(self, base: str, edits: Sequence[Edit]) -> Change:
        """The edits on top of that commit. ValueError, in words for whoever wrote them, where one does not fit."""
        async with self._making:
            if not await self._has(base):
                raise ConflictError(f"the copy of {self.repository.name} does not have commit {base[:12]} any more")
            texts: dict[str, str | None] = {}
            for edit in edits:
                before = texts[edit.path] if edit.path in texts else await self.text(base, edit.path)
                texts[edit.path] = _edited(edit, before)
            tree = await self._tree(base, texts)
            return await self.compare(base, tree)

    async def text(self, commit: str, path: str) -> str | None:
        """The text of a file as it was committed; None where there is none. ValueError for what is no text file."""
        mode, name = await self._entry(commit, path)
        if mode in (LINK, MODULE):
            raise ValueError(f"{path} is a {'link' if mode == LINK else 'submodule'}; that is left to people")
        if not mode:
            return None
        try:
            return (await self._must("cat-file", "blob", name)).decode()
        except UnicodeDecodeError as error:
            raise ValueError(f"{path} is no text") from error

    async def _entry(self, commit: str, path: str) -> tuple[str, str]:
        """Mode and name of what is at the path, ("", "") for nothing. ValueError where a folder of the path is none."""
        parts = path.split("/")
        for depth in range(1, len(parts) + 1):
            here = "/".join(parts[:depth])
            found = (await self._must("ls-tree", "-z", commit, "--", here)).decode("utf-8", "surrogateescape").rstrip("\0")
            if not found:
                return "", ""
            mode, kind, name = found.partition("\t")[0].split()
            if depth == len(parts):
                if kind == "tree":
                    raise ValueError(f"{path} is a folder")
                return mode, name
            if kind != "tree":
                raise ValueError(f"{here} is a {'link' if mode == LINK else 'file'}, so there is nothing in it; name the file itself")
        return "", ""

    async def _tree(self, base: str, texts: Mapping[str, str | None]) -> str:
        """The tree of `base` with these texts; None takes a file away."""
        lines: list[bytes] = []
        for path, text in texts.items():
            if text is None:
                lines.append(f"0 {'0' * 40}\t{path}\0".encode())
                continue
            mode, _ = await self._entry(base, path)
            blob = (await self._must("hash-object", "-w", "--stdin", "--no-filters", stdin=text.encode())).decode().strip()
            lines.append(f"{mode or FILE} {blob}\t{path}\0".encode())
        with tempfile.TemporaryDirectory(prefix="index-", dir=self._folder) as folder:
            index = {"GIT_INDEX_FILE": str(Path(folder) / "index")}
            await self._must("read-tree", base, more=index)
            code, _, wrong = await self._run("update-index", "-z", "--index-info", stdin=b"".join(lines), more=index)
            if code != 0 or b"Ignoring path" in wrong:
                raise ValueError(f"the files cannot stand beside each other: {wrong.decode('utf-8', 'replace').strip()[:200]}")
            return (await self._must("write-tree", more=index)).decode().strip()

    async def compare(self, base: str, tree: str) -> Change:
        """What differs between a commit and a tree, whoever made that."""
        raw = (await self._must("diff-tree", "-r", "-z", "--raw", "--no-renames", "--no-abbrev", base, tree)).split(b"\0")
        entries: list[Entry] = []
        for said, name in zip(raw[0::2], raw[1::2], strict=False):
            before, after, _, blob, _ = said.decode().removeprefix(":").split(" ")
            entries.append(await self._difference(base, tree, name.decode("utf-8", "surrogateescape"), before, after, blob))
        diff = await self._must("diff-tree", "-p", *_DIFF, base, tree)
        return Change(base=base, tree=tree, entries=tuple(entries), diff=diff.decode("utf-8", "surrogateescape"))

    async def _difference(self, base: str, tree: str, path: str, before: str, after: str, blob: str) -> Entry:
        if {before, after} & {LINK, MODULE}:
            return Entry(path=path, before=before, after=after)
        size = int(await self._must("cat-file", "-s", blob)) if after != NONE else 0
        if size > MOST_BYTES:
            return Entry(path=path, before=before, after=after, size=size)
        said = await self._must("diff-tree", "-p", *_DIFF, base, tree, "--", path)
        try:
            lines = said.decode().split("\n")
        except UnicodeDecodeError:
            return Entry(path=path, before=before, after=after, size=size, binary=True)
        hunks = next((n for n, line in enumerate(lines) if line.startswith("@@")), len(lines))
        added = tuple(line[1:] for line in lines[hunks:] if line.startswith("+"))
        removed = sum(1 for line in lines[hunks:] if line.startswith("-"))
        return Entry(path=path, before=before, after=after, size=size, binary="\0" in said.decode(), added=added, removed=removed)

    async def commit_of(self, change: Change, message: str, when: datetime) -> str:
        """A commit of the change's tree on its base."""
        name, _, address = self.repository.author.partition("<")
        who = {"NAME": name.strip(), "EMAIL": address.rstrip(">").strip(), "DATE": f"{int(when.timestamp())} +0000"}
        signed = {f"GIT_{role}_{key}": value for role in ("AUTHOR", "COMMITTER") for key, value in who.items()}
        said = await self._must("commit-tree", change.tree, "-p", change.base, "-F", "-", stdin=message.encode(), more=signed)
        return said.decode().strip()

    async def branch(self, name: str) -> str:
        """The commit that the branch is at on the remote, "" where it has none. BlindError when it cannot be asked."""
        with told(self.repository.token, self.repository.folder) as credentials:
            code, said, wrong = await self._run(
                "ls-remote", "--", self.repository.url, f"refs/heads/{name}", more=credentials, seconds=FETCHING
            )
        if code != 0:
            raise BlindError(f"{self.repository.url} could not be asked: {_words(wrong)}", reason="Unreachable")
        return said.decode().split("\t")[0].strip() if said else ""

    async def fetch_branch(self, name: str) -> str:
        """Get the branch from the remote; its tree."""
        with told(self.repository.token, self.repository.folder) as credentials:
            kept = f"refs/stead/made/{name.removeprefix(PREFIX)}"
            words = ("fetch", "--quiet", "--depth=2", "--no-tags", "--", self.repository.url, f"+refs/heads/{name}:{kept}")
            code, _, wrong = await self._run(*words, more=credentials, seconds=FETCHING)
        if code != 0:
            raise BlindError(f"the branch {name} could not be fetched: {_words(wrong)}", reason="Unreachable")
        return (await self._must("rev-parse", "--verify", f"{kept}^{{tree}}")).decode().strip()

    async def push(self, commit: str, branch: str) -> None:
        """Make the branch on the remote. PermanentError where it is refused, TemporaryError where it may work later."""
        if not branch.startswith(PREFIX) or branch == self.repository.base:
            raise PermanentError(f"{branch} is no branch of Stead's own; nothing was pushed")
        with told(self.repository.token, self.repository.folder) as credentials:
            words = ("push", "--porcelain", "--no-verify", "--", self.repository.url, f"{commit}:refs/heads/{branch}")
            code, said, wrong = await self._run(*words, more=credentials, seconds=FETCHING)
        if code == 0:
            return
        if b"\n!\t" in b"\n" + said:
            refused = next(line for line in said.split(b"\n") if line.startswith(b"!\t"))
            raise PermanentError(f"{self.repository.name} refused the branch {branch}: {_words(refused + b' ' + wrong)}")
        raise TemporaryError(f"{branch} could not be pushed to {self.repository.name}: {_words(wrong)}")

    async def checked_out(self, tree: str, folder: Path) -> None:
        """Write the files of a tree into an empty folder; links become files that hold their target's name."""
        with tempfile.TemporaryDirectory(prefix="index-", dir=self._folder) as made:
            index = {"GIT_INDEX_FILE": str(Path(made) / "index")}
            await self._must("read-tree", tree, more=index)
            await self._must("-C", str(folder), "--work-tree", str(folder), "checkout-index", "--all", more=index)

    async def held(self, commit: str) -> dict[str, Held]:
        """Every file of a commit, as it was committed: no filter and no attribute. ValueError where that is too much to lay out."""
        listed = (await self._must("ls-tree", "-r", "-z", "-l", commit)).decode("utf-8", "surrogateescape").split("\0")
        entries = [(*about.split(), path) for about, _, path in (one.partition("\t") for one in listed if one)]
        if len(entries) > MOST_FILES or sum(int(size) for _, _, _, size, _ in entries if size != "-") > MOST_LAID:
            raise ValueError(f"{self.repository.name} holds more than {MOST_LAID} bytes or {MOST_FILES} files; give exact edits instead")
        asked = [name for _, kind, name, _, _ in entries if kind == "blob"]
        said = await self._must("cat-file", "--batch", stdin="".join(f"{name}\n" for name in asked).encode())
        made: dict[str, Held] = {}
        at = 0
        for mode, kind, _, size, path in entries:
            if kind != "blob":
                made[path] = Held(mode=mode, data=b"")
                continue
            at = said.index(b"\n", at) + 1
            made[path] = Held(mode=mode, data=said[at : at + int(size)])
            at += int(size) + 1
        return made

    async def _fetch(self) -> str:
        with told(self.repository.token, self.repository.folder) as self._credentials:
            try:
                return await super()._fetch()
            finally:
                self._credentials = {}

    async def _has(self, commit: str) -> bool:
        code, _, _ = await self._run("cat-file", "-e", f"{commit}^{{commit}}")
        return code == 0

    async def _must(self, *words: str, stdin: bytes = b"", more: Mapping[str, str] | None = None) -> bytes:
        """What Git said. BlindError when it failed: nothing that an edit could be the reason of."""
        code, said, wrong = await self._run(*words, stdin=stdin, more=more)
        if code != 0:
            raise BlindError(f"git {words[0]} failed in the copy of {self.repository.name}: {_words(wrong)}", reason="Malformed")
        return said

    async def _run(
        self, *words: str, stdin: bytes = b"", more: Mapping[str, str] | None = None, seconds: float = PATIENCE
    ) -> tuple[int, bytes, bytes]:
        argv = ["git", "--git-dir", str(self._folder), *words]
        environment = {**self._environment(), **(more or {})}
        try:
            process = await asyncio.create_subprocess_exec(
                *argv,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                env=environment,
                start_new_session=True,
            )
        except OSError as error:
            raise BlindError(f"git cannot be run: {error.strerror or error}", reason="Absent") from error
        try:
            async with asyncio.timeout(seconds):
                said, wrong = await process.communicate(stdin)
        except TimeoutError as error:
            raise BlindError(f"git {words[0]} did not end within {seconds:.0f} s", reason="Timeout") from error
        finally:
            await end(process)
        return process.returncode or 0, said, wrong

    def _environment(self) -> dict[str, str]:
        settings = {f"GIT_CONFIG_{part}_{n}": one[part == "VALUE"] for n, one in enumerate(_SAFE) for part in ("KEY", "VALUE")}
        return {**super()._environment(), "GIT_CONFIG_COUNT": str(len(_SAFE)), **settings, **self._credentials}


_SAFE = (
    ("core.hooksPath", os.devnull),
    ("core.bare", "false"),
    ("core.symlinks", "false"),
    ("core.quotePath", "false"),
    ("core.protectNTFS", "true"),
    ("core.protectHFS", "true"),
    ("credential.helper", ""),
    ("gc.auto", "0"),
    ("push.gpgSign", "false"),
    # A redirect could lead a token to somebody else.
    ("http.followRedirects", "false"),
)
"""git-config(1), handed over as its section "GIT_CONFIG_COUNT" says."""
_DIFF = ("--no-renames", "--no-ext-diff", "--no-textconv", "--no-color", "--text", "--unified=3", "--full-index", "-r")


def _edited(edit: Edit, before: str | None) -> str | None:
    if isinstance(edit, Write):
        return edit.text
    if before is None:
        raise ValueError(f"there is no file {edit.path}")
    if isinstance(edit, Delete):
        return None
    if isinstance(edit, Replace):
        return replaced(edit, before)
    return with_value(edit, before)


def _words(said: bytes) -> str:
    return " ".join(said.decode("utf-8", "replace").split())[:300] or "it did not say why"
