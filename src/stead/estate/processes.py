"""How a child process is ended: all of it, its own children too, and without waiting for words that nobody reads."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal


async def end(process: asyncio.subprocess.Process) -> None:
    """Kill the group of a process that leads a session of its own, unless it has ended, and close its pipes."""
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    # `wait` returns only when the pipes have ended, and a pipe that is full and not read never does: close them first.
    process._transport.close()  # type: ignore[attr-defined] # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]
    await process.wait()
