"""The last good backup of the volumes that an object uses, by what backup systems say of themselves.

Velero (velero.io/v1): `Backup` and `PodVolumeBackup` · VolSync (volsync.backube/v1alpha1): `ReplicationSource` · CloudNativePG
(postgresql.cnpg.io/v1): `Backup` · Longhorn (longhorn.io/v1beta2): `Backup` · CSI (snapshot.storage.k8s.io/v1): `VolumeSnapshot`. Fields
are those of their API references. A schedule says that there should be one and never that there is: only what ended well counts.

Promise: where no such system is served, or one could not be asked and no other has a backup, the answer is *unknown*.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from stead.domain.backup import Backup
from stead.domain.errors import BlindError
from stead.domain.subject import Subject
from stead.estate.kubernetes.live import at, items, number, text, texts
from stead.ports import Estate, Object

_NOBODY = "the cluster has no backup system that Stead reads"
_CLAIM = "PersistentVolumeClaim"


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A volume claim, with what backup systems call it by: its PersistentVolume, its database cluster, the pods that mount it as what."""

    namespace: str
    name: str
    volume: str = ""
    cluster: str = ""
    mounts: frozenset[tuple[str, str]] = frozenset()


Done = tuple[datetime, str]
"""When a backup was complete, and its name for people."""

Read = Callable[[Object, Claim], Done | None]


async def last_backups(estate: Estate, live: Object) -> tuple[Backup, ...]:
    """Of each volume that a live object uses, by name; () for what uses none. BlindError when its claims could not be read."""
    claims = await _claims(estate, live)
    if not claims:
        return ()
    found: list[tuple[Read, Sequence[Object]]] = []
    blind: list[str] = []
    for source in _SOURCES:
        namespace = claims[0].namespace if source.beside else ""
        try:
            found.append((source.read, await estate.list(source.api_version, source.kind, namespace)))
        except BlindError as error:
            if error.reason != "Absent":
                blind.append(f"{source.kind} of {source.api_version} could not be read")
    return tuple(_last(claim, found, blind) for claim in claims)


def _last(claim: Claim, found: Sequence[tuple[Read, Sequence[Object]]], blind: Sequence[str]) -> Backup:
    done = [one for read, objects in found for each in objects if (one := read(each, claim)) is not None]
    of = f"{claim.namespace}/{claim.name}"
    if done:
        when, by = max(done)
        return Backup(of=of, at=when, by=by)
    if blind:
        return Backup(of=of, unknown=blind[0])
    return Backup(of=of) if found else Backup(of=of, unknown=_NOBODY)


async def _claims(estate: Estate, live: Object) -> tuple[Claim, ...]:
    namespace, kind = text(live, "metadata", "namespace"), text(live, "kind")
    if kind == _CLAIM:
        names = {text(live, "metadata", "name")}
    else:
        pod = at(live, "spec") if kind == "Pod" else at(live, "spec", "template", "spec")
        names = {text(volume, "persistentVolumeClaim", "claimName") for volume in items(pod, "volumes")} - {""}
        names |= await _of_templates(estate, live, namespace)
    if not names:
        return ()
    pods = await estate.list("v1", "Pod", namespace)
    return tuple([await _claim(estate, namespace, name, pods) for name in sorted(names)])


async def _of_templates(estate: Estate, live: Object, namespace: str) -> set[str]:
    """The claims that a StatefulSet made: `{template}-{set}-{ordinal}`."""
    templates = [text(one, "metadata", "name") for one in items(live, "spec", "volumeClaimTemplates")]
    if not templates:
        return set()
    made = re.compile(f"({'|'.join(map(re.escape, templates))})-{re.escape(text(live, 'metadata', 'name'))}-[0-9]+")
    return {name for one in await estate.list("v1", _CLAIM, namespace) if made.fullmatch(name := text(one, "metadata", "name"))}


async def _claim(estate: Estate, namespace: str, name: str, pods: Sequence[Object]) -> Claim:
    live = await estate.read(Subject(estate=estate.id, api_version="v1", kind=_CLAIM, name=name, namespace=namespace))
    return Claim(
        namespace=namespace,
        name=name,
        volume=text(live, "spec", "volumeName"),
        cluster=text(live, "metadata", "labels", "cnpg.io/cluster"),
        mounts=frozenset(_mounts(pods, name)),
    )


def _mounts(pods: Iterable[Object], claim: str) -> Iterator[tuple[str, str]]:
    for pod in pods:
        for volume in items(pod, "spec", "volumes"):
            if text(volume, "persistentVolumeClaim", "claimName") == claim:
                yield text(pod, "metadata", "name"), text(volume, "name")


