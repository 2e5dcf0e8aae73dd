"""What an API resource is, and the registry of those that are served now.

Promise: one key (`pods`, `deployments.apps`) names a resource everywhere inside: store, controllers, RBAC, tables.
Custom resources come and go with their CustomResourceDefinitions; everything else is in `catalogue`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

ALL_VERBS = ("create", "delete", "deletecollection", "get", "list", "patch", "update", "watch")


@dataclass(frozen=True, slots=True)
class Resource:
    group: str
    version: str
    kind: str
    plural: str
    singular: str
    namespaced: bool = True
    short_names: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    subresources: tuple[str, ...] = ()  # status, scale, log, eviction, binding, token …
    verbs: tuple[str, ...] = ALL_VERBS
    generation: bool = False  # whether metadata.generation counts changes of the spec
    custom: bool = False
    key: str = ""
    """Where the objects are stored; two resources may show the same objects (events in two groups)."""

    def __post_init__(self) -> None:
        if not self.key:
            object.__setattr__(self, "key", self.full_name)

    @property
    def full_name(self) -> str:
        return f"{self.plural}.{self.group}" if self.group else self.plural

    @property
    def api_version(self) -> str:
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def has_status(self) -> bool:
        return "status" in self.subresources


class Registry:
    """The resources that are served, found by path, by kind or by any of their names."""

    def __init__(self, builtin: Iterable[Resource]) -> None:
        self._served: dict[tuple[str, str, str], Resource] = {}
        for resource in builtin:
            self.add(resource)

    def add(self, resource: Resource) -> None:
        self._served[resource.group, resource.version, resource.plural] = resource

    def drop(self, group: str, plural: str) -> None:
        for path in [path for path in self._served if path[0] == group and path[2] == plural]:
            del self._served[path]

    def all(self) -> list[Resource]:
        return list(self._served.values())

    def find(self, group: str, version: str, plural: str) -> Resource | None:
        return self._served.get((group, version, plural))

    def serves(self, group: str, version: str) -> bool:
        return any(path[:2] == (group, version) for path in self._served)

    def groups(self) -> list[str]:
        return list(dict.fromkeys(path[0] for path in self._served))

    def versions(self, group: str) -> list[str]:
        return list(dict.fromkeys(path[1] for path in self._served if path[0] == group))

    def within(self, group: str, version: str) -> list[Resource]:
        found = [resource for path, resource in self._served.items() if path[:2] == (group, version)]
        return sorted(found, key=lambda resource: resource.plural)

    def of_kind(self, api_version: str, kind: str) -> Resource | None:
        group, _, version = api_version.rpartition("/")
        for resource in self.within(group, version):
            if resource.kind == kind:
                return resource
        return None

    def named(self, name: str) -> Resource:
        """By kind, plural, singular, short name, `plural.group` or `Kind.group`; the first that fits. Raises KeyError."""
        for resource in self._served.values():
            kind = f"{resource.kind}.{resource.group}"
            names = (resource.kind, kind, resource.plural, resource.singular, resource.full_name, *resource.short_names)
            if name in names:
                return resource
        raise KeyError(f"no resource is called {name}")
