"""Any custom resource: its spec and status as bounded JSON, because nobody can name the fields of a kind that is not known yet.

Promise: however large an object is, what is kept of it is not: long texts are cut, and of what is too much the bulkiest parts go first.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, cast

import msgspec
from msgspec import field

from stead.estate.kubernetes.slices.meta import Annotations, Conditions, Object, ObjectMeta, Present, Slice

MOST_CHARS = 24_000
"""Characters kept of one spec or status: a Gateway with 64 listeners, an Application with some hundred resources."""
MOST_TEXT = 1_000
MOST_SAID = 4_000
"""Characters kept of what a definition says of its conditions."""
MOST_ITEMS = 256
MOST_DEPTH = 10


class Kept:
    """A part of an object as compact JSON: a tenth of the memory of dicts, and quick to compare."""

    __slots__ = ("_json",)

    def __init__(self, json: bytes = b"null") -> None:
        self._json = json

    @classmethod
    def of(cls, value: Any) -> Kept:
        """`value` cut to size. The order of its keys is no matter; ValueError for text that is no Unicode."""
        return cls(msgspec.json.encode(_Cut().value(value, MOST_DEPTH)))

    def plain(self) -> dict[str, Any]:
        """A copy to read in; {} where there was no object."""
        found = msgspec.json.decode(self._json)
        return cast("dict[str, Any]", found) if isinstance(found, dict) else {}

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Kept) and self._json == other._json

    def __hash__(self) -> int:
        return hash(self._json)

    def __repr__(self) -> str:
        return f"Kept({self._json!r})"


class Sentences(str):
    """What the schema of a list of conditions says in words, of the list, of one of them, of its type: cut to size, and kept once for all
    definitions that say the same. "" where there is no schema."""

    __slots__ = ()

    @classmethod
    def of(cls, value: Any) -> Sentences:
        said = "\n".join(filter(None, (_described(value, path) for path in _SAYS)))[:MOST_SAID]
        return _same(said if any(c.isupper() for c in said) else "")


_SAYS = ((), ("items",), ("items", "properties", "type"))


def _described(value: Any, path: tuple[str, ...]) -> str:
    for key in path:
        value = cast("dict[str, Any]", value).get(key) if isinstance(value, dict) else None
    said = cast("dict[str, Any]", value).get("description") if isinstance(value, dict) else None
    return said if isinstance(said, str) else ""


@lru_cache(512)
def _same(said: str) -> Sentences:
    return Sentences(said)


def read_kept(kind: type[Any], value: Any) -> Any:
    """The decoder's hook for the types here that are not msgspec's own."""
    if kind is Kept:
        return Kept.of(value)
    if kind is Sentences:
        return Sentences.of(value)
    raise TypeError(f"no part of a custom object is a {kind.__name__}")


class Switches(Annotations, frozen=True):
    """The annotations by which a controller is told to leave an object alone. Each is documented by its project."""

    argocd_skip: str = field(default="", name="argocd.argoproj.io/skip-reconcile")
    capi_paused: str | None = field(default=None, name="cluster.x-k8s.io/paused")
    cnpg_hibernation: str = field(default="", name="cnpg.io/hibernation")
    cnpg_fenced: str = field(default="", name="cnpg.io/fencedInstances")
    cnpg_reconciliation: str = field(default="", name="cnpg.io/reconciliationLoop")
    crossplane_paused: str = field(default="", name="crossplane.io/paused")
    eck_managed: str = field(default="", name="eck.k8s.elastic.co/managed")
    keda_paused: str = field(default="", name="autoscaling.keda.sh/paused")
    keda_paused_replicas: str | None = field(default=None, name="autoscaling.keda.sh/paused-replicas")
    strimzi_paused: str = field(default="", name="strimzi.io/pause-reconciliation")


class CustomMeta(ObjectMeta, frozen=True):
    generate_name: str = ""
    annotations: Switches = Switches()


class Custom(Object, frozen=True):
    """What is kept of any custom resource. Each kind that is met has a subclass of its own (`kinds.custom_kind`)."""

    metadata: CustomMeta
    spec: Kept = Kept()
    status: Kept = Kept()


class Column(Slice, frozen=True):
    """What `kubectl get` prints of a kind: it tells which of its fields a person looks at first."""

    name: str = ""
    json_path: str = ""


class ConditionsSchema(Slice, frozen=True):
    conditions: Sentences = Sentences()


class StatusSchema(Slice, frozen=True):
    properties: ConditionsSchema = ConditionsSchema()


class ObjectProperties(Slice, frozen=True):
    status: StatusSchema = StatusSchema()


class ObjectSchema(Slice, frozen=True):
    properties: ObjectProperties = ObjectProperties()


class Validation(Slice, frozen=True):
    open_apiv3_schema: ObjectSchema = field(default=ObjectSchema(), name="openAPIV3Schema")

    @property
    def conditions(self) -> str:
        """What the schema says of the conditions in the status."""
        return self.open_apiv3_schema.properties.status.properties.conditions


class Subresources(Slice, frozen=True):
    status: Present | None = None


class DefinitionVersion(Slice, frozen=True):
    name: str = ""
    served: bool = False
    additional_printer_columns: tuple[Column, ...] = ()
    schema: Validation = Validation()
    subresources: Subresources | None = None


class DefinitionNames(Slice, frozen=True):
    plural: str = ""
    kind: str = ""


class DefinitionSpec(Slice, frozen=True):
    group: str = ""
    scope: str = "Namespaced"
    names: DefinitionNames = DefinitionNames()
    versions: tuple[DefinitionVersion, ...] = ()


class DefinitionStatus(Slice, frozen=True):
    conditions: Conditions = ()


class CustomResourceDefinition(Object, frozen=True):
    """apiextensions.k8s.io/v1; of its schemas only what they say of conditions."""

    spec: DefinitionSpec = DefinitionSpec()
    status: DefinitionStatus = DefinitionStatus()


class _Cut:
    """Counts what it keeps. Scalars first, then conditions, then the rest from the smallest: bulk cannot push out what matters."""

    def __init__(self) -> None:
        self._left = MOST_CHARS

    def value(self, value: Any, depth: int) -> Any:
        if isinstance(value, dict):
            return self._mapping(cast("dict[Any, Any]", value), depth)
        if isinstance(value, (list, tuple)):
            return self._list(list(cast("list[Any]", value)), depth)
        return self._scalar(value)

    def _scalar(self, value: Any) -> Any:
        if isinstance(value, str):
            value = value[:MOST_TEXT]
            self._left -= len(value)
        elif isinstance(value, bool) or value is None or isinstance(value, float):
            self._left -= 5
        elif isinstance(value, int):
            self._left -= 8
            return value if abs(value) < 1 << 63 else float("1e300")
        else:
            value = None
        return value

    def _mapping(self, value: dict[Any, Any], depth: int) -> dict[str, Any]:
        found: dict[str, Any] = {}
        entries = sorted(((str(k)[:MOST_TEXT], v) for k, v in value.items() if v is not None), key=_first)
        for key, inner in entries if depth > 0 else ():
            if self._left <= 0:
                break
            self._left -= len(key) + 4
            found[key] = self.value(inner, depth - 1)
        return found

    def _list(self, value: list[Any], depth: int) -> list[Any]:
        found: list[Any] = []
        for inner in value[:MOST_ITEMS] if depth > 0 else ():
            if self._left <= 0:
                break
            if inner is not None:
                found.append(self.value(inner, depth - 1))
        return found


def _first(entry: tuple[str, Any]) -> tuple[int, int, str]:
    key, value = entry
    if not isinstance(value, (dict, list, tuple)):
        return (0, 0, key)
    return (1, 0 if key == "conditions" else len(cast("Any", value)), key)
