"""Processes of Stead that begin where their imports end: a parent that has imported everything forks for each.

Such a process is one like any other, with a pid, an environment and output of its own, and `kill -9` ends it as it ends any
other. The parent is Python's own fork server
(https://docs.python.org/3.11/library/multiprocessing.html#contexts-and-start-methods): it has one thread, inherits nothing from
who asks, and ends with them.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from multiprocessing.context import ForkServerProcess
from pathlib import Path

IMPORTED = ("stead.cli.commands", "stead.cli.run", "stead.cli.up", "stead.app.config_check", "stead.app.wiring", "stead.gateway.server")
"""Where the imports of a service begin."""


class Forked:
    """`stead WORDS` with this environment alone; what it prints goes to the file `log`."""

    def __init__(self, *words: str, env: Mapping[str, str], log: Path) -> None:
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload([*IMPORTED, __name__])
        self._process: ForkServerProcess = context.Process(target=_live, args=(words, dict(env), str(log)))
        self._process.start()

    @property
    def pid(self) -> int:
        assert self._process.pid is not None
        return self._process.pid

    @property
    def returncode(self) -> int | None:
        """None while it lives; the negative number of the signal that ended it."""
        return self._process.exitcode

    async def wait(self) -> int:
        """The exit code, once there is one."""
        loop, ended = asyncio.get_running_loop(), asyncio.Event()
        loop.add_reader(self._process.sentinel, ended.set)
        try:
            await ended.wait()
        finally:
            loop.remove_reader(self._process.sentinel)
        self._process.join()
        assert self.returncode is not None
        return self.returncode

    def send_signal(self, number: signal.Signals) -> None:
        if self.returncode is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


def _live(words: Sequence[str], env: Mapping[str, str], log: str) -> None:
    os.environ.clear()
    os.environ.update(env)
    with open(log, "w") as out:  # noqa: PTH123
        for stream in (1, 2):
            os.dup2(out.fileno(), stream)
    from stead.cli.run import run

    sys.exit(run(words))
