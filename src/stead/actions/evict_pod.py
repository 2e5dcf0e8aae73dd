"""Evict one pod, by its uid, so that its controller makes another: as `kubectl drain` does, within its disruption budget.

The API server itself refuses while the budget allows no disruption, so nothing that serves is taken below what its owner asked for.
It cannot be taken back.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from stead.actions.fenced import standing
from stead.declare import Applied, Rbac, Verb
from stead.domain.action import Action, Risk
from stead.domain.errors import ConflictError
from stead.domain.subject import Subject
from stead.estate.kubernetes.budgets import budget_in_the_way, others_serve
from stead.estate.kubernetes.live import controller, text
from stead.estate.kubernetes.pods import is_ready, is_terminating, node_is_gone
from stead.ports import Estate, Hands


async def _preflight(action: Action, estate: Estate) -> str:
    pod, why = await standing(action, estate)
    if why:
        return why
    if not text(controller(pod), "uid"):
        return "no controller owns it: nothing would bring it back"
    if await node_is_gone(estate, pod):
        return "its node is gone: nobody is left to end it, and delete_pod is for that"
    if is_ready(pod) and not await others_serve(estate, pod):
        return "it is the only ready pod of its controller"
    return await budget_in_the_way(estate, pod)


async def _apply(action: Action, estate: Estate, hands: Hands) -> Applied:
    subject = action.request.subject
    _, why = await standing(action, estate)
    if why:
        raise ConflictError(why)
    body = {
        "apiVersion": "policy/v1",
        "kind": "Eviction",
        "metadata": {"name": subject.name, "namespace": subject.namespace},
        "deleteOptions": {"preconditions": {"uid": action.request.precondition.uid}},
    }
    await hands.create(subject, body, action=action.id, part="eviction")
    return Applied(note=f"{subject} is evicted")


async def _landed(action: Action, estate: Estate) -> bool:
    """Whether the pod of that uid is gone or ends: what this action would do is done, whoever did it."""
    pod = await estate.read(action.request.subject)
    return pod is None or text(pod, "metadata", "uid") != action.request.precondition.uid or is_terminating(pod)


def _line(subject: Subject, _: Mapping[str, Any]) -> str:
    body = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": subject.name, "namespace": subject.namespace}}
    return f"echo '{json.dumps(body)}' | kubectl create --raw /api/v1/namespaces/{subject.namespace}/pods/{subject.name}/eviction -f -"


evict_pod = Verb(
    name="evict_pod",
    risk=Risk.LOW,
    reversible=False,
    kinds=("Pod",),
    rbac=(Rbac(group="", resource="pods/eviction", verbs=("create",)),),
    preflight=_preflight,
    apply=_apply,
    landed=_landed,
    subject_stays=False,
    page=(__doc__ or "").strip(),
    api_version="v1",
    command=_line,
)
