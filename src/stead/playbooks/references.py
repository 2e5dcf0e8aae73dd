"""Which keys of a ConfigMap or Secret a pod template asks for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, cast

from stead.domain.subject import Subject
from stead.estate.kubernetes.live import text

_SOURCES = {
    "ConfigMap": frozenset({"configMapKeyRef", "configMapRef", "configMap"}),
    "Secret": frozenset({"secretKeyRef", "secretRef", "secret"}),
}
"""The fields of a pod's spec (core/v1) that name an object of the kind: one key of it, all of it as environment, or as a volume."""

_WHOLE = "*"


def keys_asked_of(template: Mapping[str, Any], config: Subject) -> frozenset[str]:
    """The keys of `config` that the template names; `*` where it takes them all. Empty when it does not mention the object."""
    return frozenset(_keys(template, _SOURCES.get(config.kind, frozenset()), config.name))


def _keys(value: Any, sources: frozenset[str], name: str) -> Iterator[str]:
    if isinstance(value, list):
        for item in cast("list[Any]", value):
            yield from _keys(item, sources, name)
    elif isinstance(value, Mapping):
        for field, inner in cast("Mapping[str, Any]", value).items():
            if field in sources and name in (text(inner, "name"), text(inner, "secretName")):
                yield text(inner, "key") or _WHOLE
            yield from _keys(inner, sources, name)
