"""Cordon a node: no new pod is put there. What runs on it stays.

Its undo is `uncordon_node`. Draining is not part of it: pods are evicted one by one, each by an action of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from stead.actions.fenced import has_landed, patch_fenced, rehearsal, standing
from stead.declare import Applied, Rbac, Verb
from stead.domain.action import Action, Risk
from stead.estate.kubernetes.live import at, condition, kubectl, precondition, text
from stead.ports import Estate, Hands, Object


async def _preflight(action: Action, estate: Estate) -> str:
    live, why = await standing(action, estate)
    if why:
        return why
    if at(live, "spec", "unschedulable") is True:
        return "it is cordoned already"
    others = [n for n in await estate.list("v1", "Node") if text(n, "metadata", "uid") != action.request.precondition.uid]
    if not any(at(n, "spec", "unschedulable") is not True and text(condition(n, "Ready"), "status") == "True" for n in others):
        return "no other node is ready to take pods"
    return ""


async def _change(_: Action, __: Estate, ___: Object) -> Mapping[str, Any]:
    return {"spec": {"unschedulable": True}}


async def _apply(action: Action, estate: Estate, hands: Hands) -> Applied:
    _, after = await patch_fenced(action, estate, hands, _change)
    subject = action.request.subject
    undo = replace(
        action.request,
        verb="uncordon_node",
        precondition=precondition(after),
        reason=f"takes back {action.id}: keeping pods away did not help",
        command=kubectl(subject, "uncordon", subject.name),
        undo="",
    )
    return Applied(note=f"{subject} takes no new pods", undo=undo)


cordon_node = Verb(
    name="cordon_node",
    risk=Risk.MEDIUM,
    reversible=True,
    kinds=("Node",),
    rbac=(Rbac(group="", resource="nodes", verbs=("patch",)),),
    preflight=_preflight,
    apply=_apply,
    landed=has_landed,
    page=(__doc__ or "").strip(),
    api_version="v1",
    command=lambda subject, _: kubectl(subject, "cordon", subject.name),
    rehearse=rehearsal(_change),
)
