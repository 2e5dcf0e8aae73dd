"""What a manifest in a repository may not change, because Stead never changes it in a cluster either: Git is no way around *never*."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, cast

from stead.domain.matching import Patterns
from stead.domain.never import OWN_NAMESPACES, forbidden
from stead.domain.subject import Subject

_OURS = Patterns.of(("stead", "stead-*"))
_HOLDS_OUT = 30
"""How deep a list of objects is followed."""


def touches_never(before: Sequence[Any], after: Sequence[Any], own: Collection[str] = OWN_NAMESPACES) -> str:
    """What documents of a file change that is left to people, "" when nothing is. Both are what a YAML parser gives, a file's documents."""
    old, new = list(_forbidden(before, own)), list(_forbidden(after, own))
    for document, why in new:
        if (document, why) not in old:
            return f"{_name(document)} is never changed: {why}"
    for document, why in old:
        if (document, why) not in new:
            return f"{_name(document)} is never changed: {why}"
    return ""


def _forbidden(documents: Sequence[Any], own: Collection[str]) -> Iterator[tuple[Mapping[str, Any], str]]:
    for document in documents:
        for one in _objects(document, _HOLDS_OUT):
            if why := _why(one, own):
                yield one, why


def _objects(given: Any, depth: int) -> Iterator[Mapping[str, Any]]:
    """A document, and what a list of objects holds."""
    if isinstance(given, Mapping) and depth:
        one = cast("Mapping[str, Any]", given)
        yield one
        items = one.get("items")
        for item in cast("list[Any]", items) if isinstance(items, list) else ():
            yield from _objects(item, depth - 1)


def _why(one: Mapping[str, Any], own: Collection[str]) -> str:
    kind, version = one.get("kind"), one.get("apiVersion")
    if isinstance(kind, str) and isinstance(version, str):
        fields = _metadata(one)
        name, namespace = str(fields.get("name", "")), str(fields.get("namespace", ""))
        if why := forbidden(Subject(estate="", api_version=version, kind=kind, name=name, namespace=namespace), own):
            return why
        return "Stead itself is left to people" if _OURS.match(name) else ""
    rules = one.get("rules")
    if isinstance(rules, list) and any(isinstance(rule, Mapping) and "verdict" in rule for rule in cast("list[Any]", rules)):
        return "what Stead may do is said by people"
    return ""


def _name(document: Mapping[str, Any]) -> str:
    return f"{document.get('kind', 'a policy')} {_metadata(document).get('name', '')}".strip()


def _metadata(document: Mapping[str, Any]) -> Mapping[str, Any]:
    found = document.get("metadata")
    return cast("Mapping[str, Any]", found) if isinstance(found, Mapping) else {}
