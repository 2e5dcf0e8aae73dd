"""Cordon a node: no new pod is put there. What runs on it stays.

Its undo is `uncordon_node`. Draining is not part of it: pods are evicted one by one, each by an action of its own.
"""

from __future__ import annotations

from stead.actions.switch import switch
from stead.declare import Rbac
from stead.domain.action import Action, Risk
from stead.estate.kubernetes.live import at, condition, kubectl, text
from stead.ports import Estate, Object


async def _last_one(action: Action, estate: Estate, _: Object) -> str:
    others = [n for n in await estate.list("v1", "Node") if text(n, "metadata", "uid") != action.request.precondition.uid]
    if not any(at(n, "spec", "unschedulable") is not True and text(condition(n, "Ready"), "status") == "True" for n in others):
        return "no other node is ready to take pods"
    return ""


cordon_node = switch(
    name="cordon_node",
    back="uncordon_node",
    field="unschedulable",
    to=True,
    already="it is cordoned already",
    note="takes no new pods",
    doing="keeping pods away",
    lines=(lambda subject: kubectl(subject, "cordon", subject.name), lambda subject: kubectl(subject, "uncordon", subject.name)),
    risk=Risk.MEDIUM,
    kinds=("Node",),
    rbac=(Rbac(group="", resource="nodes", verbs=("patch",)),),
    page=__doc__,
    api_version="v1",
    against=_last_one,
)
