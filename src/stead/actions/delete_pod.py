"""Delete one pod, by its uid, so that its controller makes another.

Grace 0 (which tells the API server to forget the pod without its node's word) is used only when the pod's Node object is gone and the pod
has no storage that outlives it. Finalizers are never removed. It cannot be taken back.
"""

from __future__ import annotations

from stead.declare import Applied, Rbac, Verb
from stead.domain.action import Action, Risk
from stead.domain.errors import ConflictError
from stead.estate.kubernetes.live import controller, kubectl, moved, text
from stead.estate.kubernetes.pods import finalizers, is_ready, is_terminating, lasting_volumes, node_is_gone
from stead.ports import Estate, Hands, Object


async def _preflight(action: Action, estate: Estate) -> str:
    pod = await estate.read(action.request.subject)
    if pod is None or moved(action.request, pod):
        return moved(action.request, pod)
    gone, kept = await node_is_gone(estate, pod), lasting_volumes(pod)
    if gone and kept:
        return f"its node is gone, and volume {kept[0]} outlives the pod: a node that still runs would write to it beside the next pod"
    if is_terminating(pod):
        return _why_not_terminating(pod, gone=gone)
    return await _why_not_running(pod, estate)


async def _apply(action: Action, estate: Estate, hands: Hands) -> Applied:
    pod = await estate.read(action.request.subject)
    if pod is None or moved(action.request, pod):
        raise ConflictError(moved(action.request, pod))
    force = await _may_force(pod, estate)
    await hands.delete(action.request.subject, uid=action.request.precondition.uid, grace_seconds=0 if force else None, action=action.id)
    return Applied(note=f"{action.request.subject} deleted" + (" with grace 0: its node is gone" if force else ""))


async def _landed(action: Action, estate: Estate) -> bool:
    """Whether the deletion has been asked for: the pod of that uid is gone, or terminating where only a first deletion was wanted.

    Who deleted it cannot be read from an object that is gone; what this action would do is done either way.
    """
    pod = await estate.read(action.request.subject)
    if pod is None or text(pod, "metadata", "uid") != action.request.precondition.uid:
        return True
    return is_terminating(pod) and not await _may_force(pod, estate)


async def _may_force(pod: Object, estate: Estate) -> bool:
    return not lasting_volumes(pod) and await node_is_gone(estate, pod)


def _why_not_terminating(pod: Object, *, gone: bool) -> str:
    if held := finalizers(pod):
        return f"finalizer {held[0]} holds it, and finalizers are never removed"
    if not gone:
        return f"it is being deleted already, and its node {text(pod, 'spec', 'nodeName')} still exists: only that can say it has stopped"
    return ""


async def _why_not_running(pod: Object, estate: Estate) -> str:
    owner = text(controller(pod), "uid")
    if not owner:
        return "no controller owns it: nothing would bring it back"
    if not is_ready(pod):
        return ""
    siblings = await estate.list("v1", "Pod", text(pod, "metadata", "namespace"))
    uid = text(pod, "metadata", "uid")
    others = [p for p in siblings if text(controller(p), "uid") == owner and text(p, "metadata", "uid") != uid]
    return "" if any(is_ready(p) for p in others) else "it is the only ready pod of its controller"


delete_pod = Verb(
    name="delete_pod",
    risk=Risk.MEDIUM,
    reversible=False,
    kinds=("Pod",),
    rbac=(Rbac(group="", resource="pods", verbs=("delete",)),),
    preflight=_preflight,
    apply=_apply,
    landed=_landed,
    subject_stays=False,
    page=(__doc__ or "").strip(),
    api_version="v1",
    command=lambda subject, _: kubectl(subject, "delete", "pod", subject.name),
)
