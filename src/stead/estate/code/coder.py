"""A coding program (Claude Code, or any that speaks to the same API) that edits a repository's files: in the sandbox, once, with bounds.

Promise: it sees the system's programs, the files of one commit and nothing else of this machine; its only way out is the door to the
configured model (door.py); it is killed with all that it started; nothing that it wrote is run, obeyed or followed here. What it changed
comes back as edits, which are judged, shown and pushed as anybody's.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
import tempfile
from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from stead.domain.drafting import May
from stead.domain.errors import BlindError, UserError
from stead.domain.excerpt import visible
from stead.domain.model import ModelSpec
from stead.domain.redaction import redact
from stead.domain.run import Spent
from stead.estate import sandbox
from stead.estate.code import inside
from stead.estate.code.door import Door
from stead.estate.code.scratch import Scratch, too_much
from stead.estate.host.commands import LocalCommands
from stead.estate.processes import end

MOST_SAID = 1024 * 1024
"""Bytes that it may say."""
KEPT = 4000
"""Characters that are kept of what it said: its end."""
LOOK = 1.0
"""Seconds between looks at what it has written and may still spend."""
_PREFIX = "scratch-"
_PATHS = "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"
_ENDED_BY_HAND = 'chmod -R u+rwX -- "$@"; rm -rf -- "$@"'


@dataclass(frozen=True, slots=True, kw_only=True)
class Coder:
    """`command` is an argv · `spec` the model that it is given, at `url` · `tokens` that it may spend, in and out · `reads` what it may
    read besides the system's programs."""

    command: tuple[str, ...]
    spec: ModelSpec
    url: str
    seconds: float = 600.0
    tokens: int = 400_000
    reads: tuple[Path, ...] = ()

    async def trouble(self) -> str:
        """Why it cannot be run here, as a clause; "" when it can."""
        commands = LocalCommands()
        if why := await sandbox.trouble(commands):
            return why
        box = sandbox.Sandbox(folder=Path("/usr"), reads=self.reads)
        done = await commands.run(box.command(["sh", "-c", 'command -v -- "$1"', "sh", self.command[0]]), sandbox.SECONDS)
        return "" if done.code == 0 else f"the sandbox has no program {self.command[0][:100]} (it sees {_PATHS}, and `reads`)"

    async def edit(self, scratch: Scratch, prompt: str, may: May) -> Written:
        """Lay out the files, run it, and take what it changed. BlindError where it cannot be run here."""
        if why := await self.trouble():
            raise BlindError(f"the coding program is not started: {why}", reason="Absent")
        door = Door(self.spec, self.url, self._bounded(may))
        try:
            await asyncio.to_thread(scratch.lay_out)
            async with _private() as private, door.open(private / "model"):
                ended = await self._run(scratch, door, private / "model", prompt)
        except UserError as error:
            raise BlindError(f"the coding program is not started: {error.what}", reason="Unauthorized") from error
        except OSError as error:
            raise BlindError(f"the coding program is not started: {error.strerror or error}", reason="Absent") from error
        said = _shown(ended.said)
        if door.why or ended.code != 0:
            why = door.why or f"it ended with exit code {ended.code}{_last(said)}"
            return Written(why_not=f"the coding program was of no use, and nothing of it is kept: {why}", said=said, spent=door.spent)
        try:
            return Written(changes=await asyncio.to_thread(scratch.changes), said=said, spent=door.spent)
        except ValueError as error:
            return Written(why_not=redact(visible(str(error))), said=said, spent=door.spent)

    def _bounded(self, may: May) -> May:
        async def asked(spent: Spent) -> str:
            if spent.tokens >= self.tokens:
                return f"{spent.tokens} of its {self.tokens} tokens are spent"
            return await may(spent)

        return asked

    def _boxed(self, folder: Path, socket: Path, keeps: tuple[str, ...]) -> tuple[str, ...]:
        # Python's own installation, for the few lines that stand between the program and the door.
        python, lines = Path(getattr(sys, "_base_executable", sys.executable)).resolve(), Path(inside.__file__).resolve()
        reads = (*self.reads, Path(sys.base_prefix).resolve(), lines, socket)
        box = sandbox.Sandbox(folder=folder, reads=reads, keeps=keeps, writes=True)
        return box.command([str(python), "-I", "-S", str(lines), str(socket), "--", *self.command])

    async def _run(self, scratch: Scratch, door: Door, socket: Path, prompt: str) -> _Ended:
        own = {**_environment(self.spec.model), "ANTHROPIC_AUTH_TOKEN": door.token}
        argv = self._boxed(scratch.folder, socket, tuple(own))
        process = await asyncio.create_subprocess_exec(
            *argv,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            env={"PATH": os.environ.get("PATH", _PATHS), **own},
            start_new_session=True,
        )
        said = bytearray()
        ended, shut = asyncio.ensure_future(_heard(process, said, door)), asyncio.ensure_future(door.shut.wait())
        beside = [asyncio.ensure_future(one) for one in (_told(process, prompt), _watch(scratch, door))]
        try:
            done, _ = await asyncio.wait([ended, shut], timeout=self.seconds, return_when=asyncio.FIRST_COMPLETED)
            if not done:
                door.close(f"it did not end within {self.seconds / 60:g} minutes")
        finally:
            for task in (ended, shut, *beside):
                task.cancel()
            await asyncio.gather(ended, shut, *beside, return_exceptions=True)
            await end(process)
        return _Ended(code=process.returncode or 0, said=bytes(said))


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What it changed, as edits in JSON, or `why_not`; the end of what it `said`, redacted; and what that has cost."""

    changes: Sequence[Mapping[str, Any]] = ()
    why_not: str = ""
    said: str = ""
    spent: Spent = field(default_factory=Spent)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ended:
    code: int
    said: bytes


@contextlib.asynccontextmanager
async def scratch_folder(within: Path) -> AsyncGenerator[Path]:
    """An empty folder that only this user may enter, gone afterwards, whatever was put into it; what a process that died left goes too."""
    await _swept(*_left(within))
    made = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=within))
    try:
        inner = made / "files"
        inner.mkdir(mode=0o755)
        yield inner
    finally:
        await asyncio.shield(_swept(made))


def _left(within: Path) -> list[Path]:
    return sorted(within.glob(f"{_PREFIX}*"))


async def _swept(*folders: Path) -> None:
    """By a program: a tree may be deeper than Python follows, and without the right to be entered."""
    if folders:
        await LocalCommands().run(["sh", "-c", _ENDED_BY_HAND, "sh", *map(str, folders)], 60.0)


@contextlib.asynccontextmanager
async def _private() -> AsyncGenerator[Path]:
    """A folder for the socket, by a name that is short enough for one (unix(7): 108 bytes)."""
    with tempfile.TemporaryDirectory(prefix="stead-") as short:
        yield Path(short)


async def _told(process: asyncio.subprocess.Process, prompt: str) -> None:
    if process.stdin is None:
        return
    with contextlib.suppress(OSError):
        process.stdin.write(prompt.encode())
        await process.stdin.drain()
        process.stdin.close()


async def _heard(process: asyncio.subprocess.Process, said: bytearray, door: Door) -> None:
    while process.stdout is not None and (part := await process.stdout.read(65536)):
        said += part
        if len(said) > MOST_SAID:
            door.close(f"it said more than {MOST_SAID} bytes")
            return
    await process.wait()


async def _watch(scratch: Scratch, door: Door) -> None:
    while not await door.may():
        if why := await asyncio.to_thread(too_much, scratch.folder):
            door.close(why)
        await asyncio.sleep(LOOK)


def _environment(model: str) -> dict[str, str]:
    """https://code.claude.com/docs/en/env-vars: each name by which Claude Code asks for a model means the configured one."""
    models = ("ANTHROPIC_MODEL", *(f"ANTHROPIC_DEFAULT_{size}_MODEL" for size in ("OPUS", "SONNET", "HAIKU")))
    quiet = ("CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC", "DISABLE_AUTOUPDATER", "DISABLE_TELEMETRY")
    return {**dict.fromkeys(models, model), **dict.fromkeys(quiet, "1")}


def _shown(said: bytes) -> str:
    return redact(visible(said.decode("utf-8", "replace"))).strip()[-KEPT:]


def _last(said: str) -> str:
    line = said.rpartition("\n")[2].strip()
    return f", and its last words were: {line[-200:]}" if line else ""
