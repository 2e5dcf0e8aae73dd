"""A copy of one branch of a Git repository, kept fresh and only ever read: no working tree, so no link and no path leads out of it.

Promise: no hook, no configuration of a user and no credential helper is used; a secret is handed over in the environment, never in
arguments; what is started is ended.
"""

from __future__ import annotations

import asyncio
import base64
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from stead.domain.errors import BlindError, UserError
from stead.estate.processes import end
from stead.ports import Clock
from stead.secrets import SecretRef

PATIENCE, FETCHING = 20.0, 50.0
"""Seconds for a question to the copy, and for getting what is new."""
MOST_BYTES = 2 * 1024 * 1024
BRANCH = "refs/heads/stead"
_PROTOCOLS = "https:http:ssh:file"
_URL = re.compile(r"(https?|ssh|file)://[^\s-][^\s]*|[A-Za-z0-9_][\w.-]*@[A-Za-z0-9][\w.-]*:[^\s-][^\s]*")
_REF = re.compile(r"[A-Za-z0-9_][\w./-]{0,200}")
_PASSWORD = re.compile(r"^[a-z]+://[^/@]*:[^/@]*@")


def url_text(given: str) -> str:
    """The address of a repository as it was written. ValueError for what is none, and for one that holds a password."""
    if _PASSWORD.match(given):
        raise ValueError("holds a password; give a `token` by reference")
    if not _URL.fullmatch(given):
        raise ValueError("is not the address of a Git repository; write https://git.example.com/docs.git")
    return given


def ref_text(given: str) -> str:
    """The name of a branch or tag, or "". ValueError for anything else."""
    if given and not _REF.fullmatch(given):
        raise ValueError("is not the name of a branch or tag")
    return given


@dataclass(frozen=True, slots=True, kw_only=True)
class GitSource:
    """`ref` is a branch or tag, "" for the remote's own choice. `every` so often it is looked whether there is something new."""

    url: str
    ref: str = ""
    every: timedelta = timedelta(minutes=15)
    token: SecretRef | None = None


