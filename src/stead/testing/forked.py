"""Processes of Stead that begin where their imports end: a parent that has imported everything forks for each.

Such a process is one like any other, with a pid, an environment and output of its own, and `kill -9` ends it as it ends any
other. The parent is Python's own fork server
(https://docs.python.org/3.11/library/multiprocessing.html#contexts-and-start-methods): it has one thread, inherits nothing from
who asks, and ends with them.
"""

from __future__ import annotations

import asyncio
import contextlib
import multiprocessing
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from multiprocessing.context import ForkServerProcess
from pathlib import Path

IMPORTED = (
    *("stead.cli.commands", "stead.cli.run", "stead.cli.up", "stead.app.config_check", "stead.app.wiring", "stead.gateway.server"),
    *("stead.cli.practice", "stead.practice.run"),
)
"""Where the imports of a service begin, and those of a run on a practice cluster."""


class Forked:
    """`stead WORDS` with this environment alone, in the folder `cwd`; what it prints goes to the files `log` and `err`, or all to `log`."""

    def __init__(self, *words: str, env: Mapping[str, str], log: Path, err: Path | None = None, cwd: Path | None = None) -> None:
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload([*IMPORTED, __name__])
        given = (words, dict(env), cwd or Path.cwd(), log, err)
        self._process: ForkServerProcess = context.Process(target=_live, args=given)
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

    def ends(self, within: float) -> int:
        """The exit code, for callers without an event loop. TimeoutError after `within` seconds, and it is killed."""
        self._process.join(within)
        if self.returncode is None:
            self._process.kill()
            self._process.join()
            raise TimeoutError(f"it did not end within {within:g} s")
        return self.returncode

    def send_signal(self, number: signal.Signals) -> None:
        if self.returncode is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


def run(*words: str, env: Mapping[str, str], cwd: Path, timeout: float = 120) -> subprocess.CompletedProcess[str]:
    """`stead WORDS` from its beginning to its end, as subprocess.run has it with captured texts."""
    with tempfile.TemporaryDirectory(prefix="stead-forked-") as folder:
        out, err = Path(folder) / "out", Path(folder) / "err"
        code = Forked(*words, env=env, log=out, err=err, cwd=cwd).ends(timeout)
        return subprocess.CompletedProcess(["stead", *words], code, out.read_text(), err.read_text())


def _live(words: Sequence[str], env: Mapping[str, str], cwd: Path, log: Path, err: Path | None) -> None:
    os.environ.clear()
    os.environ.update(env)
    with log.open("w") as out:
        os.dup2(out.fileno(), 1)
    with contextlib.nullcontext() if err is None else err.open("w") as errors:
        os.dup2(1 if errors is None else errors.fileno(), 2)
    os.chdir(cwd)
    from stead.cli.run import run

    sys.exit(run(words))
