"""Programs of a host that its owner lets Stead run as root, behind the `HostCommands` port."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from stead.domain.errors import BlindError
from stead.ports import Completed, HostCommands

_REFUSED = ("a password is required", "a terminal is required", "is not allowed to", "may not run sudo", "not in the sudoers")
_NO_PROGRAM = 127


class SudoCommands:
    """Runs what is named in `programs` by `sudo -n`, which never asks for a password, and everything else as it is."""

    def __init__(self, commands: HostCommands, programs: Sequence[str]) -> None:
        self._commands = commands
        self._programs = frozenset(programs)

    @property
    def wrapped(self) -> HostCommands:
        """What runs everything that is not named."""
        return self._commands

    async def run(self, argv: Sequence[str], timeout: float) -> Completed:
        """See ports.HostCommands. BlindError where sudo refuses; a program that the host lacks is as missing as without sudo."""
        if argv[0] not in self._programs:
            return await self._commands.run(argv, timeout)
        done = await self._commands.run(["sudo", "-n", "--", *argv], timeout)
        if done.code != 0 and any(words in done.stderr for words in _REFUSED):
            raise BlindError(f"sudo does not let this user run `{argv[0]}`", reason="Forbidden", command=shlex.join(["sudo", "-n", "-l"]))
        if done.code == _NO_PROGRAM:
            raise BlindError("the host has no `sudo`", reason="Forbidden", command="sudo -n -l")
        if done.code == 1 and f"sudo: {argv[0]}: command not found" in done.stderr:
            return Completed(code=_NO_PROGRAM, stdout="", stderr=done.stderr)
        return done

    async def close(self) -> None:
        await self._commands.close()
