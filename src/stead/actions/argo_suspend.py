"""Suspend the automated sync of an Argo CD application, so that a live change is not undone while somebody works.

Its undo is `argo_resume` with the same settings. It does not touch what runs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from stead.actions.fenced import has_landed, patch_fenced, rehearsal, standing
from stead.declare import Applied, Rbac, Verb
from stead.domain.action import Action, Risk
from stead.estate.kubernetes.live import at, precondition
from stead.ports import Estate, Hands, Object


async def _preflight(action: Action, estate: Estate) -> str:
    live, why = await standing(action, estate)
    return why or ("" if at(live, "spec", "syncPolicy", "automated") is not None else "it is not synced by itself")


async def _change(_: Action, __: Estate, ___: Object) -> Mapping[str, Any]:
    return {"spec": {"syncPolicy": {"automated": None}}}


async def _apply(action: Action, estate: Estate, hands: Hands) -> Applied:
    before, after = await patch_fenced(action, estate, hands, _change)
    automated = at(before, "spec", "syncPolicy", "automated")
    subject = action.request.subject
    given = {"prune": at(automated, "prune") is True, "self_heal": at(automated, "selfHeal") is True}
    undo = replace(
        action.request,
        verb="argo_resume",
        precondition=precondition(after),
        parameters=given,
        reason=f"takes back {action.id}: suspending its sync did not help",
        command=f"argocd app set {subject.namespace}/{subject.name} --sync-policy automated",
        undo="",
    )
    return Applied(note=f"{subject} is not synced by itself any more", undo=undo)


argo_suspend = Verb(
    name="argo_suspend",
    risk=Risk.LOW,
    reversible=True,
    kinds=("Application",),
    rbac=(Rbac(group="argoproj.io", resource="applications", verbs=("patch",)),),
    preflight=_preflight,
    apply=_apply,
    landed=has_landed,
    page=(__doc__ or "").strip(),
    api_version="argoproj.io/v1alpha1",
    command=lambda subject, _: f"argocd app set {subject.namespace}/{subject.name} --sync-policy none",
    rehearse=rehearsal(_change),
)
