"""Programs of jobs: run once, in the sandbox in which own checks run. Promise: nothing of them runs outside of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from stead.domain.errors import BlindError
from stead.domain.job import Job
from stead.estate import beyond, sandbox
from stead.estate.own.scripts import scripts
from stead.ports import Completed, HostCommands

NOTES = ("CONTEXT.md", "AGENTS.md")
"""The words in a working folder that an agent is told, the first that is there."""
MOST_NOTES = 16_000


class Programs:
    """The programs in `folders`, run by `commands` on this machine."""

    def __init__(self, folders: Sequence[Path], commands: HostCommands) -> None:
        self._folders = tuple(folders)
        self._commands = commands

    async def run(self, job: Job) -> Completed:
        """The job's program, at its end. BlindError where it could not be started, or did not end in time."""
        script = scripts(self._folders).get(job.script)
        if script is None:
            places = ", ".join(map(str, self._folders))
            raise BlindError(f"there is no program `{job.script}` in {places}", reason="NotFound", command=f"ls -l {places}")
        for network in (False, True) if job.network else (False,):
            if words := await sandbox.trouble(self._commands, network=network):
                raise BlindError(f"it is not run: {words}", reason="NoSandbox", command="stead doctor")
        home = script.path.parent
        reads = (home, *map(Path, job.reads)) if job.workdir else tuple(map(Path, job.reads))
        box = sandbox.Sandbox(folder=Path(job.workdir) if job.workdir else home, reads=reads, network=job.network)
        done = await self._commands.run(box.command([str(script.path), *job.arguments]), job.timeout.total_seconds())
        if job.network:
            if (own_words := beyond.said(done.stderr)) is None:
                raise BlindError(f"it could not be started: {beyond.trouble(done)}", reason="NotStarted", command="stead doctor")
            done = replace(done, stderr=own_words)
        # bwrap ends with 1 when it cannot start the program.
        if done.code and done.stderr.startswith("bwrap: ") and not done.stdout:
            complaint = " ".join(done.stderr.removeprefix("bwrap: ").split())[:300]
            raise BlindError(f"it could not be started: {complaint}", reason="NotStarted", command=str(script.path))
        return done


def notes(job: Job) -> str:
    """The words that lie in the job's working folder; "" where there are none that can be read."""
    for name in NOTES if job.workdir else ():
        try:
            with (Path(job.workdir) / name).open(encoding="utf-8", errors="replace") as file:
                return file.read(MOST_NOTES)
        except OSError:
            continue
    return ""
