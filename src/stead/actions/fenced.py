"""A patch that lands once, on the object that it was decided for, or not at all."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from stead.domain.action import Action
from stead.domain.errors import ConflictError
from stead.estate.kubernetes.live import moved, text
from stead.ports import Estate, Hands, Object

MARK = "stead/action"
"""Annotation with the id of the last action that changed the object: it is written in the same patch, so it tells what landed."""

_TRIES = 5
"""A busy object's status is written several times a second, which moves its resourceVersion and nothing that was decided on."""


async def patch_fenced(
    action: Action, estate: Estate, hands: Hands, change: Callable[[Object], Awaitable[Mapping[str, Any]]]
) -> tuple[Object, Object]:
    """Apply `change(live)`, marked with the action's id; return the object before and after.

    Fence: uid and generation are compared with the precondition, and the resourceVersion of that very reading is sent along. A conflict
    is tried again only while uid and generation stay as they were; else ConflictError, and nothing was changed.
    """
    for last in (n == _TRIES - 1 for n in range(_TRIES)):
        live = await estate.read(action.request.subject)
        reason = moved(action.request, live)
        if live is None or reason:
            raise ConflictError(reason)
        try:
            return live, await hands.patch(action.request.subject, _marked(action, live, await change(live)), action=action.id)
        except ConflictError:
            if last:
                raise
    raise AssertionError("unreachable: the last try returns or raises")


async def has_landed(action: Action, estate: Estate) -> bool:
    """Whether this action's patch is on the object: its mark is there, on the same uid. BlindError when that cannot be seen."""
    live = await estate.read(action.request.subject)
    if live is None or text(live, "metadata", "uid") != action.request.precondition.uid:
        return False
    return text(live, "metadata", "annotations", MARK) == action.id


def _marked(action: Action, live: Object, body: Mapping[str, Any]) -> Mapping[str, Any]:
    metadata: Mapping[str, Any] = body.get("metadata", {})
    annotations: Mapping[str, Any] = metadata.get("annotations", {})
    version = text(live, "metadata", "resourceVersion")
    return {**body, "metadata": {**metadata, "resourceVersion": version, "annotations": {**annotations, MARK: action.id}}}
