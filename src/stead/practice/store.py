"""Where the objects are: the etcd of the practice cluster.

Promise: every change gets the next resource version, stands in the log, and is told to every listener before the call
returns. A write that changes nothing is no change (no new version, no event), as in a real API server.
Objects that went in are never changed again; lists share one encoding per version.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import msgspec

from stead.practice.objects import Key, Obj, key_of

Verb = Literal["ADDED", "MODIFIED", "DELETED"]
_LOG_LENGTH = 50_000
_encoder = msgspec.json.Encoder()


class Entry:
    """One version of one object, with its encoding made at most once."""

    __slots__ = ("_body", "obj", "version")

    def __init__(self, obj: Obj, version: int) -> None:
        self.obj = obj
        self.version = version
        self._body: bytes | None = None

    def body(self) -> bytes:
        """The JSON without `kind` and `apiVersion`: list items have none, and a single object gets them prepended."""
        if self._body is None:
            bare = {name: value for name, value in self.obj.items() if name not in ("kind", "apiVersion")}
            self._body = _encoder.encode(bare)
        return self._body


@dataclass(slots=True, frozen=True)
class Change:
    version: int
    verb: Verb
    resource: str
    key: Key
    entry: Entry
    old: Entry | None

    @property
    def obj(self) -> Obj:
        return self.entry.obj


Listener = Callable[[Change], None]


@dataclass(slots=True)
class _Shelf:
    """The objects of one resource, sorted by key; the log of their changes; who listens."""

    entries: dict[Key, Entry] = field(default_factory=dict[Key, Entry])
    keys: list[Key] = field(default_factory=list[Key])
    log: deque[Change] = field(default_factory=lambda: deque[Change](maxlen=_LOG_LENGTH))
    forgotten: int = 0  # the newest version that fell out of the log
    listeners: list[Listener] = field(default_factory=list[Listener])


class TooOldError(Exception):
    """The log no longer reaches back to that version: HTTP 410 to a client."""


class Store:
    def __init__(self) -> None:
        self.version = 0
        self._shelves: dict[str, _Shelf] = {}
        self._everything: list[Listener] = []

    def _shelf(self, resource: str) -> _Shelf:
        shelf = self._shelves.get(resource)
        if shelf is None:
            shelf = self._shelves[resource] = _Shelf()
        return shelf

    def get(self, resource: str, namespace: str, name: str) -> Obj | None:
        entry = self.entry(resource, (namespace, name))
        return entry.obj if entry else None

    def entry(self, resource: str, key: Key) -> Entry | None:
        shelf = self._shelves.get(resource)
        return shelf.entries.get(key) if shelf else None

    def entries(self, resource: str, namespace: str = "", after: Key | None = None) -> list[Entry]:
        """In the order of their keys, as etcd has them; `after` skips up to and including that key."""
        shelf = self._shelf(resource)
        start, end = 0, len(shelf.keys)
        if namespace:
            start, end = bisect_left(shelf.keys, (namespace, "")), bisect_left(shelf.keys, (namespace + "\0", ""))
        if after is not None:
            start = max(start, bisect_right(shelf.keys, after))
        return [shelf.entries[key] for key in shelf.keys[start:end]]

    def list(self, resource: str, namespace: str = "") -> list[Obj]:
        return [entry.obj for entry in self.entries(resource, namespace)]

    def count(self, resource: str) -> int:
        return len(self._shelf(resource).keys)

    def put(self, resource: str, obj: Obj) -> Obj:
        """Create or replace. The object is taken over: the caller must not touch it afterwards."""
        shelf, key = self._shelf(resource), key_of(obj)
        old = shelf.entries.get(key)
        if old is not None and _same(old.obj, obj):
            return old.obj
        self.version += 1
        obj["metadata"]["resourceVersion"] = str(self.version)
        entry = Entry(obj, self.version)
        shelf.entries[key] = entry
        if old is None:
            insort(shelf.keys, key)
        self._tell(shelf, Change(self.version, "MODIFIED" if old else "ADDED", resource, key, entry, old))
        return obj

    def remove(self, resource: str, key: Key) -> Obj | None:
        shelf = self._shelf(resource)
        old = shelf.entries.pop(key, None)
        if old is None:
            return None
        del shelf.keys[bisect_left(shelf.keys, key)]
        self.version += 1
        # A watcher sees the last state under the version of the deletion.
        last = {**old.obj, "metadata": {**old.obj["metadata"], "resourceVersion": str(self.version)}}
        self._tell(shelf, Change(self.version, "DELETED", resource, key, Entry(last, self.version), old))
        return last

    def _tell(self, shelf: _Shelf, change: Change) -> None:
        if len(shelf.log) == shelf.log.maxlen:
            shelf.forgotten = shelf.log[0].version
        shelf.log.append(change)
        for listener in [*self._everything, *shelf.listeners]:
            listener(change)

    def listen(self, resource: str, listener: Listener) -> Callable[[], None]:
        """Call `listener` on every change of the resource; the result ends that."""
        listeners = self._shelf(resource).listeners
        listeners.append(listener)
        return lambda: listeners.remove(listener)

    def listen_to_all(self, listener: Listener) -> None:
        self._everything.append(listener)

    def since(self, resource: str, version: int) -> list[Change]:
        """The changes after `version`. Raises TooOldError when some of them are forgotten."""
        shelf = self._shelf(resource)
        if version < shelf.forgotten:
            raise TooOldError
        return list(_newer(shelf, version))

    def at_version(self, resource: str, version: int) -> dict[Key, Entry]:
        """The resource as it was at `version`, by undoing the log. Raises TooOldError."""
        if version >= self.version:
            return dict(self._shelf(resource).entries)
        state = dict(self._shelf(resource).entries)
        for change in reversed(self.since(resource, version)):
            if change.old is None:
                state.pop(change.key, None)
            else:
                state[change.key] = change.old
        return state

    def newest(self, resource: str) -> int:
        """The version of the last change to any object of the resource; 0 where there was none."""
        shelf = self._shelf(resource)
        return shelf.log[-1].version if shelf.log else shelf.forgotten

    def resources(self) -> list[str]:
        """The resources of which there are objects."""
        return [resource for resource, shelf in self._shelves.items() if shelf.keys]

    def restore(self, version: int, objects: Mapping[str, Sequence[Obj]]) -> None:
        """Hold these objects with the versions that they carry, and no others. Listeners hear of all that goes and comes."""
        for resource, shelf in self._shelves.items():
            for key in list(shelf.keys):
                self.remove(resource, key)
        for resource, found in objects.items():
            for obj in found:
                self._adopt(resource, obj)
        self.version = version
        self.compact()

    def _adopt(self, resource: str, obj: Obj) -> None:
        shelf, key = self._shelf(resource), key_of(obj)
        entry = Entry(obj, int(obj["metadata"]["resourceVersion"]))
        shelf.entries[key] = entry
        insort(shelf.keys, key)
        self._tell(shelf, Change(entry.version, "ADDED", resource, key, entry, None))

    def compact(self) -> None:
        """Forget the log of changes, as etcd does every five minutes: older watches get 410 Gone."""
        for shelf in self._shelves.values():
            shelf.log.clear()
            shelf.forgotten = self.version


def _newer(shelf: _Shelf, version: int) -> Iterator[Change]:
    index = bisect_right(shelf.log, version, key=lambda change: change.version) if shelf.log else 0
    for position in range(index, len(shelf.log)):
        yield shelf.log[position]


def _same(old: Obj, new: Obj) -> bool:
    if old.keys() != new.keys():
        return False
    for name, value in new.items():
        if name != "metadata" and old[name] != value:
            return False
    return _bare(old["metadata"]) == _bare(new["metadata"])


def _bare(metadata: Obj) -> Obj:
    return {name: value for name, value in metadata.items() if name not in ("resourceVersion", "managedFields")}
