"""What may keep a pod's volumes from it: claims, volumes, attachments, drivers, and Secrets that nobody reads here."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from dataclasses import dataclass

from stead.domain.evidence import Evidence
from stead.domain.subject import Subject
from stead.estate.kubernetes.slices import CSINode, PersistentVolume, PersistentVolumeClaim, Pod, VolumeAttachment
from stead.estate.kubernetes.view import View, claims_of

MOST = 5


@dataclass(frozen=True, slots=True)
class Held:
    """`words` say what is wrong with a volume, "" where nothing is known to be; `causes` are those whose fault it would be."""

    words: str = ""
    causes: tuple[Subject, ...] = ()


def held(pod: Pod, view: View) -> Held:
    """What keeps the volumes of a pod that has a node: the first that is surely wrong, and all that could be."""
    words, causes = "", list[Subject]()
    for volume in volumes_of(pod, view):
        causes.append(view.subject(volume))
        for attachment in view.all(VolumeAttachment):
            if attachment.spec.source.persistent_volume_name == volume.metadata.name:
                words = words or _attached(pod, volume, attachment)
                causes.append(view.subject(attachment))
        words = words or _driver(pod, volume, view)
    return Held(words, tuple(causes))


def volumes_of(pod: Pod, view: View) -> Iterator[PersistentVolume]:
    """The volumes behind the pod's claims, as far as they are bound and were read."""
    for name in dict.fromkeys(claims_of(pod)):
        claim = view.get(PersistentVolumeClaim, pod.metadata.namespace, name)
        volume = view.get(PersistentVolume, "", claim.spec.volume_name) if claim is not None and claim.spec.volume_name else None
        if volume is not None:
            yield volume


def secrets_seen(pod: Pod) -> tuple[Evidence, ...]:
    """The Secrets that the pod's volumes need, by name: whether they are there is not read."""
    named = [volume.secret for volume in pod.spec.volumes if volume.secret is not None]
    named += [
        source.secret for v in pod.spec.volumes if v.projected is not None for source in v.projected.sources if source.secret is not None
    ]
    names = list(dict.fromkeys(one.secret_name or one.name for one in named if not one.optional and (one.secret_name or one.name)))
    if not names:
        return ()
    command = shlex.join(["kubectl", "-n", pod.metadata.namespace, "get", "secret", *names[:MOST], "-o", "name"])
    return (Evidence(what="Secrets that its volumes need (Stead does not read them)", value=", ".join(names[:MOST]), command=command),)


def _attached(pod: Pod, volume: PersistentVolume, attachment: VolumeAttachment) -> str:
    where = attachment.spec.node_name
    if where == pod.spec.node_name:
        return "" if attachment.status.attached else f"volume {volume.metadata.name} is not attached to its node"
    return f"volume {volume.metadata.name} is still attached to node {where}" if attachment.status.attached else ""


def _driver(pod: Pod, volume: PersistentVolume, view: View) -> str:
    node = view.get(CSINode, "", pod.spec.node_name)
    driver = volume.spec.csi.driver if volume.spec.csi is not None else ""
    if node is None or not driver or any(one.name == driver for one in node.spec.drivers):
        return ""
    return f"CSI driver {driver} is not registered on node {pod.spec.node_name}"
