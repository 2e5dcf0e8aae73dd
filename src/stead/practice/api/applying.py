"""Patches as requests: which kind, applied to what, with which conflicts.

Promise: server-side apply takes back what its manager no longer names, and refuses to change what another manager owns
unless forced. Source: `k8s.io/apiserver/pkg/endpoints/handlers/patch.go`, KEP-555.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from stead.practice.api import bodies, errors, managed, patches
from stead.practice.api.resources import Resource
from stead.practice.objects import Key, Obj, clone, each, field
from stead.practice.world import World

MERGE, STRATEGIC = "application/merge-patch+json", "application/strategic-merge-patch+json"
JSON, APPLY = "application/json-patch+json", "application/apply-patch+yaml"


def changer(resource: Resource, kind: str, raw: bytes) -> Callable[[Obj], Obj]:
    """A function that applies the patch to a copy. Raises 415 for a kind that is not known (or fits no custom resource)."""
    if kind not in (MERGE, JSON) and (kind != STRATEGIC or resource.custom):
        raise errors.unsupported_media_type()
    patch = bodies.any_json(raw)
    if kind == JSON:
        _check_operations(patch)
        return lambda obj: _fitting(patches.json_patch, obj, patch)
    if not isinstance(patch, dict):
        raise errors.bad_request("json: cannot unmarshal array into Go value of type map[string]interface {}")
    tree: Obj = patch  # pyright: ignore[reportUnknownVariableType]
    if kind == MERGE:
        return lambda obj: patches.merge(obj, tree)
    return lambda obj: _fitting(patches.strategic, clone(obj), tree)


def _check_operations(patch: Any) -> None:
    """A JSON patch is a list of objects whose op, path and from are texts."""
    operations: list[Any] = patch if isinstance(patch, list) else [None]  # pyright: ignore[reportUnknownVariableType]
    for operation in operations:
        if not isinstance(operation, dict) or not all(isinstance(field(operation, name) or "", str) for name in ("op", "path", "from")):
            raise errors.bad_request("error decoding patch: json: cannot unmarshal the patch into Go value of type jsonpatch.Patch")


def _fitting(apply: Callable[[Obj, Any], Any], obj: Obj, patch: Any) -> Obj:
    """The patched object. Raises 422 when the patch does not fit, or when no object is left."""
    try:
        new = apply(obj, patch)
    except patches.PatchError:
        raise errors.unprocessable() from None
    if not isinstance(new, dict):
        raise errors.unprocessable()
    return new  # pyright: ignore[reportUnknownVariableType]


class Application:
    """One server-side apply: the wanted part of an object, in a manager's name."""

    def __init__(self, world: World, resource: Resource, key: Key, wanted: Obj, manager: str, *, force: bool) -> None:
        self._world = world
        self._resource = resource
        self._key = key
        self._wanted = wanted
        self._manager = manager
        self._force = force
        self._owned = managed.fields(managed.content(wanted)) or {}

    def fresh(self) -> Obj:
        """The object when there is none yet."""
        return self._with_owner(clone(self._wanted), [])

    def onto(self, live: Obj) -> Obj:
        """The stored object with the wanted part put over it. Raises 409 on conflicts."""
        entries: list[Obj] = clone(each(live["metadata"], "managedFields"))
        mine = [entry for entry in entries if _is(entry, self._manager)]
        others = [entry for entry in entries if not _is(entry, self._manager)]
        content = {name: value for name, value in self._wanted.items() if name not in ("apiVersion", "kind")}
        merged = patches.strategic(clone(live), content)
        changed = managed.fields(managed.content(merged), "", managed.content(live), all_of=False) or {}
        conflicts = [(entry, managed.intersect(entry["fieldsV1"], changed)) for entry in others]
        conflicts = [(entry, tree) for entry, tree in conflicts if managed.paths(tree)]
        if conflicts and not self._force:
            raise _refused(conflicts)
        others = [{**entry, "fieldsV1": managed.subtract(entry["fieldsV1"], changed)} for entry in others]
        for entry in mine:
            _drop_abandoned(merged, entry["fieldsV1"], self._owned, others)
        return self._with_owner(merged, [entry for entry in others if entry["fieldsV1"]])

    def _with_owner(self, obj: Obj, others: list[Obj]) -> Obj:
        entry = {
            "manager": self._manager,
            "operation": "Apply",
            "apiVersion": self._resource.api_version,
            "time": self._world.timestamp,
            "fieldsType": "FieldsV1",
            "fieldsV1": self._owned,
        }
        obj.setdefault("metadata", {})["managedFields"] = [entry, *others]
        obj["metadata"].setdefault("name", self._key[1])
        return obj


def _is(entry: Obj, manager: str) -> bool:
    return entry["manager"] == manager and entry["operation"] == "Apply" and not entry.get("subresource")


def _refused(conflicts: list[tuple[Obj, Obj]]) -> errors.ApiError:
    causes: list[Obj] = []
    for entry, tree in conflicts:
        said = f'conflict with "{entry["manager"]}"'
        if entry["operation"] != "Apply":
            said += f" using {entry['apiVersion']}"
        causes += [{"reason": "FieldManagerConflict", "message": said, "field": path} for path in managed.paths(tree)]
    if len(causes) == 1:
        message = f"Apply failed with 1 conflict: {causes[0]['message']}: {causes[0]['field']}"
    else:
        groups = {cause["message"]: [c["field"] for c in causes if c["message"] == cause["message"]] for cause in causes}
        listed = "\n".join(
            said.replace("conflict with", "conflicts with", 1) + ":\n" + "\n".join(f"- {path}" for path in sorted(fields))
            for said, fields in groups.items()
        )
        message = f"Apply failed with {len(causes)} conflicts: {listed}"
    return errors.ApiError(409, "Conflict", message, {"causes": causes})


def _drop_abandoned(obj: Any, before: Obj, now: Obj, others: list[Obj]) -> None:
    """Take out fields that this manager owned, no longer names, and nobody else owns."""
    if not isinstance(obj, dict):
        return
    tree: Obj = obj  # pyright: ignore[reportUnknownVariableType]
    for name, inner in before.items():
        field = name[2:]
        if not name.startswith("f:") or field not in tree:
            continue
        shared = [entry["fieldsV1"][name] for entry in others if name in entry["fieldsV1"]]
        if name not in now and not shared:
            del tree[field]
        elif inner:
            _drop_abandoned(tree[field], inner, now.get(name, {}), [{"fieldsV1": part} for part in shared])
