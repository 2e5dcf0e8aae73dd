"""What every kind has: names, owners, conditions."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta, field

Time = Annotated[datetime, Meta(tz=True)]
Labels = dict[str, str]


class Slice(msgspec.Struct, rename="camel", frozen=True, kw_only=True, gc=False):
    """A part of an object. No slice can hold itself, so the cyclic collector need not look at any (two thirds of the cost)."""


class OwnerReference(Slice, frozen=True):
    api_version: str = ""
    kind: str = ""
    name: str = ""
    uid: str = ""
    controller: bool | None = None


class Annotations(Slice, frozen=True):
    """The few annotations that checks read; what else people write there is never kept."""

    selected_node: str = field(default="", name="volume.kubernetes.io/selected-node")


class ObjectMeta(Slice, frozen=True):
    name: str
    namespace: str = ""
    uid: str = ""
    resource_version: str = ""
    generation: int = 0
    creation_timestamp: Time | None = None
    deletion_timestamp: Time | None = None
    labels: Labels = field(default_factory=dict[str, str])
    annotations: Annotations = Annotations()
    owner_references: tuple[OwnerReference, ...] = ()
    finalizers: tuple[str, ...] = ()


class Object(Slice, frozen=True):
    """What every kind has."""

    metadata: ObjectMeta


class Condition(Slice, frozen=True):
    type: str = ""
    status: str = ""
    reason: str = ""
    message: str = ""
    last_transition_time: Time | None = None
    last_update_time: Time | None = None


Conditions = tuple[Condition, ...]
