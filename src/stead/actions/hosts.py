"""What the verbs of a host share: running a program there, and what an answer that is no success means."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from stead.domain.action import Action
from stead.domain.errors import ConflictError, PermanentError
from stead.estate.kubernetes.live import text
from stead.ports import Estate, Hands, Object

SECONDS = 120.0
"""How long a program may take. `systemctl restart` waits for the unit to stop, 90 s by default (DefaultTimeoutStopSec)."""

_NO_PROGRAM = 127


async def run(action: Action, hands: Hands, argv: Sequence[str], seconds: float = SECONDS) -> str:
    """What the program said. PermanentError when it failed: it was run, and what it did can only be looked at."""
    done = await hands.run(argv, timeout=seconds, action=action.id)
    if done.code == _NO_PROGRAM:
        raise PermanentError(f"the host has no `{argv[0]}`")
    if done.code != 0:
        said = " ".join(done.stderr.split())[:300] or f"exit code {done.code}"
        raise PermanentError(f"`{shlex.join(argv)}` failed: {said}")
    return done.stdout


async def same(action: Action, estate: Estate) -> tuple[Object, str]:
    """The object of the host, and why it is no longer the one that was decided on: it is gone, or was started anew since."""
    live = await estate.read(action.request.subject)
    if live is None:
        return {}, f"{action.request.subject} does not exist any more"
    return live, "" if text(live, "metadata", "uid") == action.request.precondition.uid else "it was started anew since the decision"


async def started_anew(action: Action, estate: Estate) -> bool:
    """Whether the object was started since the decision: the only trace that a restart leaves."""
    live = await estate.read(action.request.subject)
    return live is not None and text(live, "metadata", "uid") != action.request.precondition.uid


async def fresh(action: Action, estate: Estate) -> Object:
    """The object as decided on; ConflictError when it is not that one any more."""
    live, why = await same(action, estate)
    if why:
        raise ConflictError(why)
    return live
