"""A volume that is nearly full gets half as much again, where its storage class can give it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from stead.declare import playbook
from stead.domain.action import ActionRequest
from stead.domain.finding import Finding
from stead.domain.quantities import quantity
from stead.domain.subject import Subject
from stead.estate.kubernetes.live import at, kubectl, text
from stead.playbooks.proposing import request
from stead.ports import Estate


@playbook(checks=("volume_filling",), rank=70)
async def expand_full_volume(findings: Sequence[Finding], estate: Estate, _now: datetime) -> list[ActionRequest]:
    """Fits a claim whose space runs out and whose storage class sets `allowVolumeExpansion`. Proposes `expand_volume` by half.

    Inodes do not come with space in every file system, so a volume that lacks those is left to a person.
    """
    proposed: list[ActionRequest] = []
    for finding in sorted(findings, key=lambda f: f.fingerprint):
        if finding.check != "volume_filling" or finding.reason != "VolumeFull" or finding.subject.kind != "PersistentVolumeClaim":
            continue
        subject = replace(finding.subject, uid="")
        live = await estate.read(subject)
        size = bigger(text(live, "spec", "resources", "requests", "storage"))
        if live is None or not size or not await _can_grow(estate, text(live, "spec", "storageClassName")):
            continue
        patch = f'{{"spec":{{"resources":{{"requests":{{"storage":"{size}"}}}}}}}}'
        proposed.append(
            request(
                "expand_volume",
                subject,
                live,
                finding,
                proposer="expand_full_volume",
                reason=f"it is nearly full, and its storage class can make it {size}",
                parameters={"size": size},
                command=kubectl(subject, "patch", "pvc", subject.name, "-p", patch),
            )
        )
    return proposed


def bigger(size: str) -> str:
    """Half as much again, in whole Gi, or Mi below one; "" for what is no size."""
    has = quantity(size) if size else None
    if has is None or has <= 0:
        return ""
    for suffix, unit in (("Gi", 2**30), ("Mi", 2**20)):
        if has >= unit:
            return f"{math.ceil(has * 3 / 2 / unit)}{suffix}"
    return ""


async def _can_grow(estate: Estate, name: str) -> bool:
    found = await estate.read(Subject(estate=estate.id, api_version="storage.k8s.io/v1", kind="StorageClass", name=name)) if name else None
    return found is not None and at(found, "allowVolumeExpansion") is True
