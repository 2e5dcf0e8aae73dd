"""The three ways to change a part: JSON patch (RFC 6902), merge patch (RFC 7386), strategic merge patch.

Promise: pure functions that hand back a new tree. Strategic merge knows lists by their merge keys, which are those of the
built-in types (`patchMergeKey` in `k8s.io/api`), found by the field's name; `$patch`, `$retainKeys`, `$deleteFromPrimitiveList`
and `$setElementOrder` are honoured.
"""

from __future__ import annotations

from typing import Any

from stead.practice.objects import Obj, clone, field


class PatchError(ValueError):
    """A patch that does not fit the object, or that is none."""


def merge(target: Any, patch: Any) -> Any:
    if not isinstance(patch, dict):
        return clone(patch)  # pyright: ignore[reportUnknownVariableType]
    result: Obj = dict(target) if isinstance(target, dict) else {}  # pyright: ignore[reportUnknownArgumentType]
    for name, value in patch.items():  # pyright: ignore[reportUnknownVariableType]
        if value is None:
            result.pop(name, None)  # pyright: ignore[reportUnknownArgumentType]
        else:
            result[name] = merge(result.get(name), value)  # pyright: ignore[reportUnknownArgumentType]
    return result


# By the name of the list's field; where one name has two keys (ports), the key that the items carry decides.
_MERGE_KEYS: dict[str, tuple[str, ...]] = {
    "containers": ("name",),
    "initContainers": ("name",),
    "ephemeralContainers": ("name",),
    "volumes": ("name",),
    "env": ("name",),
    "ports": ("containerPort", "port"),
    "volumeMounts": ("mountPath",),
    "volumeDevices": ("devicePath",),
    "imagePullSecrets": ("name",),
    "hostAliases": ("ip",),
    "topologySpreadConstraints": ("topologyKey",),
    "conditions": ("type",),
    "ownerReferences": ("uid",),
    "addresses": ("type",),
    "podIPs": ("ip",),
    "hostIPs": ("ip",),
    "secrets": ("name",),
    "taints": (),  # atomic, although the type names a merge key: NodeSpec.Taints has no patchStrategy
}
_MERGED_PRIMITIVES = frozenset({"finalizers"})


def strategic(target: Obj, patch: Obj) -> Obj:
    return _map(target, patch)


def _map(target: Obj, patch: Obj) -> Obj:
    directive = patch.get("$patch")
    if directive == "replace":
        return clone({name: value for name, value in patch.items() if name != "$patch"})
    if directive == "delete":
        return {}
    result = dict(target)
    if "$retainKeys" in patch:
        kept = _texts(patch["$retainKeys"], "$retainKeys")
        result = {name: value for name, value in result.items() if name in kept}
    for name, value in patch.items():
        if not name.startswith("$"):
            _field(result, name, value)
    for name, value in patch.items():
        if name.startswith("$deleteFromPrimitiveList/"):
            listed, gone = name.partition("/")[2], _texts(value, name)
            result[listed] = [item for item in _listed(result.get(listed)) if item not in gone]
    return result


def _texts(given: Any, name: str) -> list[Any]:
    if not isinstance(given, list):
        raise PatchError(f"{name} in the patch must be a list")
    return given  # pyright: ignore[reportUnknownVariableType]


def _listed(given: Any) -> list[Any]:
    return given if isinstance(given, list) else []  # pyright: ignore[reportUnknownVariableType]


def _field(result: Obj, name: str, value: Any) -> None:
    if value is None:
        result.pop(name, None)
    elif isinstance(value, dict):
        old = result.get(name)
        result[name] = _map(old if isinstance(old, dict) else {}, value)  # pyright: ignore[reportUnknownArgumentType]
    elif isinstance(value, list):
        result[name] = _list(name, _listed(result.get(name)), value)  # pyright: ignore[reportUnknownArgumentType]
    else:
        result[name] = value


