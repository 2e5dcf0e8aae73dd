"""Restart a systemd unit of a host, as `systemctl restart` does. A unit that systemd gave up on is reset first.

It is sent once: after a crash Stead looks whether the unit was started since, and says *unknown* where it was not. It cannot be taken back.
Units that Stead needs to reach or run on the host are left to people.
"""

from __future__ import annotations

from stead.actions.hosts import fresh, run, same, started_anew
from stead.declare import Applied, Verb
from stead.domain.action import Action, Fence, Risk
from stead.domain.matching import Patterns
from stead.estate.kubernetes.live import text
from stead.ports import Estate, Hands

_KINDS = ("service", "timer", "socket", "path", "mount")

_OURS = Patterns.of(
    (
        *("stead*", "systemd-*", "dbus*", "polkit.service", "user@*"),
        *("ssh.service", "sshd.service", "sshd@*", "ssh.socket", "sshd.socket"),
        *("NetworkManager.service", "networking.service", "wg-quick@*", "tailscaled.service"),
    )
)
"""Without these nobody gets to the host any more, or Stead ends itself in the middle of a change."""


async def _preflight(action: Action, estate: Estate) -> str:
    live, why = await same(action, estate)
    name = action.request.subject.name
    if why:
        return why
    if name.rpartition(".")[2] not in _KINDS:
        return f"only units of the kinds {', '.join(_KINDS)} are restarted"
    if _OURS.match(name):
        return "Stead or the way to this host depends on it: it is left to people"
    if text(live, "status", "LoadState") != "loaded":
        return f"its definition is {text(live, 'status', 'LoadState') or 'unknown'}"
    state = text(live, "status", "ActiveState")
    return f"it is {state} at this moment" if state in ("activating", "deactivating", "reloading") else ""


async def _apply(action: Action, estate: Estate, hands: Hands) -> Applied:
    live = await fresh(action, estate)
    name = action.request.subject.name
    if text(live, "status", "ActiveState") == "failed":
        # A unit that hit its start limit is refused otherwise (systemd.unit, StartLimitBurst=).
        await run(action, hands, ["systemctl", "reset-failed", "--", name])
    await run(action, hands, ["systemctl", "restart", "--", name])
    return Applied(note=f"{name} is restarted")


restart_unit = Verb(
    name="restart_unit",
    risk=Risk.MEDIUM,
    reversible=False,
    kinds=("Unit",),
    rbac=(),
    programs=("systemctl restart", "systemctl reset-failed"),
    preflight=_preflight,
    apply=_apply,
    landed=started_anew,
    page=(__doc__ or "").strip(),
    api_version="host.stead/v1",
    command=lambda subject, _: f"systemctl restart -- {subject.name}",
    fence=Fence.ONCE,
)
