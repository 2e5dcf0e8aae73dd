"""Commands on this very machine, behind the `HostCommands` port.

Promise: whatever is started is ended, its children too; an answer that is not whole is a BlindError, never a shorter answer. A program
gets of this process's environment what it needs to find its peers, and no token.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence

from stead.domain.errors import BlindError
from stead.estate.processes import end
from stead.ports import Completed

LIMIT = 1024 * 1024
"""Bytes of stdout and of stderr that a command may say. `systemctl` over a thousand units says 150 kB."""
_NOT_FOUND, _NOT_EXECUTABLE = 127, 126
"""Exit codes that shells give for a missing program, and for one that may not be run (POSIX, 2.8.2)."""

_HANDED_ON = (
    "PATH",
    "HOME",
    "USER",
    "LOGNAME",
    "TZ",
    "TMPDIR",
    "XDG_RUNTIME_DIR",
    "DBUS_SESSION_BUS_ADDRESS",
    "DOCKER_HOST",
    "CONTAINER_HOST",
)
"""Where programs are, who runs them, and where the buses and engines listen that `systemctl --user`, `docker` and `podman` ask."""


class LocalCommands:
    """Runs commands in the C locale, without a terminal and without input."""

    def __init__(self, limit: int = LIMIT) -> None:
        self._limit = limit

    async def run(self, argv: Sequence[str], timeout: float) -> Completed:
        """See ports.HostCommands. Times out after `timeout` wall-clock seconds; then all that was started is killed."""
        environ = {name: os.environ[name] for name in _HANDED_ON if name in os.environ}
        try:
            process = await asyncio.create_subprocess_exec(
                *argv,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                env={**environ, "LC_ALL": "C.UTF-8", "LANG": "C.UTF-8"},
                start_new_session=True,
            )
        except FileNotFoundError:
            return Completed(code=_NOT_FOUND, stdout="", stderr=f"{argv[0]}: not found")
        except PermissionError as error:
            return Completed(code=_NOT_EXECUTABLE, stdout="", stderr=f"{argv[0]}: {error.strerror}")
        except (OSError, ValueError) as error:
            raise BlindError(f"`{argv[0]}` could not be started: {error}", reason="Unreachable", command=" ".join(argv)) from error
        try:
            async with asyncio.timeout(timeout):
                return await self._finish(process, argv)
        except TimeoutError as error:
            raise BlindError(f"`{argv[0]}` did not end within {timeout:g} s", reason="Timeout", command=" ".join(argv)) from error
        finally:
            await end(process)

    async def close(self) -> None:
        """There is nothing to let go of."""

    async def _finish(self, process: asyncio.subprocess.Process, argv: Sequence[str]) -> Completed:
        streams = (process.stdout, process.stderr)
        reading = [asyncio.ensure_future(self._read(stream, argv)) for stream in streams if stream is not None]
        try:
            stdout, stderr = await asyncio.gather(*reading)
        finally:
            for one in reading:
                one.cancel()
        code = await process.wait()
        return Completed(code=code, stdout=stdout.decode("utf-8", "replace"), stderr=stderr.decode("utf-8", "replace"))

    async def _read(self, stream: asyncio.StreamReader, argv: Sequence[str]) -> bytes:
        parts: list[bytes] = []
        size = 0
        while part := await stream.read(65536):
            parts.append(part)
            size += len(part)
            if size > self._limit:
                raise BlindError(f"`{argv[0]}` said more than {self._limit} bytes", reason="Malformed", command=" ".join(argv))
        return b"".join(parts)
