"""Put a workload back to an earlier revision, as `kubectl rollout undo --to-revision` does.

The pod template of that revision (a Deployment's ReplicaSet, another's ControllerRevision) replaces the present one, whole. A StatefulSet's
controller waits for ever for a pod of the bad revision that does not come up, so such pods are deleted, too. Parameters: `to_revision`, a
number of `kubectl rollout history`. Its undo is a rollback to the revision that was there before.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from stead.actions.fenced import has_landed, is_marked, patch_fenced, rehearsal, standing
from stead.declare import Applied, Rbac, Verb
from stead.domain.action import Action, ActionRequest, Risk
from stead.domain.errors import ConflictError
from stead.domain.parameter import Parameter
from stead.domain.subject import Subject
from stead.estate.kubernetes.controller_revisions import ROLLS_BACK, all_revisions, is_seen, stuck_pods
from stead.estate.kubernetes.live import at, handle, kubectl, number, precondition, text
from stead.estate.kubernetes.revisions import CHANGE_CAUSE, Revision, template_of
from stead.ports import Estate, Hands, Object


async def _preflight(action: Action, estate: Estate) -> str:
    live, why = await standing(action, estate)
    if why:
        return why
    if at(live, "spec", "paused") is True:
        return "its rollouts are paused"
    if number(live, "status", "observedGeneration") < number(live, "metadata", "generation"):
        return "its controller has not seen its newest spec yet"
    target = await _target(action, estate, live)
    if target is None:
        return f"there is no revision {action.request.parameters.get('to_revision')!r} to go back to"
    if target.template == template_of(live):
        return f"revision {target.number} is what it runs already"
    if target.wanted > 0 and not target.healthy:
        return f"revision {target.number} is not healthy either: none of its {target.wanted} pods is available"
    return ""


async def _change(action: Action, estate: Estate, live: Object) -> Mapping[str, Any]:
    target = await _target(action, estate, live)
    if target is None:
        raise ConflictError(f"there is no revision {action.request.parameters.get('to_revision')!r} to go back to")
    # `$patch: replace`: a strategic merge would keep what the newer template added.
    body: dict[str, Any] = {"spec": {"template": {**target.template, "$patch": "replace"}}}
    if target.cause or text(live, "metadata", "annotations", CHANGE_CAUSE):
        body["metadata"] = {"annotations": {CHANGE_CAUSE: target.cause or None}}
    return body


async def _apply(action: Action, estate: Estate, hands: Hands) -> Applied:
    subject, wanted = action.request.subject, action.request.parameters["to_revision"]
    live = await estate.read(subject)
    if live is not None and is_marked(action, live):  # an earlier try got as far as the patch
        return Applied(note=f"{subject} goes back to revision {wanted}{await _unstick(action, estate, hands, live)}")
    came_from = await _present(estate, live)
    _, after = await patch_fenced(action, estate, hands, _change)
    note = f"{subject} goes back to revision {wanted} (generation {number(after, 'metadata', 'generation')})"
    return Applied(note=note + await _unstick(action, estate, hands, after), undo=_undo(action, came_from, after))


async def _landed(action: Action, estate: Estate) -> bool:
    """Whether the patch is on the object, and no pod of the bad revision holds the controller up."""
    if not await has_landed(action, estate):
        return False
    live = await estate.read(action.request.subject)
    return live is not None and not await _stuck(action, estate, live)


async def _unstick(action: Action, estate: Estate, hands: Hands, live: Object) -> str:
    stuck = await _stuck(action, estate, live)
    for pod in stuck:
        name, uid = text(pod, "metadata", "name"), text(pod, "metadata", "uid")
        one = replace(action.request.subject, api_version="v1", kind="Pod", name=name, uid=uid)
        await hands.delete(one, uid=uid, grace_seconds=None, action=action.id)
    return f"; {len(stuck)} of its pods that did not come up are replaced" if stuck else ""


async def _stuck(action: Action, estate: Estate, live: Object) -> list[Object]:
    return await stuck_pods(estate, action.request.subject, template_of(live)) if action.request.subject.kind == "StatefulSet" else []


async def _present(estate: Estate, live: Object | None) -> Revision | None:
    """The revision that runs now; None when its controller has not said which that is."""
    known = await all_revisions(estate, live) if live is not None else []
    return known[0] if live is not None and known and is_seen(live, known[0]) else None


def _undo(action: Action, came_from: Revision | None, after: Object) -> ActionRequest | None:
    """The request that brings back the revision that ran before; None when nobody can say which that was."""
    if came_from is None:
        return None
    subject, number_ = action.request.subject, {"to_revision": came_from.number}
    return replace(
        action.request,
        precondition=precondition(after),
        parameters=number_,
        reason=f"takes back {action.id}: revision {action.request.parameters['to_revision']} did not cure it",
        command=_line(subject, number_),
        undo="",
    )


async def _target(action: Action, estate: Estate, live: Object) -> Revision | None:
    wanted = action.request.parameters.get("to_revision")
    return next((r for r in await all_revisions(estate, live) if r.number == wanted and wanted is not True), None)


def _line(subject: Subject, given: Mapping[str, Any]) -> str:
    return kubectl(subject, "rollout", "undo", handle(subject), f"--to-revision={given.get('to_revision', '')}")


rollback_revision = Verb(
    name="rollback_revision",
    risk=Risk.MEDIUM,
    reversible=True,
    kinds=ROLLS_BACK,
    rbac=(
        *(Rbac(group="apps", resource=resource, verbs=("patch",)) for resource in ("deployments", "statefulsets", "daemonsets")),
        Rbac(group="", resource="pods", verbs=("delete",)),
    ),
    preflight=_preflight,
    apply=_apply,
    landed=_landed,
    against_git=True,
    page=(__doc__ or "").strip(),
    api_version="apps/v1",
    parameters={"to_revision": Parameter(says="number of the earlier revision to go back to", type=int, least=1)},
    command=_line,
    rehearse=rehearsal(_change),
)