def _velero(backup: Object, claim: Claim) -> Done | None:
    """A whole backup that took snapshots, or files of volumes, of the claim's namespace."""
    spec = at(backup, "spec")
    wanted, left_out = texts(spec, "includedNamespaces"), texts(spec, "excludedNamespaces")
    covered = (not wanted or "*" in wanted or claim.namespace in wanted) and claim.namespace not in left_out
    chosen = at(spec, "labelSelector") or at(spec, "orLabelSelectors") or _leaves_volumes(spec)
    data = at(spec, "defaultVolumesToFsBackup") is True or any(
        number(backup, "status", field) for field in ("volumeSnapshotsCompleted", "csiVolumeSnapshotsCompleted")
    )
    if not covered or chosen or not data or text(backup, "status", "phase") != "Completed":
        return None
    return _done(text(backup, "status", "completionTimestamp"), f"Velero {text(backup, 'metadata', 'name')}")


def _leaves_volumes(spec: Any) -> bool:
    names = {"persistentvolumeclaims", "persistentvolumeclaim", "pvc", "persistentvolumes", "persistentvolume", "pv"}
    included = texts(spec, "includedResources")
    return bool(names & set(texts(spec, "excludedResources"))) or bool(included and "*" not in included and not names & set(included))


def _velero_files(backup: Object, claim: Claim) -> Done | None:
    pod = at(backup, "spec", "pod")
    mount = (text(pod, "name"), text(backup, "spec", "volume"))
    named = text(backup, "metadata", "annotations", "velero.io/pvc-name")
    ours = text(pod, "namespace") == claim.namespace and (named == claim.name or mount in claim.mounts)
    if not ours or text(backup, "status", "phase") != "Completed":
        return None
    return _done(text(backup, "status", "completionTimestamp"), f"Velero {text(backup, 'metadata', 'name')}")


def _volsync(source: Object, claim: Claim) -> Done | None:
    if text(source, "metadata", "namespace") != claim.namespace or text(source, "spec", "sourcePVC") != claim.name:
        return None
    return _done(text(source, "status", "lastSyncTime"), f"VolSync {text(source, 'metadata', 'name')}")


def _cnpg(backup: Object, claim: Claim) -> Done | None:
    ours = text(backup, "metadata", "namespace") == claim.namespace and claim.cluster == text(backup, "spec", "cluster", "name")
    if not ours or not claim.cluster or text(backup, "status", "phase") != "completed":
        return None
    return _done(text(backup, "status", "stoppedAt"), f"CloudNativePG {text(backup, 'metadata', 'name')}")


def _longhorn(backup: Object, claim: Claim) -> Done | None:
    """Longhorn's volume has the name of the PersistentVolume that it serves."""
    if not claim.volume or text(backup, "status", "volumeName") != claim.volume or text(backup, "status", "state") != "Completed":
        return None
    return _done(text(backup, "status", "backupCreatedAt"), f"Longhorn {text(backup, 'metadata', 'name')}")


def _snapshot(snapshot: Object, claim: Claim) -> Done | None:
    ours = text(snapshot, "spec", "source", "persistentVolumeClaimName") == claim.name
    if not ours or text(snapshot, "metadata", "namespace") != claim.namespace or at(snapshot, "status", "readyToUse") is not True:
        return None
    return _done(text(snapshot, "status", "creationTime"), f"VolumeSnapshot {text(snapshot, 'metadata', 'name')}")


def _done(when: str, by: str) -> Done | None:
    try:
        found = datetime.fromisoformat(when)
    except ValueError:
        return None
    return (found, by) if found.tzinfo is not None else None


@dataclass(frozen=True, slots=True)
class _Source:
    """A kind that tells of backups; `beside` says that it lies in the namespace of what it backs up."""

    api_version: str
    kind: str
    read: Read
    beside: bool = True


_SOURCES: tuple[_Source, ...] = (
    _Source("velero.io/v1", "Backup", _velero, beside=False),
    _Source("velero.io/v1", "PodVolumeBackup", _velero_files, beside=False),
    _Source("volsync.backube/v1alpha1", "ReplicationSource", _volsync),
    _Source("postgresql.cnpg.io/v1", "Backup", _cnpg),
    _Source("longhorn.io/v1beta2", "Backup", _longhorn, beside=False),
    _Source("snapshot.storage.k8s.io/v1", "VolumeSnapshot", _snapshot),
)
