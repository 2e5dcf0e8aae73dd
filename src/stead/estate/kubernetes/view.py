"""The live picture of a cluster: what was read last, and how one object leads to another.

Promise: `knows` tells what was read from what was not, so that nothing is called missing only because nobody looked.
Pure memory: no I/O, no time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import TypeVar, cast

import msgspec

from stead.domain.evidence import Evidence
from stead.domain.finding import Finding, Severity
from stead.domain.subject import Subject
from stead.estate.kubernetes.kinds import kind_named, kind_of
from stead.estate.kubernetes.labels import labels_about
from stead.estate.kubernetes.slices import (
    Custom,
    DaemonSet,
    Deployment,
    EndpointSlice,
    Job,
    Namespace,
    Object,
    OwnerReference,
    PersistentVolumeClaim,
    Pod,
    ReplicaSet,
    StatefulSet,
)

T = TypeVar("T", bound=Object)
D = TypeVar("D")
ObjectKey = tuple[type[Object], str, str]
"""(slice, namespace, name): one object in the view. Cluster-wide objects have the namespace ""."""

TEMPLATE_HASH = "pod-template-hash"
"""The label that the Deployment controller puts on its ReplicaSets and their pods: a ReplicaSet is called `{deployment}-{hash}`."""

_LABELLED: tuple[type[Object], ...] = (Pod, EndpointSlice)
_OWNED: tuple[type[Object], ...] = (Pod, ReplicaSet, Job, Deployment, StatefulSet, DaemonSet, PersistentVolumeClaim)
_HOPS = 4

_Named = dict[str, Object]


class View:
    """Objects by kind, namespace and name, with indexes by label, owner and claim."""

    def __init__(self, estate_id: str) -> None:
        self.estate_id = estate_id
        self._objects: dict[type[Object], dict[str, _Named]] = {}
        self._by_label: dict[tuple[type[Object], str, str, str], _Named] = {}
        self._by_owner: dict[tuple[type[Object], str, str, str], _Named] = {}
        self._by_claim: dict[tuple[str, str], _Named] = {}
        self._known: set[type[Object]] = set()
        self._tops: dict[tuple[str, OwnerReference], Subject] = {}
        self._labels: dict[tuple[Subject | None, frozenset[tuple[str, str]]], tuple[tuple[str, str], ...]] = {}
        self._derived: dict[tuple[type[Object], object], object] = {}

    # What is there

    def mark_known(self, struct: type[Object]) -> None:
        """Say that this kind was read completely: what is not in the view does not exist."""
        self._known.add(struct)

    def mark_unknown(self, struct: type[Object]) -> None:
        """Say that this kind is no longer being read: absence proves nothing."""
        self._known.discard(struct)

    def structs(self) -> list[type[Object]]:
        """The kinds of which there are objects, as slices, by their names."""
        return sorted(self._objects, key=lambda struct: struct.__name__)

    def knows(self, struct: type[Object]) -> bool:
        return struct in self._known

    def put(self, obj: Object) -> bool:
        """Take `obj` in, in place of an older one. Returns whether anything that is read has changed.

        A kubelet's heartbeat or a leader's lease changes only the resourceVersion: nothing need be checked again.
        """
        meta = obj.metadata
        if not isinstance(obj, Pod):
            self._forget_around_pods()
        named = self._objects.setdefault(type(obj), {}).setdefault(meta.namespace, {})
        before = named.get(meta.name)
        if before is not None:
            self._unindex(before)
        named[meta.name] = obj
        self._index(obj)
        changed = before is None or _without_version(before) != _without_version(obj)
        if changed:
            self._forget_derived(type(obj))
        return changed

    def drop(self, struct: type[Object], namespace: str, name: str) -> bool:
        """Forget an object. Returns whether it was there."""
        namespaces = self._objects.get(struct, {})
        named = namespaces.get(namespace, {})
        before = named.pop(name, None)
        if before is None:
            return False
        if struct is not Pod:
            self._forget_around_pods()
        self._unindex(before)
        self._forget_derived(struct)
        if not named:
            del namespaces[namespace]
        return True

    def get(self, struct: type[T], namespace: str, name: str) -> T | None:
        return cast("T | None", self._objects.get(struct, {}).get(namespace, {}).get(name))

    def all(self, struct: type[T], namespace: str | None = None) -> Sequence[T]:
        """Every object of a kind (of all custom kinds for `Custom`), or those of one namespace, in no promised order."""
        if struct is Custom:
            return [one for kind in self.custom() for one in cast("Sequence[T]", self.all(kind, namespace))]
        namespaces = self._objects.get(struct, {})
        if namespace is not None:
            return cast("Sequence[T]", list(namespaces.get(namespace, {}).values()))
        return cast("Sequence[T]", [obj for named in namespaces.values() for obj in named.values()])

    def custom(self) -> Sequence[type[Custom]]:
        """The custom kinds of which there are objects."""
        return [struct for struct in self._objects if issubclass(struct, Custom)]

    def known_custom(self) -> Sequence[type[Custom]]:
        """The custom kinds that were read completely, with or without objects."""
        return [struct for struct in self._known if struct is not Custom and issubclass(struct, Custom)]

    def derived(self, struct: type[T], key: object, make: Callable[[Sequence[T]], D]) -> D:
        """What `make` makes of all objects of a kind, made once and kept until one of them changes."""
        place = (struct, key)
        if place not in self._derived:
            self._derived[place] = make(self.all(struct))
        return cast("D", self._derived[place])

    def missing(self, struct: type[Object], namespace: str, name: str) -> bool:
        """Whether that object surely does not exist: its kind was read, and it was not among them."""
        return self.knows(struct) and self.get(struct, namespace, name) is None

    def counts(self) -> dict[str, int]:
        """How many objects of each kind there are, by the kind's name."""
        found = {_shown(struct): sum(map(len, spaces.values())) for struct, spaces in self._objects.items()}
        return {_shown(struct): 0 for struct in self._known if not issubclass(struct, Custom)} | found

    def namespaces(self) -> list[str]:
        """Names of the namespaces that are there, by themselves or by what is in them."""
        inside = {namespace for spaces in self._objects.values() for namespace in spaces if namespace}
        return sorted(inside | {one.metadata.name for one in self.all(Namespace)})

    # How one leads to another

    def selected(self, struct: type[T], namespace: str, selector: Mapping[str, str]) -> Sequence[T]:
        """Objects of a namespace with all these labels (an empty selector selects nothing), by name. Only for pods and slices."""
        return sorted(self.selecting(struct, namespace, selector), key=lambda obj: obj.metadata.name)

    def selecting(self, struct: type[T], namespace: str, selector: Mapping[str, str]) -> Iterator[T]:
        """The same one by one and in no promised order, for whoever needs only some of a thousand."""
        sets = [self._by_label.get((struct, namespace, key, value), {}) for key, value in selector.items()]
        if sets:
            first, *others = sorted(sets, key=len)
            yield from (cast("T", obj) for name, obj in first.items() if all(name in other for other in others))

    def owned(self, struct: type[T], owner: Object) -> Sequence[T]:
        """Pods, workloads, Jobs, claims or custom resources whose controller is `owner`, by name."""
        meta = owner.metadata
        return self.owned_by(struct, meta.namespace, kind_of(type(owner)).kind, meta.name)

    def owned_by(self, struct: type[T], namespace: str, kind: str, name: str) -> Sequence[T]:
        """The same, for an owner that is known by its name alone."""
        found = self._by_owner.get((struct, namespace, kind, name), {})
        return cast("Sequence[T]", [found[child] for child in sorted(found)])

    def users_of_claim(self, claim: PersistentVolumeClaim) -> Sequence[Pod]:
        """Pods that mount the claim, by name."""
        found = self._by_claim.get((claim.metadata.namespace, claim.metadata.name), {})
        return cast("Sequence[Pod]", [found[name] for name in sorted(found)])

    def subject(self, obj: Object) -> Subject:
        kind, meta = kind_of(type(obj)), obj.metadata
        return Subject(
            estate=self.estate_id, api_version=kind.api_version, kind=kind.kind, namespace=meta.namespace, name=meta.name, uid=meta.uid
        )

    def named(self, struct: type[Object], namespace: str, name: str) -> Subject:
        """The subject of that name, whether or not it exists."""
        obj = self.get(struct, namespace, name)
        if obj is not None:
            return self.subject(obj)
        kind = kind_of(struct)
        return Subject(estate=self.estate_id, api_version=kind.api_version, kind=kind.kind, namespace=namespace, name=name)

    def top(self, obj: Object) -> Subject | None:
        """The controller that a person thinks of: Pod → ReplicaSet → Deployment, Job → CronJob. None for what nobody controls.

        Only pods, ReplicaSets and Jobs are led upwards: a workload that an operator owns is itself what a person thinks of.
        """
        owner = controller_of(obj) if isinstance(obj, Pod) else None
        if owner is None or owner.kind != "ReplicaSet":
            return self._climb(obj)
        # The hundred pods of a ReplicaSet have one top; it is remembered until anything but a pod changes.
        place = (obj.metadata.namespace, owner)
        found = self._tops.get(place)
        if found is None:
            found = self._climb(obj)
            if found is not None and self.get(ReplicaSet, obj.metadata.namespace, owner.name) is not None:
                self._tops[place] = found
        return found

    def _climb(self, obj: Object) -> Subject | None:
        found: Subject | None = None
        for _ in range(_HOPS):
            owner = controller_of(obj) if isinstance(obj, (Pod, ReplicaSet, Job)) else None
            if owner is None or owner.kind == "Node":  # a static pod's mirror belongs to its node, which is no workload
                return found
            kind = kind_named(owner.api_version, owner.kind)
            parent = self.get(kind.struct, obj.metadata.namespace, owner.name) if kind else None
            if parent is None:
                return self._beyond(obj, owner)
            obj, found = parent, self.subject(parent)
        return found

    def finding(
        self,
        obj: Object,
        *,
        reason: str,
        summary: str,
        severity: Severity = Severity.WARNING,
        container: str = "",
        evidence: Iterable[Evidence] = (),
        depends_on: Iterable[Subject] = (),
        blames: Subject | None = None,
        since: datetime | None = None,
    ) -> Finding:
        """A finding about `obj`. The runner fills in which check says so."""
        top = self.top(obj)
        return Finding(
            check="",
            subject=self.subject(obj),
            top=top,
            labels=self._labels_about(obj, top),
            reason=reason,
            summary=summary,
            severity=severity,
            container=container,
            evidence=tuple(evidence),
            depends_on=tuple(dict.fromkeys(depends_on)),
            blames=blames,
            since=_telling(since),
        )

    def _beyond(self, obj: Object, owner: OwnerReference) -> Subject:
        """The owner that is not in the view; for a ReplicaSet that is not there, the Deployment that its name tells of."""
        api_version, kind, name = owner.api_version, owner.kind, owner.name
        template = obj.metadata.labels.get(TEMPLATE_HASH, "")
        if kind == "ReplicaSet" and template and name.endswith(f"-{template}"):
            kind, name = "Deployment", name.removesuffix(f"-{template}")
        return Subject(estate=self.estate_id, api_version=api_version, kind=kind, namespace=obj.metadata.namespace, name=name)

    def _labels_about(self, obj: Object, top: Subject | None) -> tuple[tuple[str, str], ...]:
        """As `labels_about`; what the pods of one workload share is put together once."""
        if top is None or not isinstance(obj, Pod):
            return labels_about(self, obj, top)
        place = (top, frozenset(obj.metadata.labels.items()))
        found = self._labels.get(place)
        if found is None:
            found = self._labels[place] = labels_about(self, obj, top)
        return found

    def _forget_around_pods(self) -> None:
        """What is remembered of the owners and namespaces of pods holds until anything but a pod changes."""
        self._tops.clear()
        self._labels.clear()

    def _forget_derived(self, struct: type[Object]) -> None:
        if self._derived:
            self._derived = {place: made for place, made in self._derived.items() if place[0] is not struct}

    def _index(self, obj: Object) -> None:
        for index, key in self._places(obj):
            index.setdefault(key, {})[obj.metadata.name] = obj

    def _unindex(self, obj: Object) -> None:
        for index, key in self._places(obj):
            named = index[key]
            named.pop(obj.metadata.name, None)
            if not named:
                del index[key]

    def _places(self, obj: Object) -> Iterable[tuple[dict[tuple[object, ...], _Named], tuple[object, ...]]]:
        struct, meta = type(obj), obj.metadata
        if struct in _LABELLED:
            for key, value in meta.labels.items():
                yield cast("dict[tuple[object, ...], _Named]", self._by_label), (struct, meta.namespace, key, value)
        if (struct in _OWNED or issubclass(struct, Custom)) and (owner := controller_of(obj)) is not None:
            yield cast("dict[tuple[object, ...], _Named]", self._by_owner), (struct, meta.namespace, owner.kind, owner.name)
        if isinstance(obj, Pod):
            for claim in set(claims_of(obj)):
                yield cast("dict[tuple[object, ...], _Named]", self._by_claim), (meta.namespace, claim)


