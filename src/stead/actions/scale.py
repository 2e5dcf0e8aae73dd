"""Give a workload more replicas, as `kubectl scale` does. Its undo is the number that was there before.

Parameters: `replicas`. It never takes replicas away, but to undo itself: a fault also falls quiet where nothing is wanted any more, and
that is no cure. A workload with an autoscaler is the autoscaler's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from stead.actions.fenced import has_landed, patch_fenced, rehearsal, standing
from stead.declare import Applied, Rbac, Verb
from stead.domain.action import Action, Risk
from stead.domain.parameter import Parameter
from stead.estate.kubernetes.live import at, handle, kubectl, number, precondition, text
from stead.ports import Estate, Hands, Object

MOST = 50
"""Replicas: what a typing mistake, or a model's idea, may cost at most."""


async def _preflight(action: Action, estate: Estate) -> str:
    live, why = await standing(action, estate)
    if why:
        return why
    wanted, present = action.request.parameters["replicas"], number(live, "spec", "replicas", default=1)
    if wanted == present:
        return f"it wants {present} replicas already"
    if wanted < present and not action.undoes:
        return f"it wants {present} replicas, and replicas are only added"
    subject = action.request.subject
    for scaler in await estate.list("autoscaling/v2", "HorizontalPodAutoscaler", subject.namespace):
        target = at(scaler, "spec", "scaleTargetRef")
        if (text(target, "kind"), text(target, "name")) == (subject.kind, subject.name):
            return f"HorizontalPodAutoscaler {text(scaler, 'metadata', 'name')} says how many it has"
    return ""


async def _change(action: Action, _: Estate, __: Object) -> Mapping[str, Any]:
    return {"spec": {"replicas": action.request.parameters["replicas"]}}


async def _apply(action: Action, estate: Estate, hands: Hands) -> Applied:
    before, after = await patch_fenced(action, estate, hands, _change)
    subject, old, new = action.request.subject, number(before, "spec", "replicas", default=1), number(after, "spec", "replicas")
    undo = replace(
        action.request,
        precondition=precondition(after),
        parameters={"replicas": old},
        reason=f"takes back {action.id}: {new} replicas did not cure it",
        command=_line(subject, {"replicas": old}),
        undo="",
    )
    return Applied(note=f"{subject} has {new} replicas instead of {old}", undo=undo)


def _line(subject: Any, given: Mapping[str, Any]) -> str:
    return kubectl(subject, "scale", handle(subject), f"--replicas={given.get('replicas', '')}")


scale = Verb(
    name="scale",
    risk=Risk.MEDIUM,
    reversible=True,
    kinds=("Deployment", "StatefulSet"),
    rbac=tuple(Rbac(group="apps", resource=resource, verbs=("patch",)) for resource in ("deployments", "statefulsets")),
    preflight=_preflight,
    apply=_apply,
    landed=has_landed,
    against_git=True,
    page=(__doc__ or "").strip(),
    api_version="apps/v1",
    parameters={"replicas": Parameter(says="how many pods are wanted", type=int, least=1, most=MOST)},
    command=_line,
    rehearse=rehearsal(_change),
)