def _list(name: str, old: list[Any], patch: list[Any]) -> list[Any]:
    if name in _MERGED_PRIMITIVES:
        return [*old, *(item for item in patch if item not in old)]
    key = _merge_key(name, patch)
    if key is None:
        return clone(patch)
    if any(field(item, "$patch") == "replace" for item in patch):
        return clone([item for item in patch if field(item, "$patch") is None])
    result = list(old)
    for item in patch:
        _item(result, key, item)
    return result


def _merge_key(name: str, patch: list[Any]) -> str | None:
    for key in _MERGE_KEYS.get(name, ()):
        if all(isinstance(item, dict) and (key in item or "$patch" in item) for item in patch):
            return key
    return None


def _item(result: list[Any], key: str, item: Obj) -> None:
    index = next((at for at, old in enumerate(result) if field(old, key) == item.get(key)), None)
    if item.get("$patch") == "delete":
        if index is not None:
            del result[index]
    elif index is None:
        result.append(_map({}, item))
    else:
        old = result[index]
        result[index] = _map(old if isinstance(old, dict) else {}, item)  # pyright: ignore[reportUnknownArgumentType]


def json_patch(target: Obj, operations: list[Obj]) -> Obj:
    """Apply the operations in order; PatchError when one of them does not fit."""
    tree: Any = clone(target)
    for operation in operations:
        tree = _operate(tree, operation)
    return tree


def _operate(tree: Any, operation: Obj) -> Any:
    verb, path = operation.get("op"), _pointer(operation.get("path", ""))
    match verb:
        case "add":
            return _set(tree, path, operation.get("value"), insert=True)
        case "replace":
            _find(tree, path)
            return _set(tree, path, operation.get("value"), insert=False)
        case "remove":
            return _remove(tree, path)
        case "test":
            if _find(tree, path) != operation.get("value"):
                raise PatchError(f"testing value {operation.get('path')} failed")
            return tree
        case "move" | "copy":
            source = _pointer(operation.get("from", ""))
            if verb == "move" and path[: len(source)] == source:
                raise PatchError(f"cannot move {operation.get('from', '')} into itself")
            value = clone(_find(tree, source))
            return _set(_remove(tree, source) if verb == "move" else tree, path, value, insert=True)
        case _:
            raise PatchError(f"Unexpected kind: {verb}")


def _pointer(text: str) -> list[str]:
    if text and not text.startswith("/"):
        raise PatchError(f"bad path {text}")
    return [part.replace("~1", "/").replace("~0", "~") for part in text.split("/")[1:]]


def _find(tree: Any, path: list[str]) -> Any:
    for part in path:
        try:
            tree = _into(tree, part)
        except (KeyError, IndexError, ValueError, TypeError):
            raise PatchError(f"missing path: /{'/'.join(path)}") from None
    return tree


def _into(tree: Any, name: str) -> Any:
    key: Any = _index(name, len(tree)) if isinstance(tree, list) else name  # pyright: ignore[reportUnknownArgumentType]
    return tree[key]  # pyright: ignore[reportUnknownVariableType]


def _set(tree: Any, path: list[str], value: Any, *, insert: bool) -> Any:
    if not path:
        return clone(value)
    parent, last = _find(tree, path[:-1]), path[-1]
    if isinstance(parent, dict):
        parent[last] = clone(value)
        return tree
    if not isinstance(parent, list):
        raise PatchError(f"no place at /{'/'.join(path)}")
    index = len(parent) if last == "-" else _index(last, len(parent))  # pyright: ignore[reportUnknownArgumentType]
    if insert:
        parent.insert(index, clone(value))  # pyright: ignore[reportUnknownMemberType]
    else:
        parent[index] = clone(value)
    return tree


def _index(text: str, length: int) -> int:
    if not text.isdecimal() or len(text) > len(str(length)) or int(text) > length:
        raise PatchError(f"Unable to access invalid index: {text}")
    return int(text)


def _remove(tree: Any, path: list[str]) -> Any:
    if not path:
        raise PatchError("the whole document cannot be removed")
    _find(tree, path)
    parent, last = _find(tree, path[:-1]), path[-1]
    if isinstance(parent, list):
        del parent[int(last)]
    else:
        del parent[last]
    return tree
