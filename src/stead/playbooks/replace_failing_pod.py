"""A pod that alone fails, while the same program started later elsewhere and is well, is replaced."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from stead.declare import playbook
from stead.domain.action import ActionRequest
from stead.domain.finding import Finding
from stead.estate.kubernetes.live import at, controller, kubectl, text
from stead.estate.kubernetes.pods import is_ready, is_terminating
from stead.estate.kubernetes.revisions import time_of
from stead.playbooks.proposing import request
from stead.ports import Estate, Object

_HASHES = ("pod-template-hash", "controller-revision-hash")


@playbook(checks=("container_crash", "pod_not_ready"), rank=60)
async def replace_failing_pod(findings: Sequence[Finding], estate: Estate, _now: datetime) -> list[ActionRequest]:
    """Fits one pod that fails while another of the same controller and revision, on another node, was started after it and is ready.

    The same program with the same configuration works, then: what is wrong is this pod's own. Proposes `evict_pod`. Where no sibling was
    started since, the program may read a setting that has changed, and nothing is proposed.
    """
    proposed: list[ActionRequest] = []
    for finding in sorted(findings, key=lambda f: f.fingerprint):
        names = finding.instances or (finding.subject.name,)
        if finding.check not in replace_failing_pod.checks or finding.subject.kind != "Pod" or len(names) != 1:
            continue
        subject = replace(finding.subject, name=names[0], uid="")
        pod = await estate.read(subject)
        if pod is None or is_terminating(pod) or is_ready(pod) or not await _works_elsewhere(estate, pod):
            continue
        reason = "another pod of the same revision was started after it and is well, so this pod's own state is at fault"
        line = kubectl(subject, "delete", "pod", subject.name)
        proposed.append(request("evict_pod", subject, pod, finding, proposer="replace_failing_pod", reason=reason, command=line))
    return proposed


async def _works_elsewhere(estate: Estate, pod: Object) -> bool:
    made = time_of(text(pod, "metadata", "creationTimestamp"))
    owner, node = text(controller(pod), "uid"), text(pod, "spec", "nodeName")
    if not owner or made is None:
        return False
    for other in await estate.list("v1", "Pod", text(pod, "metadata", "namespace")):
        started = time_of(text(other, "metadata", "creationTimestamp"))
        kin = text(controller(other), "uid") == owner and _revision(other) == _revision(pod)
        if kin and is_ready(other) and started is not None and started > made and text(other, "spec", "nodeName") != node:
            return True
    return False


def _revision(pod: Object) -> str:
    labels = at(pod, "metadata", "labels")
    return next((text(labels, name) for name in _HASHES if text(labels, name)), "")