def _shown(struct: type[Object]) -> str:
    """A kind's name; with its group for a custom one, for there are many a Cluster and a Backup."""
    kind = kind_of(struct)
    return f"{kind.kind}.{kind.group}" if kind.custom else kind.kind


def _telling(since: datetime | None) -> datetime | None:
    """In UTC; None for a time at the end of time that UTC has no words for."""
    try:
        return None if since is None else since.astimezone(UTC)
    except OverflowError:
        return None


def controller_of(obj: Object) -> OwnerReference | None:
    """The one owner that manages the object (`controller: true`); None where there is none."""
    for owner in obj.metadata.owner_references:  # a loop, as it is asked of each pod several times
        if owner.controller and owner.name:
            return owner
    return None


def claims_of(pod: Pod) -> Iterable[str]:
    """Names of the claims that a pod mounts, those of its ephemeral volumes included."""
    for volume in pod.spec.volumes:
        if volume.persistent_volume_claim is not None and volume.persistent_volume_claim.claim_name:
            yield volume.persistent_volume_claim.claim_name
        elif volume.ephemeral is not None:
            yield f"{pod.metadata.name}-{volume.name}"


def _without_version(obj: Object) -> Object:
    return msgspec.structs.replace(obj, metadata=msgspec.structs.replace(obj.metadata, resource_version=""))
