"""What is live, and what was applied: where somebody's hand has changed what a tool had put there. Pure.

Two records tell it: the annotation of `kubectl apply` and of Argo CD's client-side apply, and `managedFields`, which say whose hand wrote
which field last (https://kubernetes.io/docs/reference/using-api/server-side-apply/#field-management).
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator, Mapping
from typing import Any, cast

from stead.domain.diffing import diff
from stead.estate.history.kept import Keeper, shown
from stead.estate.kubernetes.live import at, items, text
from stead.ports import Object

LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
MOST = 12
"""Lines about one object."""
_SYSTEM = ("kube-controller-manager", "kube-scheduler", "kubelet", "kube-apiserver", "cluster-autoscaler", "horizontal-pod-autoscaler")
_keeper = Keeper(secrets.token_bytes(32))
"""Hides what is secret, and still tells whether it changed."""


def drift(live: Object, appliers: tuple[str, ...]) -> list[str]:
    """What is different in the live object, a line each; [] where it is as it was applied, or no record says otherwise.

    `appliers` are the field managers that put it there.
    """
    applied = _applied(live)
    if applied is None:
        return list(_by_other_hands(live, appliers))[:MOST]
    kind = text(live, "kind")
    fields = diff(_keeper.keep(kind, dict(applied)), _keeper.keep(kind, dict(live)))
    # What was not applied and is there now, the API server has filled in.
    return [f"live differs from what was applied: {shown(field)}" for field in fields if field.old is not None][:MOST]


def _applied(live: Object) -> Mapping[str, Any] | None:
    try:
        found: Any = json.loads(text(live, "metadata", "annotations", LAST_APPLIED) or "null")
    except (ValueError, RecursionError):
        return None
    return cast("Mapping[str, Any]", found) if isinstance(found, dict) else None


def _by_other_hands(live: Object, appliers: tuple[str, ...]) -> Iterator[str]:
    for entry in items(live, "metadata", "managedFields"):
        manager = text(entry, "manager")
        if manager in (*appliers, *_SYSTEM) or text(entry, "subresource") == "status":
            continue
        paths = [path for path in _paths(at(entry, "fieldsV1"), "") if not path.startswith(("metadata", "status"))]
        if paths:
            when = text(entry, "time")
            yield f"{manager or 'somebody'} wrote {', '.join(paths[:6])}{' …' if len(paths) > 6 else ''}{f' at {when}' if when else ''}"


def _paths(fields: Any, path: str) -> Iterator[str]:
    """The leaves of a `fieldsV1` as paths, `spec.containers[app].image`."""
    if not isinstance(fields, Mapping):
        return
    below = {key: value for key, value in cast("Mapping[str, Any]", fields).items() if key != "."}
    if not below and path:
        yield path
    for key, value in below.items():
        kind, _, name = key.partition(":")
        yield from _paths(value, f"{path}.{name}".removeprefix(".") if kind == "f" else f"{path}[{_item(name)}]")


def _item(key: str) -> str:
    """`{"name":"app"}` → `app`."""
    try:
        keys: Any = json.loads(key)
    except ValueError:
        return key
    return ",".join(str(value) for value in cast("dict[str, Any]", keys).values()) if isinstance(keys, dict) else str(keys)
