"""How a child process is ended: all of it, its own children too, and without waiting for words that nobody reads."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from typing import cast


async def end(process: asyncio.subprocess.Process) -> None:
    """Kill the group of a process that leads a session of its own, unless it has ended, and close its pipes."""
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    transport = cast("asyncio.SubprocessTransport", process._transport)  # type: ignore[attr-defined] # pyright: ignore
    # `wait` returns only when the pipes have ended, and a pipe that is full and not read never does: close them first. The transport
    # itself comes after it: its `close` would take the exit code away from asyncio's own watcher, which complains on stderr.
    for descriptor in (0, 1, 2):
        if (pipe := transport.get_pipe_transport(descriptor)) is not None:
            pipe.close()
    await process.wait()
    transport.close()
