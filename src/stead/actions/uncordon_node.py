"""Let a cordoned node take pods again. Its undo is `cordon_node`.

A node that is not ready, or that reports pressure or a broken network, stays cordoned.
"""

from __future__ import annotations

from stead.actions.switch import switch
from stead.declare import Rbac
from stead.domain.action import Action, Risk
from stead.estate.kubernetes.live import condition, items, kubectl, text
from stead.ports import Estate, Object


async def _unwell(_: Action, __: Estate, live: Object) -> str:
    if text(condition(live, "Ready"), "status") != "True":
        return "it is not ready"
    bad = [text(c, "type") for c in items(live, "status", "conditions") if text(c, "type") != "Ready" and text(c, "status") == "True"]
    return f"it reports {bad[0]}" if bad else ""


uncordon_node = switch(
    name="uncordon_node",
    back="cordon_node",
    field="unschedulable",
    to=False,
    already="it is not cordoned",
    note="takes pods again",
    doing="letting pods in",
    lines=(lambda subject: kubectl(subject, "uncordon", subject.name), lambda subject: kubectl(subject, "cordon", subject.name)),
    risk=Risk.LOW,
    kinds=("Node",),
    rbac=(Rbac(group="", resource="nodes", verbs=("patch",)),),
    page=__doc__,
    api_version="v1",
    against=_unwell,
)
