"""The write identity of a host: it runs the programs that verbs name, and no others; the host's own journal is told of each."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Sequence

from stead.domain.errors import BlindError, PermanentError, TemporaryError
from stead.estate.hands import Refusing
from stead.ports import Completed, HostCommands

_TELL = 5.0


class HostHands(Refusing):
    """`programs` are the beginnings of command lines that may be run (`systemctl restart`)."""

    def __init__(self, estate: str, commands: HostCommands, programs: Iterable[str]) -> None:
        super().__init__(estate)
        self._commands = commands
        self._programs = frozenset(tuple(shlex.split(line)) for line in programs)

    async def run(self, argv: Sequence[str], *, timeout: float, action: str) -> Completed:
        """See ports.Hands. PermanentError for what no verb names, and where sudo refuses: nothing was run then."""
        if not any(tuple(argv[: len(one)]) == one for one in self._programs):
            raise PermanentError(f"no verb runs `{shlex.join(argv)}`")
        await self._tell(argv, action)
        try:
            return await self._commands.run(argv, timeout)
        except BlindError as error:
            if error.reason == "Forbidden":
                raise PermanentError(str(error)) from error
            raise TemporaryError(f"nobody can say how `{shlex.join(argv)}` ended: {error}") from error

    async def close(self) -> None:
        """Let go of the host."""
        await self._commands.close()

    async def _tell(self, argv: Sequence[str], action: str) -> None:
        """A line in the host's journal, so that it tells the same story as Stead's. A host without `logger` goes without."""
        try:
            await self._commands.run(["logger", "-t", "stead", "--", f"action {action}: {shlex.join(argv)}"], _TELL)
        except BlindError as error:
            raise TemporaryError(f"the host does not answer: {error}") from error
