"""Delete what evicted pods of one workload have left behind. Pods that run are not touched.

An evicted pod has ended; its entry stays until somebody, or the cluster after thousands of them, clears it. Only pods whose phase is
Failed with the reason Evicted go, each by its uid. It cannot be taken back, and takes nothing away that runs.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stead.actions.fenced import standing
from stead.declare import Applied, Rbac, Verb
from stead.domain.action import Action, Fence, Risk
from stead.domain.errors import ConflictError
from stead.domain.subject import Subject
from stead.estate.kubernetes.live import controller, kubectl, text
from stead.estate.kubernetes.pods import is_terminating
from stead.ports import Estate, Hands, Object


async def _preflight(action: Action, estate: Estate) -> str:
    _, why = await standing(action, estate)
    return why or ("" if await evicted(estate, action.request.subject) else "it has no evicted pods")


async def _apply(action: Action, estate: Estate, hands: Hands) -> Applied:
    _, why = await standing(action, estate)
    if why:
        raise ConflictError(why)
    subject = action.request.subject
    left = await evicted(estate, subject)
    for pod in left:
        uid, name = text(pod, "metadata", "uid"), text(pod, "metadata", "name")
        one = Subject(estate=subject.estate, api_version="v1", kind="Pod", namespace=subject.namespace, name=name, uid=uid)
        await hands.delete(one, uid=uid, grace_seconds=None, action=action.id)
    return Applied(note=f"{len(left)} evicted pods of {subject} are cleared away")


async def _landed(action: Action, estate: Estate) -> bool:
    return not await evicted(estate, action.request.subject)


async def evicted(estate: Estate, workload: Subject) -> list[Object]:
    """The evicted pods of this workload, by its controller references. BlindError when they cannot be read."""
    owners = {workload.uid}
    if workload.kind == "Deployment":
        sets = await estate.list("apps/v1", "ReplicaSet", workload.namespace)
        owners |= {text(one, "metadata", "uid") for one in sets if text(controller(one), "uid") == workload.uid}
    pods = await estate.list("v1", "Pod", workload.namespace)
    ended = [p for p in pods if text(p, "status", "phase") == "Failed" and text(p, "status", "reason") == "Evicted"]
    return [p for p in ended if text(controller(p), "uid") in owners and not is_terminating(p)]


def _line(subject: Subject, _: Mapping[str, Any]) -> str:
    failed = kubectl(subject, "get", "pods", "--field-selector=status.phase=Failed", "-o", "json")
    names = '.items[] | select(.status.reason == "Evicted") | "pod/" + .metadata.name'
    return f"{failed} | jq -r '{names}' | xargs {kubectl(subject, 'delete')}"


clear_evicted_pods = Verb(
    name="clear_evicted_pods",
    risk=Risk.LOW,
    reversible=False,
    kinds=("Deployment", "ReplicaSet", "StatefulSet", "DaemonSet"),
    rbac=(Rbac(group="", resource="pods", verbs=("delete",)),),
    preflight=_preflight,
    apply=_apply,
    landed=_landed,
    page=(__doc__ or "").strip(),
    api_version="apps/v1",
    command=_line,
    fence=Fence.KEY,
)
