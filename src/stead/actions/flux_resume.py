"""Resume one of Flux' objects that is suspended: its controller reconciles it at once.

Its undo is `flux_suspend`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from stead.actions.fenced import has_landed, patch_fenced, rehearsal, standing
from stead.declare import Applied, Rbac, Verb
from stead.domain.action import Action, Risk
from stead.estate.kubernetes.flux import KINDS, PLURALS, flux, is_flux
from stead.estate.kubernetes.live import at, precondition
from stead.ports import Estate, Hands, Object


async def _preflight(action: Action, estate: Estate) -> str:
    if not is_flux(action.request.subject):
        return "it is none of Flux' own kinds"
    live, why = await standing(action, estate)
    return why or ("" if at(live, "spec", "suspend") is True else "it is not suspended")


async def _change(_: Action, __: Estate, ___: Object) -> Mapping[str, Any]:
    return {"spec": {"suspend": False}}


async def _apply(action: Action, estate: Estate, hands: Hands) -> Applied:
    _, after = await patch_fenced(action, estate, hands, _change)
    subject = action.request.subject
    undo = replace(
        action.request,
        verb="flux_suspend",
        precondition=precondition(after),
        reason=f"takes back {action.id}: resuming it did not help",
        command=flux("suspend", subject),
        undo="",
    )
    return Applied(note=f"{subject} is reconciled again", undo=undo)


flux_resume = Verb(
    name="flux_resume",
    risk=Risk.MEDIUM,
    reversible=True,
    kinds=KINDS,
    rbac=tuple(Rbac(group=group, resource=plural, verbs=("patch",)) for group, plurals in PLURALS.items() for plural in plurals),
    preflight=_preflight,
    apply=_apply,
    landed=has_landed,
    page=(__doc__ or "").strip(),
    command=lambda subject, _: flux("resume", subject),
    rehearse=rehearsal(_change),
)
