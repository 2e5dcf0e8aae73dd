"""Have an Argo CD application synced by itself again. Its undo is `argo_suspend`.

Parameters: `prune` and `self_heal`, both false where they are left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from stead.actions.fenced import has_landed, patch_fenced, rehearsal, standing
from stead.declare import Applied, Rbac, Verb
from stead.domain.action import Action, Risk
from stead.domain.parameter import Parameter
from stead.domain.subject import Subject
from stead.estate.kubernetes.live import at, precondition
from stead.ports import Estate, Hands, Object


async def _preflight(action: Action, estate: Estate) -> str:
    live, why = await standing(action, estate)
    return why or ("it is synced by itself already" if at(live, "spec", "syncPolicy", "automated") is not None else "")


async def _change(action: Action, _: Estate, __: Object) -> Mapping[str, Any]:
    given = action.request.parameters
    return {"spec": {"syncPolicy": {"automated": {"prune": given.get("prune", False), "selfHeal": given.get("self_heal", False)}}}}


async def _apply(action: Action, estate: Estate, hands: Hands) -> Applied:
    _, after = await patch_fenced(action, estate, hands, _change)
    subject = action.request.subject
    undo = replace(
        action.request,
        verb="argo_suspend",
        precondition=precondition(after),
        parameters={},
        reason=f"takes back {action.id}: syncing it by itself did not help",
        command=f"argocd app set {subject.namespace}/{subject.name} --sync-policy none",
        undo="",
    )
    return Applied(note=f"{subject} is synced by itself again", undo=undo)


def _line(subject: Subject, given: Mapping[str, Any]) -> str:
    options = (" --auto-prune" if given.get("prune") else "") + (" --self-heal" if given.get("self_heal") else "")
    return f"argocd app set {subject.namespace}/{subject.name} --sync-policy automated{options}"


argo_resume = Verb(
    name="argo_resume",
    risk=Risk.MEDIUM,
    reversible=True,
    kinds=("Application",),
    rbac=(Rbac(group="argoproj.io", resource="applications", verbs=("patch",)),),
    preflight=_preflight,
    apply=_apply,
    landed=has_landed,
    page=(__doc__ or "").strip(),
    api_version="argoproj.io/v1alpha1",
    parameters={
        "prune": Parameter(says="whether what the source no longer has is deleted", type=bool, required=False),
        "self_heal": Parameter(says="whether live changes are undone", type=bool, required=False),
    },
    command=_line,
    rehearse=rehearsal(_change),
)
