"""One look at several kinds, all at once: what `stead check` and a proof are made from. Nothing is remembered.

A kind that could not be listed is blind, or absent; it never looks like a kind without objects.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta

from stead.domain.errors import BlindError, SteadError
from stead.estate.kubernetes.blindness import Blindness, blindness
from stead.estate.kubernetes.client import ApiClient
from stead.estate.kubernetes.custom_kinds import defined
from stead.estate.kubernetes.decode import OddObject, Page, decode_page
from stead.estate.kubernetes.discovery import Discovery
from stead.estate.kubernetes.errors import AbsentError, ApiUnavailableError, ExpiredError
from stead.estate.kubernetes.kinds import Kind, kind_of
from stead.estate.kubernetes.mirror import Excluded
from stead.estate.kubernetes.resources import Resource
from stead.estate.kubernetes.slices import CustomResourceDefinition, Object
from stead.estate.kubernetes.view import View
from stead.estate.kubernetes.watch import PAGE
from stead.ports import Clock

TRIES = 3
"""How often a list is asked for before it is given up."""
_PAUSE = 0.5
"""Seconds before the second try of a list that failed, doubled for the third."""
AT_ONCE = 20
"""How many custom kinds are listed at a time: there may be hundreds, most of them small."""
_LONGEST = 10.0
"""Seconds that the server may ask for between two tries; who waits is a person."""


@dataclass(slots=True)
class Snapshot:
    view: View
    blind: dict[Kind, Blindness] = field(default_factory=dict[Kind, Blindness])
    absent: set[Kind] = field(default_factory=set[Kind])
    odd: list[OddObject] = field(default_factory=list[OddObject])


@dataclass(frozen=True, slots=True)
class Lister:
    """What it takes to make a Snapshot. `excluded` tells which namespaces are not looked at."""

    estate_id: str
    client: ApiClient
    discovery: Discovery
    clock: Clock
    excluded: Excluded

    async def snapshot(self, kinds: Iterable[Kind], namespace: str = "", *, tries: int = TRIES) -> Snapshot:
        """List these kinds, those with namespaces in one or ("") in all. Never raises for what could not be seen."""
        found = Snapshot(View(self.estate_id))
        await asyncio.gather(*(self._add(found, kind, namespace, tries) for kind in kinds))
        return found

    async def add_custom(self, found: Snapshot, namespace: str = "") -> None:
        """List every custom kind as well. Where the definitions may not be read, the API server is asked which kinds there are."""
        definitions = kind_of(CustomResourceDefinition)
        try:
            if found.view.knows(CustomResourceDefinition):
                kinds = defined(found.view.all(CustomResourceDefinition))
            elif definitions in found.absent:
                kinds = await self.discovery.custom_kinds()
            else:
                return  # blind, which is told already
        except SteadError as error:
            found.blind[definitions] = blindness(error, self.clock.now(), "kubectl api-resources")
            return
        turns = asyncio.Semaphore(AT_ONCE)

        async def add(kind: Kind) -> None:
            async with turns:
                await self._add(found, kind, namespace, TRIES)

        await asyncio.gather(*map(add, sorted(kinds, key=lambda kind: kind.resource)))

    async def version(self, kind: Kind) -> str:
        """The resourceVersion that the cluster stands at, as a list of this kind tells it. Raises as a GET does."""
        resource = Resource.of(kind)
        page = await self._page(kind, resource, "", {"limit": "1"})
        return page.resource_version

    async def _add(self, found: Snapshot, kind: Kind, namespace: str, tries: int) -> None:
        resource = Resource.of(kind)
        within = namespace if kind.namespaced else ""
        since = self.clock.now()
        try:
            objects, odd = await self._patiently(kind, resource, within, tries)
        except AbsentError as error:
            await self._missing(found, kind, resource, within, error)
        except SteadError as error:
            found_so = blindness(error, since, resource.command(within))
            if kind.by_right and found_so.reason == "Forbidden":
                found.absent.add(kind)
            else:
                found.blind[kind] = found_so
        else:
            for obj in objects:
                if not self.excluded(obj.metadata.namespace):
                    found.view.put(obj)
            found.odd += [one for one in odd if not self.excluded(one.namespace)]
            found.view.mark_known(kind.struct)

    async def _missing(self, found: Snapshot, kind: Kind, resource: Resource, namespace: str, error: SteadError) -> None:
        try:
            if await self.discovery.is_absent(resource):
                found.absent.add(kind)
                return
        except SteadError as worse:
            error = worse
        found.blind[kind] = blindness(error, self.clock.now(), resource.command(namespace))

    async def _patiently(self, kind: Kind, resource: Resource, namespace: str, tries: int) -> tuple[list[Object], list[OddObject]]:
        """All pages; again from the first when the server loses count (410), and a little later when it is busy."""
        pause = _PAUSE
        for last in (*(False for _ in range(tries - 1)), True):
            try:
                return await self._pages(kind, resource, namespace)
            except ExpiredError as error:
                if last:
                    raise BlindError(f"the list of {kind.plural} expired while it was read", reason="Timeout") from error
            except ApiUnavailableError as error:
                # A list that was not ready in a minute will not be in the next one, and a person waits.
                if last or error.whole or error.reason == "Timeout":
                    raise
                await self.clock.sleep_until(self.clock.now() + timedelta(seconds=min(_LONGEST, max(pause, error.retry_after or 0.0))))
                pause *= 2
        raise AssertionError("the last try returns or raises")

    async def _pages(self, kind: Kind, resource: Resource, namespace: str) -> tuple[list[Object], list[OddObject]]:
        objects: list[Object] = []
        odd: list[OddObject] = []
        params = {"limit": str(PAGE)}
        while True:
            page = await self._page(kind, resource, namespace, params)
            objects += page.items
            odd += page.odd
            if not page.next:
                return objects, odd
            params["continue"] = page.next

    async def _page(self, kind: Kind, resource: Resource, namespace: str, params: dict[str, str]) -> Page:
        what, command = f"list {kind.plural}", resource.command(namespace)
        body = await self.client.get(resource.path(namespace), params, what=what, command=command)
        try:
            return decode_page(kind.struct, body)
        except ValueError as error:
            server = self.client.connection.server
            raise BlindError(f"{server} answered to {what} with something that is no list", reason="Malformed", command=command) from error
