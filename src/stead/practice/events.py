"""The recorder of Events: repeated ones are counted on one object, and each is forgotten an hour after its last sight.

Sources: `k8s.io/client-go/tools/record/events_cache.go` (aggregation key), kube-apiserver `--event-ttl=1h`.
"""

from __future__ import annotations

from datetime import timedelta

from stead.practice import timestamps
from stead.practice.engine import Engine
from stead.practice.names import Names
from stead.practice.objects import Key, Obj, clone, inside, name_of, namespace_of, uid_of
from stead.practice.store import Store

TTL = timedelta(hours=1)


class Recorder:
    name = "event-ttl"

    def __init__(self, engine: Engine, store: Store, names: Names) -> None:
        self._engine = engine
        self._store = store
        self._names = names
        self._known: dict[tuple[str, ...], Key] = {}

    def normal(self, obj: Obj, source: str, reason: str, message: str, *, host: str = "", container: str = "") -> None:
        self._record("Normal", obj, source, reason, message, host, container)

    def warning(self, obj: Obj, source: str, reason: str, message: str, *, host: str = "", container: str = "") -> None:
        self._record("Warning", obj, source, reason, message, host, container)

    def series(self, obj: Obj, kind: str, source: str, action: str, reason: str, message: str) -> None:
        """As the scheduler writes events, through `events.k8s.io/v1`: one time, no count; repetitions become a series."""
        alike = (kind, uid_of(obj), source, reason, message, "", "")
        key = self._known.get(alike)
        old = self._store.get("events", *key) if key else None
        now = timestamps.micros(self._engine.now())
        if old is not None:
            event = clone(old)
            event["series"] = {"count": (old.get("series") or {"count": 1})["count"] + 1, "lastObservedTime": now}
        else:
            event = self._first(kind, obj, source, reason, message, source, "")
            del event["count"]
            event |= {"source": {}, "firstTimestamp": None, "lastTimestamp": None, "eventTime": now, "action": action}
        self._keep(alike, event, new=old is None)

    def _record(self, kind: str, obj: Obj, source: str, reason: str, message: str, host: str, container: str) -> None:
        alike = (kind, uid_of(obj), source, reason, message, host, container)
        key = self._known.get(alike)
        old = self._store.get("events", *key) if key else None
        event = self._again(old) if old else self._first(kind, obj, source, reason, message, host, container)
        self._keep(alike, event, new=old is None)

    def _keep(self, alike: tuple[str, ...], event: Obj, *, new: bool) -> None:
        stored = self._store.put("events", event)
        place = (namespace_of(stored), name_of(stored))
        self._known[alike] = place
        if new:
            self._engine.after(TTL, self, place)

    def _again(self, old: Obj) -> Obj:
        event = clone(old)
        event["count"] = old.get("count", 1) + 1
        event["lastTimestamp"] = timestamps.seconds(self._engine.now())
        return event

    def _first(self, kind: str, obj: Obj, source: str, reason: str, message: str, host: str, container: str) -> Obj:
        now = timestamps.seconds(self._engine.now())
        namespace = namespace_of(obj) or "default"  # events about cluster-scoped objects live in `default`
        name = f"{name_of(obj)}.{self._names.hex(16, 'event', namespace, name_of(obj))}"
        return {
            "kind": "Event",
            "apiVersion": "v1",
            "metadata": {
                "name": name,
                "namespace": namespace,
                "uid": self._names.uid("event", name),
                "creationTimestamp": now,
            },
            "involvedObject": _reference(obj, container),
            "reason": reason,
            "message": message,
            "source": {"component": source, **({"host": host} if host else {})},
            "firstTimestamp": now,
            "lastTimestamp": now,
            "count": 1,
            "type": kind,
            "eventTime": None,
            "reportingComponent": source,
            "reportingInstance": host,
        }

    def reconcile(self, key: Key) -> None:
        """Forget the event if it is old enough, else come back when it will be."""
        event = self._store.get("events", *key)
        if event is None:
            return
        again = inside(event, "series").get("lastObservedTime")
        last = again or event.get("lastTimestamp") or event["metadata"]["creationTimestamp"]
        end = timestamps.parse(last) + TTL
        if end <= self._engine.now():
            self._store.remove("events", key)
            self._known = {alike: place for alike, place in self._known.items() if place != key}
        else:
            self._engine.at(end, self, key)


def _reference(obj: Obj, container: str) -> Obj:
    reference: Obj = {"kind": obj["kind"]}
    if namespace_of(obj):
        reference["namespace"] = namespace_of(obj)
    reference |= {
        "name": name_of(obj),
        "uid": uid_of(obj),
        "apiVersion": obj["apiVersion"],
        "resourceVersion": obj["metadata"].get("resourceVersion", ""),
    }
    if container:
        reference["fieldPath"] = f"spec.containers{{{container}}}"
    return reference
