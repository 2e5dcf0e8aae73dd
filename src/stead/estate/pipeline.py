"""Programs of this machine, one feeding the next, with no shell between them: what a person writes as `a | b | c`.

Promise: they get nothing of this process's environment but its PATH; all that was started is ended, its children too; more than `LIMIT`
bytes are not waited for, and what was not read is said.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from stead.domain.errors import BlindError
from stead.estate.processes import end

LIMIT = 1024 * 1024
"""Bytes of the last program's output, and of each program's complaints, that are kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """`code` is the last program's exit status · `cut` whether it said more than is kept."""

    code: int
    stdout: str
    stderr: str
    cut: bool


async def pipeline(commands: Sequence[Sequence[str]], timeout: float) -> Ended:
    """Run them, each reading what the one before writes; the first reads nothing. BlindError when they do not end in time."""
    started: list[asyncio.subprocess.Process] = []
    try:
        async with asyncio.timeout(timeout):
            await _start(commands, started)
            last = started[-1].stdout
            words = [asyncio.ensure_future(_read(one.stderr)) for one in started]
            try:
                out, cut = await _read(last)
                if cut:
                    return Ended(code=0, stdout=_text(out), stderr="", cut=True)
                said = [text for text, _ in await asyncio.gather(*words)]
            finally:
                for one in words:
                    one.cancel()
            code = [await one.wait() for one in started][-1]
    except TimeoutError as error:
        raise BlindError(f"it did not end within {timeout:g} s", reason="Timeout") from error
    finally:
        for one in started:
            await end(one)
    return Ended(code=code, stdout=_text(out), stderr="\n".join(_text(text).rstrip() for text in said if text.strip()), cut=False)


async def _start(commands: Sequence[Sequence[str]], started: list[asyncio.subprocess.Process]) -> None:
    """Each with the reading end of a pipe whose writing end the one before has; this process keeps neither."""
    source = asyncio.subprocess.DEVNULL
    for n, argv in enumerate(commands):
        inner = n < len(commands) - 1
        reads, writes = os.pipe() if inner else (-1, asyncio.subprocess.PIPE)
        try:
            started.append(
                await asyncio.create_subprocess_exec(
                    *argv,
                    stdin=source,
                    stdout=writes,
                    stderr=asyncio.subprocess.PIPE,
                    start_new_session=True,
                    env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C.UTF-8"},
                )
            )
        except (OSError, ValueError) as error:
            if inner:
                os.close(reads)
            raise BlindError(f"`{argv[0]}` could not be started: {error}", reason="Unreachable") from error
        finally:
            for descriptor in (source, writes if inner else -1):
                if descriptor >= 0:
                    with suppress(OSError):
                        os.close(descriptor)
        source = reads


async def _read(stream: asyncio.StreamReader | None) -> tuple[bytes, bool]:
    parts: list[bytes] = []
    size = 0
    while stream is not None and (part := await stream.read(65536)):
        parts.append(part)
        size += len(part)
        if size > LIMIT:
            return b"".join(parts)[:LIMIT], True
    return b"".join(parts), False


def _text(said: bytes) -> str:
    return said.decode("utf-8", "replace")
