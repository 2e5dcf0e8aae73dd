"""Give a volume claim more room, where its storage class allows it. It cannot be taken back: volumes do not shrink.

Parameters: `size`, as Kubernetes writes quantities (`20Gi`). At most twice the present size at a time: what a mistake may cost.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stead.actions.fenced import has_landed, patch_fenced, rehearsal, standing
from stead.declare import Applied, Rbac, Verb
from stead.domain.action import Action, Risk
from stead.domain.parameter import Parameter
from stead.domain.quantities import quantity
from stead.domain.subject import Subject
from stead.estate.kubernetes.live import at, kubectl, text
from stead.ports import Estate, Hands, Object

_SIZE = r"[1-9][0-9]{0,5}(Mi|Gi|Ti)"


async def _preflight(action: Action, estate: Estate) -> str:
    live, why = await standing(action, estate)
    if why:
        return why
    if text(live, "status", "phase") != "Bound":
        return "no volume is bound to it"
    asked, has = quantity(action.request.parameters["size"]), quantity(text(live, "spec", "resources", "requests", "storage") or "0")
    if asked is None or has is None or asked <= has:
        return f"it asks for {text(live, 'spec', 'resources', 'requests', 'storage')} already"
    if asked > 2 * has:
        return "it would be more than twice its present size"
    holds = quantity(text(live, "status", "capacity", "storage") or "0")
    if holds is not None and holds < has:
        return "it is being expanded already"
    name = text(live, "spec", "storageClassName")
    storage = Subject(estate=estate.id, api_version="storage.k8s.io/v1", kind="StorageClass", name=name)
    found = await estate.read(storage) if name else None
    return (
        "" if found is not None and at(found, "allowVolumeExpansion") is True else f"its storage class {name or '(none)'} cannot expand it"
    )


async def _change(action: Action, _: Estate, __: Object) -> Mapping[str, Any]:
    return {"spec": {"resources": {"requests": {"storage": action.request.parameters["size"]}}}}


async def _apply(action: Action, estate: Estate, hands: Hands) -> Applied:
    await patch_fenced(action, estate, hands, _change)
    return Applied(note=f"{action.request.subject} asks for {action.request.parameters['size']}")


def _line(subject: Subject, given: Mapping[str, Any]) -> str:
    patch = f'{{"spec":{{"resources":{{"requests":{{"storage":"{given.get("size", "")}"}}}}}}}}'
    return kubectl(subject, "patch", "pvc", subject.name, "-p", patch)


expand_volume = Verb(
    name="expand_volume",
    risk=Risk.MEDIUM,
    reversible=False,
    kinds=("PersistentVolumeClaim",),
    rbac=(Rbac(group="", resource="persistentvolumeclaims", verbs=("patch",)),),
    preflight=_preflight,
    apply=_apply,
    landed=has_landed,
    against_git=True,
    page=(__doc__ or "").strip(),
    api_version="v1",
    parameters={"size": Parameter(says="the new size, e.g. 20Gi", pattern=_SIZE)},
    command=_line,
    rehearse=rehearsal(_change),
)
