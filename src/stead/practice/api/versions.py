"""The same stored object shown in another version: events in two groups, custom resources in several versions.

Source: `pkg/apis/events/v1/conversion.go`.
"""

from __future__ import annotations

from stead.practice.api.resources import Resource
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


def is_view(resource: Resource) -> bool:
    """Whether objects have to be converted on their way out."""
    return resource.group == "events.k8s.io"


def shown(resource: Resource, obj: Obj) -> Obj:
    if is_view(resource):
        renamed = {_FROM_V1.get(name, name): value for name, value in obj.items()}
        return {**renamed, "apiVersion": resource.api_version}
    if obj.get("apiVersion") != resource.api_version:
        return {**obj, "apiVersion": resource.api_version}
    return obj


def stored(resource: Resource, obj: Obj) -> Obj:
    if is_view(resource):
        renamed = {_TO_V1.get(name, name): value for name, value in obj.items()}
        return {**renamed, "apiVersion": "v1"}
    return obj
