"""A patch that lands once, on the object that it was decided for, or not at all."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from stead.domain.action import Action
from stead.domain.diffing import diff
from stead.domain.errors import ConflictError
from stead.estate.kubernetes.gitops import held_by_git
from stead.estate.kubernetes.live import at, moved, text
from stead.ports import Estate, Hands, Object

MARK = "stead/action"
"""Annotation with the id of the last action that changed the object: it is written in the same patch, so it tells what landed."""

_TRIES = 5
"""A busy object's status is written several times a second, which moves its resourceVersion and nothing that was decided on."""

Change = Callable[[Action, Estate, Object], Awaitable[Mapping[str, Any]]]
"""`change(action, estate, live)`: the patch that makes the change. ConflictError when there is nothing to change any more."""


async def patch_fenced(action: Action, estate: Estate, hands: Hands, change: Change, *, rehearse: bool = False) -> tuple[Object, Object]:
    """Apply `change`, marked with the action's id; return the object before and after.

    Fence: uid and generation are compared with the precondition, and the resourceVersion of that very reading is sent along. A conflict
    is tried again only while uid and generation stay as they were; else ConflictError, and nothing was changed.
    """
    for last in (n == _TRIES - 1 for n in range(_TRIES)):
        live = await estate.read(action.request.subject)
        reason = moved(action.request, live)
        if live is None or reason:
            raise ConflictError(reason)
        try:
            body = _marked(action, live, await change(action, estate, live))
            return live, await hands.patch(action.request.subject, body, action=action.id, rehearse=rehearse)
        except ConflictError:
            if last:
                raise
    raise AssertionError("unreachable: the last try returns or raises")


def rehearsal(change: Change) -> Callable[[Action, Estate, Hands], Awaitable[Sequence[str]]]:
    """A Verb's `rehearse`: the API server checks the patch, admission included, and says what the object would become."""

    async def rehearse(action: Action, estate: Estate, hands: Hands) -> Sequence[str]:
        before, after = await patch_fenced(action, estate, hands, change, rehearse=True)
        lines = [str(one) for one in diff(_told(before), _told(after))]
        held = held_by_git(before)
        return (*lines, *([f"{held} owns it: this holds until its next sync, and the cure is a commit"] if held else []))

    return rehearse


async def has_landed(action: Action, estate: Estate) -> bool:
    """Whether this action's patch is on the object: its mark is there, on the same uid. BlindError when that cannot be seen."""
    live = await estate.read(action.request.subject)
    return live is not None and is_marked(action, live)


def is_marked(action: Action, live: Object) -> bool:
    """Whether the object, with the uid that was meant, carries this action's mark."""
    same = text(live, "metadata", "uid") == action.request.precondition.uid
    return same and text(live, "metadata", "annotations", MARK) == action.id


async def standing(action: Action, estate: Estate) -> tuple[Object, str]:
    """The object, and why it must not be touched: it is gone, is another one, has changed, or is being deleted."""
    live = await estate.read(action.request.subject)
    if live is None or moved(action.request, live):
        return {}, moved(action.request, live)
    return live, "it is being deleted" if text(live, "metadata", "deletionTimestamp") else ""


def _marked(action: Action, live: Object, body: Mapping[str, Any]) -> Mapping[str, Any]:
    metadata: Mapping[str, Any] = body.get("metadata", {})
    annotations: Mapping[str, Any] = metadata.get("annotations", {})
    version = text(live, "metadata", "resourceVersion")
    return {**body, "metadata": {**metadata, "resourceVersion": version, "annotations": {**annotations, MARK: action.id}}}


def _told(live: Object) -> Mapping[str, Any]:
    """The parts that a person decides on: not what the API server counts, nor Stead's own mark."""
    annotations: Any = at(live, "metadata", "annotations") or {}
    kept = {key: value for key, value in annotations.items() if key != MARK}
    return {key: value for key, value in live.items() if key not in ("metadata", "status")} | {"metadata": {"annotations": kept}}
