"""Restart a workload's pods one after another, as `kubectl rollout restart` does.

The pod template gets an annotation with the action's id, so the controller replaces the pods under the workload's own rollout rules, and
the same action sent twice restarts once. (kubectl writes a time there; a time would make each try another restart.) It cannot be
taken back: the old pods are gone.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stead.actions.fenced import MARK, has_landed, patch_fenced, rehearsal
from stead.declare import Applied, Rbac, Verb
from stead.domain.action import Action, Risk
from stead.estate.kubernetes.live import at, condition, handle, kubectl, moved, number, text
from stead.ports import Estate, Hands, Object


async def _preflight(action: Action, estate: Estate) -> str:
    live = await estate.read(action.request.subject)
    if live is None or moved(action.request, live):
        return moved(action.request, live)
    return _why_not(live)


async def _change(action: Action, _: Estate, __: Object) -> Mapping[str, Any]:
    return {"spec": {"template": {"metadata": {"annotations": {MARK: action.id}}}}}


async def _apply(action: Action, estate: Estate, hands: Hands) -> Applied:
    _, after = await patch_fenced(action, estate, hands, _change)
    return Applied(note=f"{action.request.subject} restarts (generation {number(after, 'metadata', 'generation')})")


def _why_not(live: Object) -> str:
    """What in the workload's own state speaks against a restart, "" when nothing does."""
    wanted = number(live, "spec", "replicas", default=1)
    strategy = text(live, "spec", "strategy", "type") or text(live, "spec", "updateStrategy", "type")
    serving = number(live, "status", "availableReplicas")
    reasons = (
        (bool(text(live, "metadata", "deletionTimestamp")), "it is being deleted"),
        (at(live, "spec", "paused") is True, "its rollouts are paused"),
        (text(live, "kind") != "DaemonSet" and wanted == 0, "it is scaled to zero"),
        (strategy == "OnDelete", "its update strategy is OnDelete: a restart would replace no pod"),
        (strategy == "Recreate" and serving > 0, f"its strategy is Recreate: a restart would first stop the {serving} that still serve"),
        (_is_behind(live), "its controller has not seen its newest spec yet"),
        (_is_rolling(live, wanted), "a rollout is under way"),
    )
    return next((why for holds, why in reasons if holds), "")


def _is_behind(live: Object) -> bool:
    return number(live, "status", "observedGeneration") < number(live, "metadata", "generation")


def _is_rolling(live: Object, wanted: int) -> bool:
    """Whether pods of an older template remain and the rollout has not already failed."""
    if text(live, "kind") == "DaemonSet":
        return number(live, "status", "updatedNumberScheduled") < number(live, "status", "desiredNumberScheduled")
    failed = text(condition(live, "Progressing"), "status") == "False"
    return number(live, "status", "updatedReplicas") < wanted and not failed


restart_rollout = Verb(
    name="restart_rollout",
    risk=Risk.MEDIUM,
    reversible=False,
    kinds=("Deployment", "StatefulSet", "DaemonSet"),
    rbac=tuple(Rbac(group="apps", resource=resource, verbs=("patch",)) for resource in ("deployments", "statefulsets", "daemonsets")),
    preflight=_preflight,
    apply=_apply,
    landed=has_landed,
    page=(__doc__ or "").strip(),
    api_version="apps/v1",
    command=lambda subject, _: kubectl(subject, "rollout", "restart", handle(subject)),
    rehearse=rehearsal(_change),
)
