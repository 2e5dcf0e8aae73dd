"""What the checks of hosts share: asking, and saying who is meant."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from datetime import datetime

from stead.domain.errors import BlindError
from stead.domain.evidence import Evidence
from stead.domain.finding import Finding, FindingState
from stead.domain.subject import Subject
from stead.ports import Completed, HostCommands

SECONDS = 10.0
"""How long a command may take. `df` on a dead network mount never ends."""

NO_PROGRAM = 127
"""Exit code of a program that is not installed (ports.Completed)."""


_NOT_EXECUTABLE = 126
"""Exit code of a program that may not be run (POSIX, 2.8.2)."""
_NO_RIGHT = ("Permission denied", "permission denied", "Operation not permitted", "must be superuser", "must be root", "requires root")


def host(estate: str) -> Subject:
    return Subject(estate=estate, api_version="host.stead/v1", kind="Host", name=estate)


def odd_output(check: str, estate: str, argv: Sequence[str], rest: str, now: datetime) -> Finding:
    """A part of an answer that could not be read: said beside what could."""
    return Finding(
        check=check,
        subject=Subject(estate=estate, api_version="stead/v1", kind="Probe", name=check),
        reason="Malformed",
        summary=f"`{check}` could not read a part of what `{argv[0]}` said",
        state=FindingState.BLIND,
        evidence=(Evidence(what=f"a line of `{argv[0]}`", value=rest[:200], command=shlex.join(argv), tainted=True),),
        since=now,
    )


async def ask(commands: HostCommands, argv: Sequence[str], seconds: float = SECONDS) -> Completed | None:
    """What a command says; None where the host has no such program, which is then not covered."""
    done = await commands.run(argv, seconds)
    return None if done.code == NO_PROGRAM else done


async def read_file(commands: HostCommands, path: str) -> str | None:
    """A file's text; None where there is no such file, or no `cat`. BlindError when it is there and cannot be read."""
    argv = ["cat", path]
    done = await commands.run(argv, SECONDS)
    if done.code == 0:
        return done.stdout
    if done.code == NO_PROGRAM or "No such file" in done.stderr or "not supported" in done.stderr:
        return None
    raise refused(argv, done)


def refused(argv: Sequence[str], done: Completed) -> BlindError:
    """A command that failed, as the blindness that it is: Forbidden where the user lacks the right."""
    said = " ".join(done.stderr.split())[:200] or f"exit code {done.code}"
    reason = "Forbidden" if is_forbidden(done) else "Unreachable"
    return BlindError(f"`{shlex.join(argv)}` failed: {said}", reason=reason, command=shlex.join(argv))


def is_forbidden(done: Completed) -> bool:
    """Whether a command failed for want of a right (EACCES or EPERM, in the words of the C locale)."""
    return done.code == _NOT_EXECUTABLE or any(words in done.stderr for words in _NO_RIGHT)
