"""What an event of a pod that cannot start says is missing: the Secret, the ConfigMap, the claim, the driver. Pure.

The words are those of the kubelet and its volume plugins (pkg/volume/secret, pkg/volume/configmap, pkg/volume/csi, pkg/kubelet/kuberuntime)
and of the attach/detach controller. Only names that Kubernetes allows are taken from them: events are anybody's words.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from stead.domain.subject import Subject
from stead.estate.kubernetes.enrich.events import Folded

STUCK = frozenset({"FailedMount", "FailedAttachVolume", "FailedMapVolume", "FailedCreatePodSandBox", "FailedCreatePodContainer"})
"""Reasons (pkg/kubelet/events/event.go) of a pod that its node cannot get going."""

_NAME = r"([a-z0-9](?:[-a-z0-9.]{0,251}[a-z0-9])?)"


@dataclass(frozen=True, slots=True)
class Cause:
    """`words` go into the finding's summary; `subject` is what is missing or at fault, None where it is no object."""

    words: str
    subject: Subject | None = None


_MISSING = (
    (re.compile(rf'\bsecrets? "(?:[a-z0-9-]{{1,63}}/)?{_NAME}" not found'), "Secret", "Secret `{}` does not exist"),
    (re.compile(rf'\bconfigmaps? "(?:[a-z0-9-]{{1,63}}/)?{_NAME}" not found'), "ConfigMap", "ConfigMap `{}` does not exist"),
    (re.compile(rf'\bpersistentvolumeclaims? "{_NAME}" not found'), "PersistentVolumeClaim", "claim `{}` does not exist"),
    (re.compile(rf'\bpersistentvolumes? "{_NAME}" not found'), "PersistentVolume", "volume `{}` does not exist"),
)
_CLUSTER_WIDE = ("PersistentVolume",)
_BEHIND = (
    (
        re.compile(rf"driver name {_NAME} not found in the list of registered CSI drivers"),
        ("storage.k8s.io/v1", "CSIDriver"),
        "CSI driver `{}` is not on its node",
    ),
    (
        re.compile(
            r"MountVolume[\s\S]{1,400}? -t nfs4? [\s\S]{0,200}?([\w.-]{1,253}):/[\s\S]{1,400}?(?:timed out|refused|[Nn]o route to host)"
        ),
        ("stead/v1", "NFSServer"),
        "NFS server `{}` does not answer",
    ),
)
"""What many volumes have in common, and is at fault for all of them: a driver, a server (pkg/volume/csi, mount.nfs)."""

_FAULTS = (
    (re.compile(r"references non-existent secret key: ([\w.-]{1,253})"), "key `{}` is missing in its Secret"),
    (re.compile(r"references non-existent config key: ([\w.-]{1,253})"), "key `{}` is missing in its ConfigMap"),
    (re.compile(rf'Multi-Attach error for volume "{_NAME}"'), "volume `{}` is still attached to another node"),
    (re.compile(rf'AttachVolume\.Attach failed for volume "{_NAME}"'), "volume `{}` cannot be attached"),
    (re.compile(r'plugin type="([\w.-]{1,60})"'), "network plugin `{}` gives it no network"),
    (re.compile(rf'MountVolume\.\w{{1,20}} failed for volume "{_NAME}"'), "volume `{}` cannot be mounted"),
)
"""The most telling first: the first that fits is said."""


def cause_in(events: Iterable[Folded], *, estate: str, namespace: str) -> Cause | None:
    """What the newest event of a stuck pod names as missing or broken; None where no event does, or it does so in unknown words."""
    stuck = [event for event in events if event.reason in STUCK]
    for event in stuck:
        for pattern, kind, words in _MISSING:
            if (found := pattern.search(event.message)) is not None:
                where = "" if kind in _CLUSTER_WIDE else namespace
                subject = Subject(estate=estate, api_version="v1", kind=kind, namespace=where, name=found[1])
                return Cause(words.format(found[1]), subject)
    for event in stuck:
        for pattern, (version, kind), words in _BEHIND:
            if (found := pattern.search(event.message)) is not None:
                return Cause(words.format(found[1]), Subject(estate=estate, api_version=version, kind=kind, name=found[1]))
    for event in stuck:
        for pattern, words in _FAULTS:
            if (found := pattern.search(event.message)) is not None:
                return Cause(words.format(found[1]))
    return None
