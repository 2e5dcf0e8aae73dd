"""API objects as plain JSON trees, and the few questions that every controller asks of them.

Promise: nothing here changes an object that it was given. Whoever wants another version clones first: what the store
holds is shared by watchers, lists and the change log.
"""

from __future__ import annotations

from typing import Any, TypeAlias, TypeVar

Obj: TypeAlias = dict[str, Any]
"""One API object (or a part of one) as it travels in JSON."""

Key: TypeAlias = tuple[str, str]
"""Namespace ("" for cluster-scoped objects) and name."""

T = TypeVar("T")


def clone(tree: T) -> T:
    """A deep copy of a JSON tree; several times faster than `copy.deepcopy`, which matters at 10,000 pods."""
    return _clone(tree)


def _clone(tree: Any) -> Any:
    if isinstance(tree, dict):
        return {name: _clone(value) for name, value in tree.items()}  # pyright: ignore[reportUnknownVariableType]
    if isinstance(tree, list):
        return [_clone(item) for item in tree]  # pyright: ignore[reportUnknownVariableType]
    return tree


def inside(tree: Obj, *path: str) -> Obj:
    """The map at `path`; a fresh empty one when there is none (or null, which the API treats alike)."""
    for name in path:
        tree = tree.get(name) or {}
    return tree


def each(tree: Obj, *path: str) -> list[Any]:
    """The list at `path`; a fresh empty one when there is none."""
    *outer, last = path
    return inside(tree, *outer).get(last) or []


def field(tree: Any, name: str) -> Any:
    """The field of whatever this is; None when it is no map or has none."""
    return tree.get(name) if isinstance(tree, dict) else None  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]


def at_path(tree: Any, path: str) -> Any:
    """The value at a dotted path, or None."""
    for name in path.split("."):
        tree = field(tree, name)
    return tree


def key_of(obj: Obj) -> Key:
    meta = obj["metadata"]
    return meta.get("namespace", ""), meta["name"]


def name_of(obj: Obj) -> str:
    return obj["metadata"]["name"]


def namespace_of(obj: Obj) -> str:
    return obj["metadata"].get("namespace", "")


def uid_of(obj: Obj) -> str:
    return obj["metadata"]["uid"]


def labels_of(obj: Obj) -> dict[str, str]:
    return inside(obj, "metadata", "labels")


def annotations_of(obj: Obj) -> dict[str, str]:
    return inside(obj, "metadata", "annotations")


def deleting(obj: Obj) -> bool:
    return "deletionTimestamp" in obj["metadata"]


def controller_of(obj: Obj) -> Obj | None:
    """The owner reference that manages this object (at most one has `controller: true`)."""
    for owner in obj["metadata"].get("ownerReferences") or ():
        if owner.get("controller"):
            return owner
    return None


def controlled_by(obj: Obj, owner: Obj) -> bool:
    reference = controller_of(obj)
    return reference is not None and reference["uid"] == uid_of(owner)


def owner_reference(owner: Obj) -> Obj:
    """The reference that a controller puts on what it makes (metav1.NewControllerRef)."""
    return {
        "apiVersion": owner["apiVersion"],
        "kind": owner["kind"],
        "name": name_of(owner),
        "uid": uid_of(owner),
        "controller": True,
        "blockOwnerDeletion": True,
    }


def condition(obj: Obj, kind: str) -> Obj | None:
    for item in obj.get("status", {}).get("conditions") or ():
        if item["type"] == kind:
            return item
    return None


def condition_status(obj: Obj, kind: str) -> str:
    found = condition(obj, kind)
    return found["status"] if found else ""


def set_condition(obj: Obj, new: Obj, now: str) -> bool:
    """Put `new` among the object's conditions; the transition time moves only when the status does. True if it changed."""
    conditions: list[Obj] = obj.setdefault("status", {}).setdefault("conditions", [])
    for index, old in enumerate(conditions):
        if old["type"] == new["type"]:
            moved = old["status"] != new["status"]
            merged = {**new, "lastTransitionTime": now if moved else old.get("lastTransitionTime", now)}
            conditions[index] = merged
            return merged != old
    conditions.append({**new, "lastTransitionTime": now})
    return True
