"""Suspend one of Flux' objects: nothing is reconciled from it until it is resumed. What runs stays as it is.

Its undo is `flux_resume`.
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
    return why or ("it is suspended already" if at(live, "spec", "suspend") is True else "")


async def _change(_: Action, __: Estate, ___: Object) -> Mapping[str, Any]:
    return {"spec": {"suspend": True}}


async def _apply(action: Action, estate: Estate, hands: Hands) -> Applied:
    _, after = await patch_fenced(action, estate, hands, _change)
    subject = action.request.subject
    undo = replace(
        action.request,
        verb="flux_resume",
        precondition=precondition(after),
        reason=f"takes back {action.id}: suspending it did not help",
        command=flux("resume", subject),
        undo="",
    )
    return Applied(note=f"{subject} is suspended", undo=undo)


flux_suspend = Verb(
    name="flux_suspend",
    risk=Risk.LOW,
    reversible=True,
    kinds=KINDS,
    rbac=tuple(Rbac(group=group, resource=plural, verbs=("patch",)) for group, plurals in PLURALS.items() for plural in plurals),
    preflight=_preflight,
    apply=_apply,
    landed=has_landed,
    page=(__doc__ or "").strip(),
    command=lambda subject, _: flux("suspend", subject),
    rehearse=rehearsal(_change),
)
