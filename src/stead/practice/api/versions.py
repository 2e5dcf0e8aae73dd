"""The same stored object shown in another version: events in two groups, autoscalers in two versions, custom resources in several.

Source: `pkg/apis/events/v1/conversion.go`, `pkg/apis/autoscaling/v1/conversion.go`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from stead.practice.api import autoscaling_v1
from stead.practice.api.resources import Registry, Resource
from stead.practice.objects import Obj

_TO_V1 = {
    "regarding": "involvedObject",
    "note": "message",
    "deprecatedSource": "source",
    "deprecatedFirstTimestamp": "firstTimestamp",
    "deprecatedLastTimestamp": "lastTimestamp",
    "deprecatedCount": "count",
    "reportingController": "reportingComponent",
}
_FROM_V1 = {old: new for new, old in _TO_V1.items()}
_Path: TypeAlias = tuple[str, str, str]
"""Group, version, plural."""


@dataclass(frozen=True, slots=True)
class _View:
    """How objects that are stored as `home` look elsewhere, and the way back; both leave what they are given as it is."""

    home: _Path
    shown: Callable[[Obj], Obj]
    stored: Callable[[Obj], Obj]


_VIEWS: dict[_Path, _View] = {
    ("events.k8s.io", "v1", "events"): _View(
        ("", "v1", "events"),
        lambda obj: {_FROM_V1.get(name, name): value for name, value in obj.items()},
        lambda obj: {_TO_V1.get(name, name): value for name, value in obj.items()},
    ),
    ("autoscaling", "v1", "horizontalpodautoscalers"): _View(
        ("autoscaling", "v2", "horizontalpodautoscalers"), autoscaling_v1.shown, autoscaling_v1.stored
    ),
}


def _view(resource: Resource) -> _View | None:
    return _VIEWS.get((resource.group, resource.version, resource.plural))


def is_view(resource: Resource) -> bool:
    """Whether objects have to be converted on their way out."""
    return _view(resource) is not None


def home(registry: Registry, resource: Resource) -> Resource:
    """The resource as which its objects are stored."""
    view = _view(resource)
    return (registry.find(*view.home) if view else None) or resource


def shown(resource: Resource, obj: Obj) -> Obj:
    view = _view(resource)
    if view is None and obj.get("apiVersion") == resource.api_version:
        return obj
    return {**(view.shown(obj) if view else obj), "apiVersion": resource.api_version}


def stored(resource: Resource, obj: Obj) -> Obj:
    view = _view(resource)
    if view is None:
        return obj
    group, version, _ = view.home
    return {**view.stored(obj), "apiVersion": f"{group}/{version}" if group else version}
