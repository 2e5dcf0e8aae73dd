"""Run a failed Job once more: a new Job with the same work is made, and the failed one is deleted with its pods.

The new one's name comes from the action's id, so a second try finds it there instead of making another. Proof is that it completes. It
cannot be taken back, and whatever the Job did before it failed is done once more: only its owner knows whether that is harmless.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from stead.actions.fenced import MARK, standing
from stead.declare import Applied, Rbac, Verb
from stead.domain.action import Action, Fence, Risk
from stead.domain.errors import ConflictError
from stead.domain.subject import Subject
from stead.estate.kubernetes.jobs import complete, failed, running
from stead.estate.kubernetes.live import at, text
from stead.ports import Estate, Hands, Object

_GIVEN = ("controller-uid", "job-name", "batch.kubernetes.io/controller-uid", "batch.kubernetes.io/job-name")
"""Labels that the Job controller writes; a new Job gets its own (pkg/registry/batch/job/strategy.go)."""

_LONGEST = 63


async def _preflight(action: Action, estate: Estate) -> str:
    live, why = await standing(action, estate)
    if why:
        return why
    if not failed(live):
        return "it has not failed" if running(live) else "it is complete"
    return "it is suspended" if at(live, "spec", "suspend") is True else ""


async def _apply(action: Action, estate: Estate, hands: Hands) -> Applied:
    old = action.request.subject
    live = await estate.read(old)
    again = again_of(action)
    there = await estate.read(again)
    if there is None:
        if live is None or text(live, "metadata", "uid") != action.request.precondition.uid:
            raise ConflictError(f"{old} does not exist any more")
        await hands.create(again, _fresh(action, live), action=action.id)
    elif text(there, "metadata", "annotations", MARK) != action.id:
        raise ConflictError(f"{again} is somebody else's")
    if live is not None and text(live, "metadata", "uid") == action.request.precondition.uid:
        await hands.delete(old, uid=action.request.precondition.uid, grace_seconds=None, action=action.id)
    return Applied(note=f"{again} runs in the place of {old}")


async def _landed(action: Action, estate: Estate) -> bool:
    """Whether the new Job is there and the failed one is not."""
    live = await estate.read(action.request.subject)
    gone = live is None or text(live, "metadata", "uid") != action.request.precondition.uid
    return gone and await estate.read(again_of(action)) is not None


async def _proved(action: Action, estate: Estate) -> str:
    there = await estate.read(again_of(action))
    if there is None:
        return "the new Job is gone"  # it may be cleaned up by its own ttlSecondsAfterFinished: then nobody can tell
    return "" if complete(there) else "the new Job failed as well" if failed(there) else "the new Job has not ended yet"


def again_of(action: Action) -> Subject:
    """The Job that this action makes."""
    old = action.request.subject
    end = f"-{hashlib.sha256(action.id.encode()).hexdigest()[:8]}"
    return replace(old, name=old.name[: _LONGEST - len(end)].rstrip("-.") + end, uid="")


def _fresh(action: Action, live: Object) -> Mapping[str, Any]:
    metadata: dict[str, Any] = {
        "name": again_of(action).name,
        "namespace": action.request.subject.namespace,
        "labels": _without_given(at(live, "metadata", "labels")),
        "annotations": {MARK: action.id},
    }
    if owners := at(live, "metadata", "ownerReferences"):
        metadata["ownerReferences"] = owners
    given: dict[str, Any] = at(live, "spec") or {}
    spec = {key: value for key, value in given.items() if key not in ("selector", "manualSelector")}
    template: dict[str, Any] = spec.get("template", {})
    inner: dict[str, Any] = template.get("metadata") or {}
    spec["template"] = {**template, "metadata": {**inner, "labels": _without_given(inner.get("labels"))}}
    return {"apiVersion": "batch/v1", "kind": "Job", "metadata": metadata, "spec": spec}


def _without_given(labels: Any) -> Mapping[str, Any]:
    given: dict[str, Any] = labels or {}
    return {key: value for key, value in given.items() if key not in _GIVEN}


def _line(subject: Subject, _: Mapping[str, Any]) -> str:
    where = f"kubectl -n {subject.namespace}"
    drop = "del(.metadata.uid,.metadata.resourceVersion,.status,.spec.selector,.metadata.labels,.spec.template.metadata.labels)"
    return f"{where} get job {subject.name} -o json | jq '{drop}' | kubectl replace --force -f -"


rerun_job = Verb(
    name="rerun_job",
    risk=Risk.MEDIUM,
    reversible=False,
    kinds=("Job",),
    rbac=(Rbac(group="batch", resource="jobs", verbs=("create", "delete")),),
    preflight=_preflight,
    apply=_apply,
    landed=_landed,
    proved=_proved,
    subject_stays=False,
    page=(__doc__ or "").strip(),
    api_version="batch/v1",
    command=_line,
    fence=Fence.KEY,
)
