"""Free disk space of a host by a rule that has a name. Each rule is one command that takes away only what its program can make again.

Parameters: `rule`. `journal` keeps the newest 200 MB of the journal · `apt` empties the cache of downloaded packages · `docker` and
`podman` remove images that no container uses and that have no name · `tmpfiles` removes what `systemd-tmpfiles` says is old. There is no
rule that takes a path. It cannot be taken back.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from typing import Any

from stead.actions.hosts import run
from stead.declare import Applied, Verb
from stead.domain.action import Action, Fence, Risk
from stead.domain.parameter import Parameter
from stead.domain.subject import Subject
from stead.ports import Estate, Hands

RULES: Mapping[str, Sequence[str]] = {
    "journal": ("journalctl", "--rotate", "--vacuum-size=200M"),
    "apt": ("apt-get", "clean"),
    "docker": ("docker", "image", "prune", "--force"),
    "podman": ("podman", "image", "prune", "--force"),
    "tmpfiles": ("systemd-tmpfiles", "--clean"),
}

_SECONDS = 600.0


async def _preflight(action: Action, estate: Estate) -> str:
    return "" if await estate.read(action.request.subject) is not None else "there is no such host"


async def _apply(action: Action, _: Estate, hands: Hands) -> Applied:
    argv = RULES[action.request.parameters["rule"]]
    said = (await run(action, hands, argv, _SECONDS)).strip().splitlines()
    return Applied(note=f"`{shlex.join(argv)}` ran" + (f": {said[-1][:200]}" if said else ""))


async def _landed(_: Action, __: Estate) -> bool:
    """Nobody can see it, and a second time takes away nothing more: it is done again."""
    return False


def _line(_: Subject, given: Mapping[str, Any]) -> str:
    return shlex.join(RULES.get(str(given.get("rule")), ("df", "-h")))


free_disk = Verb(
    name="free_disk",
    risk=Risk.LOW,
    reversible=False,
    kinds=("Host",),
    rbac=(),
    programs=tuple(shlex.join(argv) for argv in RULES.values()),
    preflight=_preflight,
    apply=_apply,
    landed=_landed,
    page=(__doc__ or "").strip(),
    api_version="host.stead/v1",
    parameters={"rule": Parameter(says="what is taken away", one_of=tuple(RULES))},
    command=_line,
    fence=Fence.KEY,
)
