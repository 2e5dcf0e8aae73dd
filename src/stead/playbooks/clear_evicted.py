"""What evicted pods have left behind is cleared away once their workload has moved on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from stead.declare import playbook
from stead.domain.action import ActionRequest
from stead.domain.finding import Finding
from stead.domain.subject import Subject
from stead.estate.kubernetes.live import kubectl, text
from stead.playbooks.proposing import request
from stead.ports import Estate

_KINDS = ("Deployment", "ReplicaSet", "StatefulSet", "DaemonSet")


@playbook(checks=("pod_leftover",), rank=90)
async def clear_evicted(findings: Sequence[Finding], estate: Estate, _now: datetime) -> list[ActionRequest]:
    """Fits evicted pods that are kept as Failed though their workload has others in their place. Proposes `clear_evicted_pods`.

    Pods that were put out for another reason are left: what they say may still be wanted.
    """
    proposed: list[ActionRequest] = []
    seen: set[Subject] = set()
    for finding in sorted(findings, key=lambda f: f.fingerprint):
        top = finding.top
        if finding.check != "pod_leftover" or top is None or top.kind not in _KINDS or replace(top, uid="") in seen:
            continue
        names = finding.instances or (finding.subject.name,)
        pods = [await estate.read(replace(finding.subject, name=name, uid="")) for name in names]
        subject, live = replace(top, uid=""), await estate.read(replace(top, uid=""))
        if live is None or not any(p is not None and text(p, "status", "reason") == "Evicted" for p in pods):
            continue
        seen.add(subject)
        line = kubectl(subject, "delete", "pod", *names)
        reason = "its evicted pods have ended, and others run in their place"
        proposed.append(request("clear_evicted_pods", subject, live, finding, proposer="clear_evicted", reason=reason, command=line))
    return proposed
