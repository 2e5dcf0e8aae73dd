"""What this API server serves: the resource of a kind, and whether a 404 means that an API is absent.

https://kubernetes.io/docs/reference/using-api/api-concepts/#resource-types
"""

from __future__ import annotations

from typing import TypeVar

import msgspec

from stead.domain.errors import BlindError
from stead.estate.kubernetes.client import ApiClient
from stead.estate.kubernetes.custom_kinds import MOST, is_custom
from stead.estate.kubernetes.errors import AbsentError
from stead.estate.kubernetes.kinds import Kind, custom_kind, kind_named
from stead.estate.kubernetes.resources import Resource

T = TypeVar("T")


class _Served(msgspec.Struct):
    name: str
    kind: str
    namespaced: bool
    verbs: tuple[str, ...] = ()


class _ResourceList(msgspec.Struct):
    resources: tuple[_Served, ...]


class _Version(msgspec.Struct, rename="camel"):
    group_version: str


class _Group(msgspec.Struct, rename="camel"):
    versions: tuple[_Version, ...]
    preferred_version: _Version | None = None


class _GroupList(msgspec.Struct):
    groups: tuple[_Group, ...]


class Discovery:
    """Remembers what it found, for as long as it lives."""

    def __init__(self, client: ApiClient) -> None:
        self._client = client
        self._found: dict[tuple[str, str], Resource] = {}

    async def resource(self, api_version: str, kind: str) -> Resource:
        """Where objects of this kind live. AbsentError when the API server has no such kind; BlindError when nobody can say."""
        known = kind_named(api_version, kind)
        if known is not None and known.api_version == api_version:
            return Resource.of(known)
        if (api_version, kind) not in self._found:
            served = await self._served(api_version)
            match = next((s for s in served or () if s.kind == kind and "/" not in s.name), None)
            if match is None:
                raise AbsentError(f"{self._client.connection.server} has no kind {kind} in {api_version}")
            self._found[api_version, kind] = Resource(api_version, match.name, kind, match.namespaced)
        return self._found[api_version, kind]

    async def is_absent(self, resource: Resource) -> bool:
        """Whether the API server says by itself that it does not serve this, so that a 404 is no trouble. Raises as a GET does."""
        served = await self._served(resource.api_version)
        return served is None or all(s.name != resource.plural for s in served)

    async def custom_kinds(self) -> frozenset[Kind]:
        """The custom kinds that can be listed and watched: one question for all groups, and one for each of those that are not built in.

        A kind that the preferred version of its group lacks is not found. Raises as a GET does.
        """
        found: set[Kind] = set()
        for group in (await self._ask("/apis", _GroupList)).groups:
            if (version := group.preferred_version) is None or not is_custom(version.group_version, ""):
                continue
            try:
                served = await self._served(version.group_version)
            except BlindError:
                continue  # an aggregated API server that is away says nothing of the others
            for one in served or ():
                if "/" not in one.name and {"list", "watch"} <= set(one.verbs) and is_custom(version.group_version, one.kind):
                    found.add(custom_kind(version.group_version, one.name, one.kind, one.namespaced))
        return frozenset(sorted(found, key=lambda kind: kind.resource)[:MOST])

    async def _served(self, api_version: str) -> tuple[_Served, ...] | None:
        """The resources of a group and version; None where the API server has none such."""
        root = f"/apis/{api_version}" if "/" in api_version else f"/api/{api_version}"
        try:
            return (await self._ask(root, _ResourceList)).resources
        except AbsentError as error:
            # A proxy that has lost its way also says 404: only the list of all groups can tell that one is absent.
            if "/" not in api_version:
                raise self._no_kubernetes() from error
        try:
            groups = (await self._ask("/apis", _GroupList)).groups
        except AbsentError as error:
            raise self._no_kubernetes() from error
        if any(v.group_version == api_version for g in groups for v in g.versions):
            return ()
        return None

    async def _ask(self, path: str, type_: type[T]) -> T:
        body = await self._client.get(path, what=f"read {path}", command=f"kubectl get --raw {path}")
        try:
            return msgspec.json.decode(body, type=type_)
        except (msgspec.ValidationError, msgspec.DecodeError) as error:
            raise self._no_kubernetes() from error

    def _no_kubernetes(self) -> BlindError:
        server = self._client.connection.server
        return BlindError(f"{server} does not answer as a Kubernetes API server does", reason="Malformed", command="kubectl version")
