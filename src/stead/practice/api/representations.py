"""In which form an answer is wanted: the object, a Table, or only its metadata.

Promise: the first acceptable form of the Accept header wins, as in `k8s.io/apiserver/pkg/endpoints/handlers/negotiation`.
"""

from __future__ import annotations

from enum import Enum

from stead.practice.api import errors

_OFFERED = (
    "application/json",
    "application/yaml",
    "application/vnd.kubernetes.protobuf",
    "application/json;stream=watch",
    "application/vnd.kubernetes.protobuf;stream=watch",
)


class Form(Enum):
    OBJECT = "object"
    TABLE = "Table"
    METADATA = "PartialObjectMetadata"
    DISCOVERY = "APIGroupDiscoveryList"


def form_of(accept: str) -> Form:
    """The form that was asked for; ApiError 406 when nothing fits."""
    choices = [part.strip() for part in (accept or "*/*").split(",")]
    for choice in choices:
        kind, *parameters = (part.strip() for part in choice.split(";"))
        if kind not in ("application/json", "*/*", "application/*"):
            continue
        wanted = dict(parameter.split("=", 1) for parameter in parameters if "=" in parameter)
        if "as" not in wanted:
            return Form.OBJECT
        form = _special(wanted["as"], wanted.get("v", ""))
        if form is not None:
            return form
    raise errors.not_acceptable(_OFFERED)


def _special(name: str, version: str) -> Form | None:
    if name == "APIGroupDiscoveryList":
        return Form.DISCOVERY if version == "v2" else None
    if version != "v1":
        return None
    if name.startswith("PartialObjectMetadata"):
        return Form.METADATA
    return Form.TABLE if name == "Table" else None
