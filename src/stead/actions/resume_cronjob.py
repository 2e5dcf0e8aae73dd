"""Resume a suspended CronJob: its next run begins when its schedule says so.

Runs that were missed meanwhile are made up for only within `startingDeadlineSeconds`. Its undo is `suspend_cronjob`.
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

_PATCH = '{"spec":{"suspend":false}}'


async def _preflight(action: Action, estate: Estate) -> str:
    live, why = await standing(action, estate)
    return why or ("" if at(live, "spec", "suspend") is True else "it is not suspended")


async def _change(_: Action, __: Estate, ___: Object) -> Mapping[str, Any]:
    return {"spec": {"suspend": False}}


async def _apply(action: Action, estate: Estate, hands: Hands) -> Applied:
    _, after = await patch_fenced(action, estate, hands, _change)
    subject = action.request.subject
    undo = replace(
        action.request,
        verb="suspend_cronjob",
        precondition=precondition(after),
        reason=f"takes back {action.id}: resuming it did not help",
        command=kubectl(subject, "patch", "cronjob", subject.name, "-p", '{"spec":{"suspend":true}}'),
        undo="",
    )
    return Applied(note=f"{subject} runs again as scheduled", undo=undo)


resume_cronjob = Verb(
    name="resume_cronjob",
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
