"""Have systemd forget that a unit failed, as `systemctl reset-failed` does. Nothing is started or stopped.

For a unit whose failure is known and over: a one-off job, or one that was replaced. It cannot be taken back; the journal keeps the failure.
"""

from __future__ import annotations

from stead.actions.hosts import fresh, run, same
from stead.declare import Applied, Verb
from stead.domain.action import Action, Fence, Risk
from stead.estate.kubernetes.live import text
from stead.ports import Estate, Hands


async def _preflight(action: Action, estate: Estate) -> str:
    live, why = await same(action, estate)
    return why or ("" if text(live, "status", "ActiveState") == "failed" else "it has not failed")


async def _apply(action: Action, estate: Estate, hands: Hands) -> Applied:
    await fresh(action, estate)
    await run(action, hands, ["systemctl", "reset-failed", "--", action.request.subject.name])
    return Applied(note=f"systemd has forgotten that {action.request.subject.name} failed")


async def _landed(action: Action, estate: Estate) -> bool:
    live = await estate.read(action.request.subject)
    return live is None or text(live, "status", "ActiveState") != "failed"


reset_failed_unit = Verb(
    name="reset_failed_unit",
    risk=Risk.LOW,
    reversible=False,
    kinds=("Unit",),
    rbac=(),
    programs=("systemctl reset-failed",),
    preflight=_preflight,
    apply=_apply,
    landed=_landed,
    page=(__doc__ or "").strip(),
    api_version="host.stead/v1",
    command=lambda subject, _: f"systemctl reset-failed -- {subject.name}",
    fence=Fence.KEY,
)
