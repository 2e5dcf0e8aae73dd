"""When the volumes of an object were last backed up, by what backup systems say; unknown is unknown, and what failed does not count."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from stead.clocks import SteppedClock
from stead.domain.backup import Backup
from stead.domain.errors import BlindError
from stead.domain.subject import Subject
from stead.estate.kubernetes.backups import last_backups
from stead.ports import Object
from stead.testing.scripted import ScriptedEstate

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
DAY = timedelta(hours=26)


class Cluster(ScriptedEstate):
    """Serves the kinds that it was given, and cannot read those whose objects are None."""

    def __init__(self, clock: SteppedClock, **served: Sequence[Object] | None) -> None:
        super().__init__("home", clock)
        claim = {"spec": {"volumeName": "pv-7"}, "metadata": {"name": "data-db-0", "labels": {"cnpg.io/cluster": "db"}}}
        volume = {"name": "data", "persistentVolumeClaim": {"claimName": "data-db-0"}}
        pod = {"kind": "Pod", "metadata": {"name": "db-0", "namespace": "shop"}, "spec": {"volumes": [volume]}}
        self._served: dict[str, Sequence[Object] | None] = {"Pod": [pod], "PersistentVolumeClaim": [claim], **served}

    async def list(self, api_version: str, kind: str, namespace: str = "", labels: Mapping[str, str] | None = None) -> Sequence[Object]:
        group = api_version.partition("/")[0]
        for name in (kind, f"{group.partition('.')[0]}{kind}"):
            if name in self._served:
                found = self._served[name]
                if found is None:
                    raise BlindError("forbidden", reason="Forbidden")
                return found
        raise BlindError(f"no kind {kind}", reason="Absent")

    async def read(self, subject: Subject) -> Object | None:
        found = self._served.get(subject.kind) or ()
        return next((one for one in found if one["metadata"]["name"] == subject.name), None)


POD: Object = {
    "kind": "Pod",
    "metadata": {"name": "db-0", "namespace": "shop"},
    "spec": {"volumes": [{"name": "data", "persistentVolumeClaim": {"claimName": "data-db-0"}}]},
}
SET: Object = {
    "kind": "StatefulSet",
    "metadata": {"name": "db", "namespace": "shop"},
    "spec": {"template": {"spec": {}}, "volumeClaimTemplates": [{"metadata": {"name": "data"}}]},
}
DONE = "2026-03-01T03:00:00Z"


def velero(phase: str = "Completed", snapshots: int = 1, **spec: Any) -> Object:
    status = {"phase": phase, "completionTimestamp": DONE, "csiVolumeSnapshotsCompleted": snapshots}
    return {"metadata": {"name": "nightly", "namespace": "velero"}, "spec": spec, "status": status}


def beside(name: str, spec: Any, status: Any) -> Object:
    return {"metadata": {"name": name, "namespace": "shop"}, "spec": spec, "status": status}


FILES = {"pod": {"name": "db-0", "namespace": "shop"}, "volume": "data"}
SNAPSHOT = {"source": {"persistentVolumeClaimName": "data-db-0"}}


@pytest.mark.parametrize("live", [POD, SET, {"kind": "PersistentVolumeClaim", "metadata": {"name": "data-db-0", "namespace": "shop"}}])
@pytest.mark.parametrize(
    ("kind", "told", "by"),
    [
        ("veleroBackup", velero(), "Velero nightly"),
        ("veleroBackup", velero(includedNamespaces=["shop"]), "Velero nightly"),
        ("veleroBackup", velero(snapshots=0, defaultVolumesToFsBackup=True), "Velero nightly"),
        ("veleroBackup", velero(snapshots=0), ""),
        ("veleroBackup", velero(phase="PartiallyFailed"), ""),
        ("veleroBackup", velero(includedNamespaces=["other"]), ""),
        ("veleroBackup", velero(excludedNamespaces=["shop"]), ""),
        ("veleroBackup", velero(labelSelector={"matchLabels": {"app": "web"}}), ""),
        ("veleroBackup", velero(excludedResources=["persistentvolumeclaims"]), ""),
        ("PodVolumeBackup", beside("f", FILES, {"phase": "Completed", "completionTimestamp": DONE}), "Velero f"),
        ("PodVolumeBackup", beside("f", {**FILES, "volume": "tmp"}, {"phase": "Completed", "completionTimestamp": DONE}), ""),
        ("ReplicationSource", beside("src", {"sourcePVC": "data-db-0"}, {"lastSyncTime": DONE}), "VolSync src"),
        ("ReplicationSource", beside("src", {"sourcePVC": "other"}, {"lastSyncTime": DONE}), ""),
        ("ReplicationSource", beside("src", {"sourcePVC": "data-db-0"}, {}), ""),
        ("postgresqlBackup", beside("b", {"cluster": {"name": "db"}}, {"phase": "completed", "stoppedAt": DONE}), "CloudNativePG b"),
        ("postgresqlBackup", beside("b", {"cluster": {"name": "db"}}, {"phase": "failed", "stoppedAt": DONE}), ""),
        (
            "longhornBackup",
            beside("l", {}, {"volumeName": "pv-7", "state": "Completed", "backupCreatedAt": DONE}),
            "Longhorn l",
        ),
        ("longhornBackup", beside("l", {}, {"volumeName": "pv-8", "state": "Completed", "backupCreatedAt": DONE}), ""),
        ("VolumeSnapshot", beside("s", SNAPSHOT, {"readyToUse": True, "creationTime": DONE}), "VolumeSnapshot s"),
        ("VolumeSnapshot", beside("s", SNAPSHOT, {"readyToUse": False, "creationTime": DONE}), ""),
        ("VolumeSnapshot", beside("s", SNAPSHOT, {"readyToUse": True, "creationTime": "soon"}), ""),
    ],
)
async def test_what_tells_a_last_backup(live: Object, kind: str, told: Object, by: str, clock: SteppedClock) -> None:
    (found,) = await last_backups(Cluster(clock, **{kind: [told]}), live)
    assert (found.of, found.by, found.unknown) == ("shop/data-db-0", by, "")
    assert found.at == (datetime.fromisoformat(DONE) if by else None)


async def test_the_newest_counts_and_what_nobody_can_say_is_unknown(clock: SteppedClock) -> None:
    sync = beside("src", {"sourcePVC": "data-db-0"}, {"lastSyncTime": "2026-03-01T11:00:00Z"})
    (newest,) = await last_backups(Cluster(clock, veleroBackup=[velero()], ReplicationSource=[sync], VolumeSnapshot=None), POD)
    assert newest.line(NOW, DAY) == "Last backup of the volume shop/data-db-0: 60 min ago (VolSync src)."

    (nobody,) = await last_backups(Cluster(clock), POD)
    assert nobody.line(NOW, DAY).endswith("unknown, the cluster has no backup system that Stead reads.")
    (blind,) = await last_backups(Cluster(clock, veleroBackup=[], VolumeSnapshot=None), POD)
    assert "unknown, VolumeSnapshot of snapshot.storage.k8s.io/v1 could not be read" in blind.line(NOW, DAY)
    assert nobody.lacks(NOW, DAY) == blind.lacks(NOW, DAY) == ""
    assert await last_backups(Cluster(clock), {"kind": "Pod", "metadata": {"name": "web", "namespace": "shop"}, "spec": {}}) == ()


def test_too_old_and_none_want_a_person() -> None:
    old = Backup(of="shop/data", at=NOW - timedelta(days=9), by="Velero nightly")
    assert old.lacks(NOW, DAY) == "the last backup of the volume shop/data is 9 days old"
    assert (
        old.line(NOW, DAY) == "Last backup of the volume shop/data: 9 days ago (Velero nightly), older than the 26 h that the policy wants."
    )
    assert Backup(of="shop/data").lacks(NOW, DAY) == "the volume shop/data has no backup that Stead can find"
    assert Backup(of="shop/data", at=NOW, by="x").lacks(NOW, DAY) == ""
