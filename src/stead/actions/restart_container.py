"""Restart a container of Docker or Podman on a host, as `docker restart` does.

It is sent once: after a crash Stead looks whether the container was started since, and says *unknown* where it was not. It cannot be taken
back; the container's own file system and its volumes stay.
"""

from __future__ import annotations

from stead.actions.hosts import fresh, run, same, started_anew
from stead.declare import Applied, Verb
from stead.domain.action import Action, Fence, Risk
from stead.estate.host.objects import ENGINES
from stead.estate.kubernetes.live import text
from stead.ports import Estate, Hands


async def _preflight(action: Action, estate: Estate) -> str:
    live, why = await same(action, estate)
    if why:
        return why
    if text(live, "status", "Status") in ("removing", "dead", "paused"):
        return f"it is {text(live, 'status', 'Status')}"
    return "it is one of Stead's own" if action.request.subject.name.startswith("stead") else ""


async def _apply(action: Action, estate: Estate, hands: Hands) -> Applied:
    engine = text(await fresh(action, estate), "status", "Engine")
    await run(action, hands, [engine, "restart", "--", action.request.subject.name])
    return Applied(note=f"container {action.request.subject.name} is restarted")


restart_container = Verb(
    name="restart_container",
    risk=Risk.MEDIUM,
    reversible=False,
    kinds=("Container",),
    rbac=(),
    programs=tuple(f"{engine} restart" for engine in ENGINES),
    preflight=_preflight,
    apply=_apply,
    landed=started_anew,
    page=(__doc__ or "").strip(),
    api_version="host.stead/v1",
    command=lambda subject, _: f"docker restart -- {subject.name}",
    fence=Fence.ONCE,
)
