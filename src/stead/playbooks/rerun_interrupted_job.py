"""A Job whose pods were taken away, and did not fail by themselves, is run once more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from stead.declare import playbook
from stead.domain.action import ActionRequest
from stead.domain.finding import Finding
from stead.estate.kubernetes.live import condition, controller, kubectl, text
from stead.playbooks.proposing import request
from stead.ports import Estate, Object

_TAKEN = frozenset({"Evicted", "NodeLost", "NodeShutdown", "Terminated", "Preempting", "Shutdown"})
"""Reasons in a pod's status that tell of somebody else's doing (pkg/kubelet/eviction, nodeshutdown, node lifecycle)."""


@playbook(checks=("job_failed",), rank=40)
async def rerun_interrupted_job(findings: Sequence[Finding], estate: Estate, _now: datetime) -> list[ActionRequest]:
    """Fits a failed Job all of whose failed pods were evicted, preempted, or lost with their node.

    Proposes `rerun_job`. A Job whose program ended with an error would end with it again: nothing is proposed.
    """
    proposed: list[ActionRequest] = []
    for finding in sorted(findings, key=lambda f: f.fingerprint):
        if finding.check != "job_failed" or finding.subject.kind != "Job":
            continue
        subject = replace(finding.subject, uid="")
        live = await estate.read(subject)
        if live is None or not await _interrupted(estate, live):
            continue
        reason = "its pods were taken away by the cluster, and did not fail by themselves"
        line = kubectl(subject, "get", "job", subject.name, "-o", "yaml")
        proposed.append(request("rerun_job", subject, live, finding, proposer="rerun_interrupted_job", reason=reason, command=line))
    return proposed


async def _interrupted(estate: Estate, job: Object) -> bool:
    uid = text(job, "metadata", "uid")
    pods = [p for p in await estate.list("v1", "Pod", text(job, "metadata", "namespace")) if text(controller(p), "uid") == uid]
    ended = [p for p in pods if text(p, "status", "phase") == "Failed"]
    return bool(ended) and all(_taken(p) for p in ended)


def _taken(pod: Object) -> bool:
    return text(condition(pod, "DisruptionTarget"), "status") == "True" or text(pod, "status", "reason") in _TAKEN
