"""What decides whether a pod may be taken away: its node, its storage, and what holds it."""

from __future__ import annotations

from stead.domain.subject import Subject
from stead.estate.kubernetes.live import at, condition, items, text
from stead.ports import Estate, Object

_EPHEMERAL = frozenset({"configMap", "secret", "emptyDir", "projected", "downwardAPI", "hostPath", "image", "gitRepo"})
"""Volume sources (core/v1 Volume) that end with the pod, or that only its own node could ever write to."""


async def node_is_gone(estate: Estate, pod: Object) -> bool:
    """Whether the pod was bound to a node whose Node object does not exist. BlindError when that could not be looked up."""
    name = text(pod, "spec", "nodeName")
    return bool(name) and await estate.read(Subject(estate=estate.id, api_version="v1", kind="Node", name=name)) is None


def lasting_volumes(pod: Object) -> list[str]:
    """Names of volumes whose storage outlives the pod: a claim, or anything else that a second writer could damage.

    A source that is not known here counts: a lost volume is worse than a pod that stays stuck.
    """
    return [text(v, "name") for v in items(pod, "spec", "volumes") if not (v.keys() - {"name"}) <= _EPHEMERAL]


def is_terminating(pod: Object) -> bool:
    return bool(text(pod, "metadata", "deletionTimestamp"))


def finalizers(pod: Object) -> list[str]:
    found = at(pod, "metadata", "finalizers")
    return [str(f) for f in found] if isinstance(found, list) else []  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]


def is_ready(pod: Object) -> bool:
    return text(condition(pod, "Ready"), "status") == "True" and not is_terminating(pod)
