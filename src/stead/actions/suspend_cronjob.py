"""Suspend a CronJob: no run begins until it is resumed. What runs already goes on.

Its undo is `resume_cronjob`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from stead.actions.fenced import has_landed, patch_fenced, rehearsal, standing
from stead.declare import Applied, Rbac, Verb
from stead.domain.action import Action, Risk
from stead.estate.kubernetes.live import at, kubectl, precondition
from stead.ports import Estate, Hands, Object

_PATCH = '{"spec":{"suspend":true}}'


async def _preflight(action: Action, estate: Estate) -> str:
    live, why = await standing(action, estate)
    return why or ("it is suspended already" if at(live, "spec", "suspend") is True else "")


async def _change(_: Action, __: Estate, ___: Object) -> Mapping[str, Any]:
    return {"spec": {"suspend": True}}


async def _apply(action: Action, estate: Estate, hands: Hands) -> Applied:
    _, after = await patch_fenced(action, estate, hands, _change)
    subject = action.request.subject
    undo = replace(
        action.request,
        verb="resume_cronjob",
        precondition=precondition(after),
        reason=f"takes back {action.id}: suspending it did not help",
        command=kubectl(subject, "patch", "cronjob", subject.name, "-p", '{"spec":{"suspend":false}}'),
        undo="",
    )
    return Applied(note=f"{subject} is suspended", undo=undo)


suspend_cronjob = Verb(
    name="suspend_cronjob",
    risk=Risk.LOW,
    reversible=True,
    kinds=("CronJob",),
    rbac=(Rbac(group="batch", resource="cronjobs", verbs=("patch",)),),
    preflight=_preflight,
    apply=_apply,
    landed=has_landed,
    page=(__doc__ or "").strip(),
    api_version="batch/v1",
    command=lambda subject, _: kubectl(subject, "patch", "cronjob", subject.name, "-p", _PATCH),
    rehearse=rehearsal(_change),
)
