"""What is remembered of a cluster: the view, what in it could not be read, which kinds are blind, and what changed since last asked.

Promise: a kind that can no longer be seen keeps what was seen of it; only the API server's own word removes an object.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import msgspec

from stead.domain.finding import Finding
from stead.estate.history.recorder import History, wants
from stead.estate.kubernetes import blindness
from stead.estate.kubernetes.blindness import Blindness
from stead.estate.kubernetes.decode import OddObject, Page, decode_object
from stead.estate.kubernetes.kinds import Kind, kind_of
from stead.estate.kubernetes.slices import Object
from stead.estate.kubernetes.view import ObjectKey, View

Excluded = Callable[[str], bool]
"""Whether a namespace is not to be looked at."""


@dataclass(slots=True)
class Changes:
    """`keys` objects that changed · `everything` says that a kind came into sight or went out of it: all checks must run again."""

    keys: set[ObjectKey] = field(default_factory=set[ObjectKey])
    everything: bool = False


class Mirror:
    """One estate's memory. `wake` is set whenever there is something to take."""

    def __init__(self, view: View, kinds: Iterable[Kind], excluded: Excluded) -> None:
        self.view = view
        self.blind: dict[Kind, Blindness] = {}
        self.absent: set[Kind] = set()
        self.refused: set[Kind] = set()
        """Kinds that the read role never covered, of those that are absent."""
        self.versions: dict[str, str] = {}
        self.wake = asyncio.Event()
        self.history: History | None = None
        """Who is told of everything that is read and deleted, where somebody keeps a history."""
        self._excluded = excluded
        self._odd: dict[ObjectKey, OddObject] = {}
        self._kinds = set(kinds)
        self._undecided = set(self._kinds)
        self._changes = Changes()
        self._whole: Blindness | None = None

    @property
    def settled(self) -> bool:
        """Whether each kind has been read once, or is known to be blind or absent."""
        return not self._undecided

    @property
    def pending(self) -> bool:
        """Whether something changed that nobody has taken yet."""
        return self.wake.is_set()

    def take(self) -> Changes:
        """What changed since the last time."""
        changes, self._changes = self._changes, Changes()
        self.wake.clear()
        return changes

    # Objects

    def holds(self, kind: Kind) -> bool:
        """Whether anything of this kind is remembered, readable or not."""
        return bool(self._remembered(kind))

    def put(self, kind: Kind, raw: bytes | msgspec.Raw) -> tuple[ObjectKey, str]:
        """Take in one object; its key and resourceVersion ("" for one that could not be read, which is then blind)."""
        self.remember(kind, (raw,))
        try:
            obj = decode_object(kind.struct, raw)
        except OddObject as odd:
            return self._put_odd(odd), ""
        return self._put(obj), obj.metadata.resource_version

    def put_page(self, page: Page) -> set[ObjectKey]:
        """Take in a page of a list; the keys that it held."""
        return {self._put(obj) for obj in page.items} | {self._put_odd(odd) for odd in page.odd}

    def remember(self, kind: Kind, raws: Iterable[bytes | msgspec.Raw]) -> None:
        """Tell the history of these objects as they came."""
        if self.history is not None and wants(kind):
            for raw in raws:
                self.history.seen(kind, raw)

    def drop(self, key: ObjectKey) -> None:
        """The API server says that it is deleted."""
        if self.history is not None and wants(kind := kind_of(key[0])):
            self.history.gone(kind, key[1], key[2])
        if self.view.drop(*key) | (self._odd.pop(key, None) is not None):
            self._changed(key)

    def listed(self, kind: Kind, keys: set[ObjectKey], version: str) -> None:
        """A list of this kind has ended: what it lacked has vanished while nobody was looking. The kind is in sight."""
        for key in self._remembered(kind) - keys:
            self.drop(key)
        if self.history is not None:
            self.history.listed(kind, ((namespace, name) for _, namespace, name in keys))
        if not self.view.knows(kind.struct):
            self.view.mark_known(kind.struct)
            self._changes.everything = True
            self.wake.set()
        self.versions[kind.resource] = version
        self._decide(kind)
        self.absent.discard(kind)
        self.refused.discard(kind)
        if self.blind.pop(kind, None) is not None:
            self.wake.set()

    # Kinds

    def follow(self, kind: Kind) -> None:
        """A kind that came to be known later: nothing is settled until it has been read, too."""
        self._kinds.add(kind)
        self._undecided.add(kind)

    def forget(self, kind: Kind) -> None:
        """A kind that is no more."""
        self.not_served(kind)
        self._kinds.discard(kind)
        self.absent.discard(kind)
        self.versions.pop(kind.resource, None)

    def decided(self, kind: Kind) -> bool:
        """Whether this kind has been read, or is known to be blind or absent."""
        return kind in self._kinds and kind not in self._undecided

    def lose(self, kind: Kind, blind: Blindness) -> None:
        """This kind cannot be seen. A trouble that goes on keeps the words that it began with."""
        earlier = self.blind.get(kind)
        self._decide(kind)
        if earlier is None or not blind.continues(earlier):
            self.blind[kind] = blind
            self.wake.set()

    def not_served(self, kind: Kind) -> None:
        """The API server has no such kind, and says so itself."""
        for key in self._remembered(kind):
            self.drop(key)
        if self.view.knows(kind.struct):
            self.view.mark_unknown(kind.struct)
            self._changes.everything = True
            self.wake.set()
        if self.blind.pop(kind, None) is not None:
            self.wake.set()
        self.absent.add(kind)
        self.refused.discard(kind)
        self._decide(kind)

    def not_covered(self, kind: Kind) -> None:
        """The read role does not cover this kind, and never did."""
        self.not_served(kind)
        self.refused.add(kind)

    def blind_findings(self, server: str) -> list[Finding]:
        """Everything that cannot be seen: kinds, and single objects that could not be read."""
        estate = self.view.estate_id
        self._whole = blindness.of_the_server(self.blind, self._whole)
        return [
            *blindness.findings(estate, server, self.blind, self._whole, len(self._kinds - self.absent)),
            *(odd.finding(estate) for odd in self._odd.values()),
        ]

    def _decide(self, kind: Kind) -> None:
        if kind in self._undecided:
            self._undecided.discard(kind)
            self.wake.set()

    def _remembered(self, kind: Kind) -> set[ObjectKey]:
        seen: set[ObjectKey] = {(kind.struct, o.metadata.namespace, o.metadata.name) for o in self.view.all(kind.struct)}
        return seen | {key for key in self._odd if key[0] is kind.struct}

    def _put(self, obj: Object) -> ObjectKey:
        key = (type(obj), obj.metadata.namespace, obj.metadata.name)
        if not self._excluded(obj.metadata.namespace):
            was_odd = self._odd.pop(key, None) is not None
            if self.view.put(obj) or was_odd:
                self._changed(key)
        return key

    def _put_odd(self, odd: OddObject) -> ObjectKey:
        key: ObjectKey = (odd.kind.struct, odd.namespace, odd.name)
        if not self._excluded(odd.namespace) and (key not in self._odd or self._odd[key].why != odd.why):
            self._odd[key] = odd
            self.wake.set()
        return key

    def _changed(self, key: ObjectKey) -> None:
        self._changes.keys.add(key)
        self.wake.set()
