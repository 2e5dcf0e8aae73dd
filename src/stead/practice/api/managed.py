"""`managedFields`: who set which field last, and the conflicts that server-side apply finds with it.

Promise: an Update owns what it changed; an Apply owns what it named. Source: structured-merge-diff's FieldsV1 form
(`f:` fields, `k:` items of keyed lists, `.` the thing itself).
"""

from __future__ import annotations

import json
from typing import Any

from stead.practice.objects import Obj, clone, field, inside

# Lists whose items have an identity of their own (`x-kubernetes-list-map-keys`), by field name.
_KEYS: dict[str, tuple[str, ...]] = {
    "containers": ("name",),
    "initContainers": ("name",),
    "env": ("name",),
    "volumes": ("name",),
    "volumeMounts": ("mountPath",),
    "ports": ("containerPort", "protocol"),
    "conditions": ("type",),
    "ownerReferences": ("uid",),
    "imagePullSecrets": ("name",),
}
_SERVERS = frozenset(
    [
        "name",
        "namespace",
        "uid",
        "resourceVersion",
        "generation",
        "creationTimestamp",
        "deletionTimestamp",
        "deletionGracePeriodSeconds",
        "managedFields",
        "selfLink",
    ]
)


def fields(tree: Any, name: str = "", old: Any = None, *, all_of: bool = True) -> Obj | None:
    """The FieldsV1 of `tree`; with `all_of=False` only of what differs from `old`. None when there is nothing."""
    if not all_of and tree == old:
        return None
    if isinstance(tree, dict):
        return _of_map(tree, old if isinstance(old, dict) else {}, all_of)  # pyright: ignore[reportUnknownArgumentType]
    if isinstance(tree, list) and (keys := _keys_of(name, tree)):  # pyright: ignore[reportUnknownArgumentType]
        return _of_list(tree, old if isinstance(old, list) else [], keys, all_of)  # pyright: ignore[reportUnknownArgumentType]
    return {}


def _of_map(tree: Obj, old: Obj, all_of: bool) -> Obj:
    found: Obj = {}
    for name, value in tree.items():
        inner = fields(value, name, old.get(name), all_of=all_of)
        if inner is not None:
            found[f"f:{name}"] = inner
    return found


def _of_list(items: list[Obj], old: list[Obj], keys: tuple[str, ...], all_of: bool) -> Obj:
    before = {_item_key(item, keys): item for item in old}
    found: Obj = {}
    for item in items:
        key = _item_key(item, keys)
        inner = fields(item, "", before.get(key), all_of=all_of)
        if inner is not None:
            found[key] = {".": {}, **inner} if key not in before or all_of else inner
    return found


def _keys_of(name: str, items: list[Any]) -> tuple[str, ...]:
    keys = _KEYS.get(name, ())
    return keys if keys and all(isinstance(item, dict) and keys[0] in item for item in items) else ()


def _item_key(item: Obj, keys: tuple[str, ...]) -> str:
    return "k:" + json.dumps({key: item[key] for key in keys if key in item}, separators=(",", ":"), sort_keys=True)


def content(obj: Obj) -> Obj:
    """What can be owned: all but identity and what the server sets itself."""
    kept: Obj = {name: value for name, value in obj.items() if name not in ("apiVersion", "kind", "metadata")}
    meta = {name: value for name, value in inside(obj, "metadata").items() if name not in _SERVERS}
    return {"metadata": meta, **kept} if meta else kept


def record(new: Obj, old: Obj | None, manager: str, operation: str, now: str, subresource: str) -> None:
    """Note in `new` (the caller's own copy) that `manager` made it of `old`. Apply keeps its own book in `apply`."""
    given = new["metadata"].get("managedFields")
    entries: list[Obj] = clone((given if _well_formed(given) else None) or inside(old or {}, "metadata").get("managedFields") or [])
    if operation == "Update":
        changed = fields(content(new), "", content(old) if old else None, all_of=old is None)
        if changed:
            entries = [{**entry, "fieldsV1": subtract(entry["fieldsV1"], changed)} for entry in entries]
            _add(entries, manager, operation, new["apiVersion"], now, subresource, changed)
    present = fields(content(new)) or {}
    entries = [{**entry, "fieldsV1": intersect(entry["fieldsV1"], present)} for entry in entries]
    new["metadata"]["managedFields"] = [entry for entry in entries if entry["fieldsV1"]]


def _well_formed(entries: Any) -> bool:
    """Whether a book that somebody sent can be read; one that cannot is not taken over."""
    listed: list[Any] = entries or []
    return all(isinstance(field(entry, "manager"), str) and isinstance(field(entry, "operation"), str) for entry in listed) and all(
        _is_tree(field(entry, "fieldsV1")) for entry in listed
    )


def _is_tree(fields: Any) -> bool:
    if not isinstance(fields, dict):
        return False
    tree: Obj = fields  # pyright: ignore[reportUnknownVariableType]
    return all(_is_tree(inner) and (not name.startswith("k:") or _is_key(name)) for name, inner in tree.items())


def _is_key(name: str) -> bool:
    try:
        return isinstance(json.loads(name[2:]), dict)
    except ValueError:
        return False


def _add(entries: list[Obj], manager: str, operation: str, version: str, now: str, subresource: str, owned: Obj) -> None:
    for entry in entries:
        if (entry["manager"], entry["operation"], entry.get("subresource", "")) == (manager, operation, subresource):
            entry["fieldsV1"], entry["time"] = union(entry["fieldsV1"], owned), now
            return
    entry = {
        "manager": manager,
        "operation": operation,
        "apiVersion": version,
        "time": now,
        "fieldsType": "FieldsV1",
        "fieldsV1": owned,
    }
    entries.append({**entry, "subresource": subresource} if subresource else entry)


def union(one: Obj, two: Obj) -> Obj:
    result = dict(one)
    for name, inner in two.items():
        result[name] = union(result.get(name, {}), inner)
    return result


def subtract(one: Obj, two: Obj) -> Obj:
    """`one` without the leaves of `two`."""
    result: Obj = {}
    for name, inner in one.items():
        if name not in two:
            result[name] = inner
        elif inner and two[name]:
            rest = subtract(inner, two[name])
            if rest:
                result[name] = rest
        elif inner:
            continue
    return result


def intersect(one: Obj, two: Obj) -> Obj:
    result: Obj = {}
    for name, inner in one.items():
        if name == ".":
            result[name] = inner
        elif name in two:
            result[name] = intersect(inner, two[name]) if inner and two[name] else inner
    return result


def paths(tree: Obj, at: str = "") -> list[str]:
    """The leaves as a conflict prints them: `.data.a`, `.spec.template.spec.containers[name="c"].image`."""
    found: list[str] = []
    for name, inner in tree.items():
        if name == ".":
            continue
        here = at + (f".{name[2:]}" if name.startswith("f:") else _brackets(name))
        found.extend(paths(inner, here) if inner else [here])
    return found


def _brackets(key: str) -> str:
    pairs = json.loads(key[2:]).items()
    return "[" + ",".join(f"{name}={json.dumps(value)}" for name, value in pairs) + "]"
