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


class Present(Slice, frozen=True):
    """Something that is there, whatever it holds."""


class OwnerReference(Slice, frozen=True):
    api_version: str = ""
    kind: str = ""
    name: str = ""
    uid: str = ""
    controller: bool | None = None


class Annotations(Slice, frozen=True):
    """The few annotations that checks read; what else people write there is never kept."""

    selected_node: str = field(default="", name="volume.kubernetes.io/selected-node")
    storage_class: str = field(default="", name="volume.beta.kubernetes.io/storage-class")
    default_storage: str = field(default="", name="storageclass.kubernetes.io/is-default-class")
    default_storage_beta: str = field(default="", name="storageclass.beta.kubernetes.io/is-default-class")
    ingress_class: str = field(default="", name="kubernetes.io/ingress.class")


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


class Expression(Slice, frozen=True):
    key: str = ""
    operator: str = ""
    values: tuple[str, ...] = ()


class LabelSelector(Slice, frozen=True):
    """An empty one selects everything (API reference, LabelSelector)."""

    match_labels: Labels = field(default_factory=dict[str, str])
    match_expressions: tuple[Expression, ...] = ()


class Named(Slice, frozen=True):
    """A reference to an object by name; `namespace` and `kind` where the field has them."""

    name: str = ""
    namespace: str = ""
    kind: str = ""
    api_version: str = ""
