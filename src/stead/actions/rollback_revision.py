"""Put a Deployment back to an earlier revision, as `kubectl rollout undo --to-revision` does.

The pod template of that revision's ReplicaSet replaces the present one, whole. Parameters: `to_revision`, a number of
`kubectl rollout history`. Its undo is a rollback to the revision that was there before.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from stead.actions.fenced import has_landed, patch_fenced
from stead.declare import Applied, Rbac, Verb
from stead.domain.action import Action, ActionRequest, Risk
from stead.domain.errors import ConflictError
from stead.estate.kubernetes.live import at, handle, kubectl, moved, number, precondition, text
from stead.estate.kubernetes.revisions import CHANGE_CAUSE, REVISION, Revision, revisions, template_of
from stead.ports import Estate, Hands, Object


async def _preflight(action: Action, estate: Estate) -> str:
    live = await estate.read(action.request.subject)
    if live is None or moved(action.request, live):
        return moved(action.request, live)
    if text(live, "metadata", "deletionTimestamp"):
        return "it is being deleted"
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


async def _apply(action: Action, estate: Estate, hands: Hands) -> Applied:
    async def change(live: Object) -> Mapping[str, Any]:
        target = await _target(action, estate, live)
        if target is None:
            raise ConflictError(f"there is no revision {action.request.parameters.get('to_revision')!r} to go back to")
        # `$patch: replace`: a strategic merge would keep what the newer template added.
        body: dict[str, Any] = {"spec": {"template": {**target.template, "$patch": "replace"}}}
        if target.cause or text(live, "metadata", "annotations", CHANGE_CAUSE):
            body["metadata"] = {"annotations": {CHANGE_CAUSE: target.cause or None}}
        return body

    before, after = await patch_fenced(action, estate, hands, change)
    subject = action.request.subject
    note = (
        f"{subject} goes back to revision {action.request.parameters['to_revision']} (generation {number(after, 'metadata', 'generation')})"
    )
    return Applied(note=note, undo=_undo(action, before, after))


def _undo(action: Action, before: Object, after: Object) -> ActionRequest | None:
    """The request that brings back the revision that ran before; None when the Deployment did not say which that was."""
    revision = text(before, "metadata", "annotations", REVISION)
    if not revision.isdecimal():
        return None
    subject = action.request.subject
    return replace(
        action.request,
        precondition=precondition(after),
        parameters={"to_revision": int(revision)},
        reason=f"takes back {action.id}: revision {action.request.parameters['to_revision']} did not cure it",
        command=kubectl(subject, "rollout", "undo", handle(subject), f"--to-revision={revision}"),
        undo="",
    )


async def _target(action: Action, estate: Estate, live: Object) -> Revision | None:
    wanted = action.request.parameters.get("to_revision")
    return next((r for r in await revisions(estate, live) if r.number == wanted and wanted is not True), None)


rollback_revision = Verb(
    name="rollback_revision",
    risk=Risk.MEDIUM,
    reversible=True,
    kinds=("Deployment",),
    rbac=(Rbac(group="apps", resource="deployments", verbs=("patch",)),),
    preflight=_preflight,
    apply=_apply,
    landed=has_landed,
    page=(__doc__ or "").strip(),
    api_version="apps/v1",
    parameters={"to_revision": "number of the earlier revision to go back to"},
    command=lambda subject, given: kubectl(subject, "rollout", "undo", handle(subject), f"--to-revision={given.get('to_revision', '')}"),
)