class GitCopy:
    """The copy in `folder`, made at the first question."""

    def __init__(self, source: GitSource, folder: Path, clock: Clock) -> None:
        self._source = source
        self._folder = folder
        self._clock = clock
        self._asked_at: datetime | None = None
        self._outdated = False
        self._trouble = ""
        self._fetching = asyncio.Lock()

    def outdated(self) -> None:
        """There is something new: it is got at the next question, whatever the time."""
        self._outdated = True

    async def fresh(self) -> str:
        """Get what is new, where it is time. Why it could not be, "" when all is well; BlindError where there is no copy at all."""
        async with self._fetching:
            now = self._clock.now()
            if self._outdated or self._asked_at is None or now - self._asked_at >= self._source.every:
                self._outdated = False  # before it is asked: what is pushed meanwhile counts anew
                self._trouble = await self._fetch()
                self._asked_at = now
                if self._trouble and not await self.commit():
                    self._asked_at = None
                    raise BlindError(f"{self._source.url} could not be fetched: {self._trouble}", reason="Unreachable")
        return self._trouble

    async def commit(self) -> str:
        """The commit that the copy is of, "" where there is none."""
        code, said, _ = await self._git("rev-parse", "--verify", "--quiet", f"{BRANCH}^{{commit}}")
        return said.strip() if code == 0 else ""

    async def files(self, under: str = "") -> list[str]:
        """Paths of all files, or of those under a folder."""
        code, said, _ = await self._git("ls-tree", "-r", "-z", "--name-only", BRANCH, *(["--", under] if under else []))
        return [name for name in said.split("\0") if name] if code == 0 else []

    async def blobs(self, *under: str) -> dict[str, str]:
        """path → id of its content, of all files or of those of these names and under them; links are none. The id changes with the content
        alone."""
        code, said, _ = await self._git("ls-tree", "-r", "-z", BRANCH, *(["--", *under] if under else []))
        found: dict[str, str] = {}
        for entry in said.split("\0") if code == 0 else ():
            about, _, path = entry.partition("\t")
            mode, _, rest = about.partition(" ")
            if mode in ("100644", "100755"):
                found[path] = rest.partition(" ")[2]
        return found

    async def read(self, path: str) -> str | None:
        """The text of a file; None where there is none of that path. BlindError for one that is too large or no text."""
        code, said, _ = await self._git("cat-file", "blob", f"{BRANCH}:{path}")
        if code != 0:
            return None
        if "\0" in said[:8192]:
            raise BlindError(f"{path} is no text", reason="Malformed")
        return said

    async def lines_with(self, words: Sequence[str], *, every: bool, under: str = "") -> list[tuple[str, int, str]]:
        """(path, line number, line) of lines that hold one of the words, in files that hold `every` one of them."""
        asked = [part for word in words for part in ("--or", "-e", word)][1:]
        scope = ["--", under] if under else []
        code, said, _ = await self._git("grep", "-I", "-i", "-n", "-z", "-F", *(["--all-match"] if every else []), *asked, BRANCH, *scope)
        found: list[tuple[str, int, str]] = []
        for line in said.split("\n") if code == 0 else ():
            name, _, rest = line.partition("\0")
            number, _, text = rest.partition("\0")
            if number.isdecimal():
                found.append((name.removeprefix(f"{BRANCH}:"), int(number), text))
        return found

    async def _fetch(self) -> str:
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            return f"{self._folder} cannot be made: {error.strerror}"
        if not (self._folder / "HEAD").is_file():
            await self._git("init", "--quiet", "--bare", str(self._folder), inside=False)
        what = f"+{self._source.ref or 'HEAD'}:{BRANCH}"
        try:
            code, _, wrong = await self._git("fetch", "--quiet", "--depth=1", "--no-tags", "--", self._source.url, what, seconds=FETCHING)
        except BlindError as error:
            return str(error)
        return "" if code == 0 else " ".join(wrong.split())[:300] or f"git ended with {code}"

    async def _git(self, *words: str, inside: bool = True, seconds: float = PATIENCE) -> tuple[int, str, str]:
        argv = ["git", *(["--git-dir", str(self._folder)] if inside else []), "-c", "core.hooksPath=/dev/null", *words]
        try:
            process = await asyncio.create_subprocess_exec(
                *argv,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                env=self._environment(),
                start_new_session=True,
            )
        except OSError as error:
            raise BlindError(f"git cannot be run: {error.strerror or error}", reason="Absent") from error
        try:
            async with asyncio.timeout(seconds):
                said, wrong = await asyncio.gather(_bounded(process.stdout), _bounded(process.stderr))
                code = await process.wait()
        except TimeoutError as error:
            raise BlindError(f"git did not end within {seconds:.0f} s", reason="Timeout") from error
        finally:
            await end(process)
        return code, said, wrong

    def _environment(self) -> dict[str, str]:
        """https://git-scm.com/docs/git#_environment_variables"""
        made = {
            "PATH": os.environ.get("PATH", "/usr/bin:/bin"),
            "HOME": str(self._folder),
            "LC_ALL": "C.UTF-8",
            "GIT_TERMINAL_PROMPT": "0",
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_ALLOW_PROTOCOL": _PROTOCOLS,
            "GIT_LITERAL_PATHSPECS": "1",
        }
        if self._source.token is None:
            return made
        try:
            basic = base64.b64encode(f"stead:{self._source.token.resolve()}".encode()).decode()
        except UserError as error:
            raise BlindError(str(error), reason="Unauthorized") from error
        header = {"GIT_CONFIG_KEY_0": f"http.{self._source.url}.extraHeader", "GIT_CONFIG_VALUE_0": f"Authorization: Basic {basic}"}
        return {**made, "GIT_CONFIG_COUNT": "1", **header}


async def _bounded(stream: asyncio.StreamReader | None) -> str:
    """All that is said; BlindError where it is more than can be read."""
    parts: list[bytes] = []
    size = 0
    while stream is not None and (part := await stream.read(65536)):
        parts.append(part)
        size += len(part)
        if size > MOST_BYTES:
            raise BlindError(f"git said more than {MOST_BYTES} bytes", reason="Malformed")
    return b"".join(parts).decode("utf-8", "replace")
