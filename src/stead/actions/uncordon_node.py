"""Let a cordoned node take pods again. Its undo is `cordon_node`.

A node that is not ready, or that reports pressure or a broken network, stays cordoned.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from stead.actions.fenced import has_landed, patch_fenced, rehearsal, standing
from stead.declare import Applied, Rbac, Verb
from stead.domain.action import Action, Risk
from stead.estate.kubernetes.live import at, condition, items, kubectl, precondition, text
from stead.ports import Estate, Hands, Object


async def _preflight(action: Action, estate: Estate) -> str:
    live, why = await standing(action, estate)
    if why:
        return why
    if at(live, "spec", "unschedulable") is not True:
        return "it is not cordoned"
    if text(condition(live, "Ready"), "status") != "True":
        return "it is not ready"
    bad = [text(c, "type") for c in items(live, "status", "conditions") if text(c, "type") != "Ready" and text(c, "status") == "True"]
    return f"it reports {bad[0]}" if bad else ""


async def _change(_: Action, __: Estate, ___: Object) -> Mapping[str, Any]:
    return {"spec": {"unschedulable": False}}


async def _apply(action: Action, estate: Estate, hands: Hands) -> Applied:
    _, after = await patch_fenced(action, estate, hands, _change)
    subject = action.request.subject
    undo = replace(
        action.request,
        verb="cordon_node",
        precondition=precondition(after),
        reason=f"takes back {action.id}: letting pods in did not help",
        command=kubectl(subject, "cordon", subject.name),
        undo="",
    )
    return Applied(note=f"{subject} takes pods again", undo=undo)


uncordon_node = Verb(
    name="uncordon_node",
    risk=Risk.LOW,
    reversible=True,
    kinds=("Node",),
    rbac=(Rbac(group="", resource="nodes", verbs=("patch",)),),
    preflight=_preflight,
    apply=_apply,
    landed=has_landed,
    page=(__doc__ or "").strip(),
    api_version="v1",
    command=lambda subject, _: kubectl(subject, "uncordon", subject.name),
    rehearse=rehearsal(_change),
)
