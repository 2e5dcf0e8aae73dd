"""Sync an Argo CD application: bring the cluster to what its source says, as `argocd app sync` does.

It asks the application controller by the field `operation`, with the application's own sync options; what the source no longer has is
pruned only where the application prunes by itself. It cannot be taken back from here: the way back is a commit.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stead.actions.fenced import has_landed, patch_fenced, rehearsal, standing
from stead.declare import Applied, Rbac, Verb
from stead.domain.action import Action, Risk
from stead.domain.errors import ConflictError
from stead.estate.kubernetes.live import at, text
from stead.ports import Estate, Hands, Object

_UNDER_WAY = ("Running", "Terminating")


async def _preflight(action: Action, estate: Estate) -> str:
    live, why = await standing(action, estate)
    return why or _busy(live)


async def _change(action: Action, _: Estate, live: Object) -> Mapping[str, Any]:
    if why := _busy(live):
        raise ConflictError(why)
    policy: Mapping[str, Any] = at(live, "spec", "syncPolicy") or {}
    sync: dict[str, Any] = {"prune": at(policy, "automated", "prune") is True}
    if options := at(policy, "syncOptions"):
        sync["syncOptions"] = options
    if revision := text(live, "spec", "source", "targetRevision"):
        sync["revision"] = revision
    operation: dict[str, Any] = {"initiatedBy": {"username": "stead"}, "info": [{"name": "action", "value": action.id}], "sync": sync}
    if retry := at(policy, "retry"):
        operation["retry"] = retry
    return {"operation": operation}


async def _apply(action: Action, estate: Estate, hands: Hands) -> Applied:
    await patch_fenced(action, estate, hands, _change)
    return Applied(note=f"a sync of {action.request.subject} has been asked for")


def _busy(live: Object) -> str:
    if at(live, "operation") is not None or text(live, "status", "operationState", "phase") in _UNDER_WAY:
        return "an operation is under way already"
    return "its source cannot be compared" if text(live, "status", "sync", "status") == "Unknown" else ""


argo_sync = Verb(
    name="argo_sync",
    risk=Risk.MEDIUM,
    reversible=False,
    kinds=("Application",),
    rbac=(Rbac(group="argoproj.io", resource="applications", verbs=("patch",)),),
    preflight=_preflight,
    apply=_apply,
    landed=has_landed,
    page=(__doc__ or "").strip(),
    api_version="argoproj.io/v1alpha1",
    command=lambda subject, _: f"argocd app sync {subject.namespace}/{subject.name}",
    rehearse=rehearsal(_change),
)
