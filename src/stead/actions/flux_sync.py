"""Have Flux reconcile an object now, as `flux reconcile` does: what its source says is applied once more.

A HelmRelease whose retries are spent is tried anew. It is what the controller does by itself at every interval, only sooner, so there is
nothing to take back.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stead.actions.fenced import has_landed, patch_fenced, rehearsal, standing
from stead.declare import Applied, Rbac, Verb
from stead.domain.action import Action, Risk
from stead.domain.subject import Subject
from stead.estate.kubernetes.flux import KINDS, PLURALS, REQUESTED, RESET, flux, is_flux
from stead.estate.kubernetes.live import at
from stead.ports import Estate, Hands, Object


async def _preflight(action: Action, estate: Estate) -> str:
    if not is_flux(action.request.subject):
        return "it is none of Flux' own kinds"
    live, why = await standing(action, estate)
    return why or ("it is suspended" if at(live, "spec", "suspend") is True else "")


async def _change(action: Action, _: Estate, __: Object) -> Mapping[str, Any]:
    again = {RESET: action.id} if action.request.subject.kind == "HelmRelease" else {}
    return {"metadata": {"annotations": {REQUESTED: action.id, **again}}}


async def _apply(action: Action, estate: Estate, hands: Hands) -> Applied:
    await patch_fenced(action, estate, hands, _change)
    return Applied(note=f"Flux is asked to reconcile {action.request.subject} now")


def _line(subject: Subject, _: Mapping[str, Any]) -> str:
    return flux("reconcile", subject, *(["--reset"] if subject.kind == "HelmRelease" else []))


flux_sync = Verb(
    name="flux_sync",
    risk=Risk.LOW,
    reversible=False,
    kinds=KINDS,
    rbac=tuple(Rbac(group=group, resource=plural, verbs=("patch",)) for group, plurals in PLURALS.items() for plural in plurals),
    preflight=_preflight,
    apply=_apply,
    landed=has_landed,
    page=(__doc__ or "").strip(),
    command=_line,
    rehearse=rehearsal(_change),
)
