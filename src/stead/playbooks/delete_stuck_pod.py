"""A pod that stays Terminating because its node is gone is deleted without its node's word."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from stead.declare import playbook
from stead.domain.action import ActionRequest
from stead.domain.finding import Finding
from stead.domain.subject import Subject
from stead.estate.kubernetes.live import kubectl, precondition, text
from stead.estate.kubernetes.pods import finalizers, is_terminating, lasting_volumes, node_is_gone
from stead.ports import Estate, Object


@playbook(checks=("pod_stuck_terminating",), rank=10)
async def delete_stuck_pod(findings: Sequence[Finding], estate: Estate, _now: datetime) -> list[ActionRequest]:
    """Fits pods that are stuck Terminating and whose Node object does not exist: no kubelet is left to say that they stopped.

    Proposes `delete_pod` for each. The verb refuses a pod with storage that outlives it, and one that a finalizer holds, and says why.
    """
    fitting = [f for f in findings if f.check == "pod_stuck_terminating" and f.reason == "NodeGone"]
    asked: dict[Subject, ActionRequest] = {}
    for finding in fitting:
        for name in finding.instances or (finding.subject.name,):
            subject = replace(finding.subject, name=name, uid="")
            pod = await estate.read(subject)
            if subject not in asked and pod is not None and is_terminating(pod) and await node_is_gone(estate, pod):
                asked[subject] = _request(finding, subject, pod)
    return [asked[subject] for subject in sorted(asked)]


def _request(finding: Finding, subject: Subject, pod: Object) -> ActionRequest:
    forcible = not lasting_volumes(pod) and not finalizers(pod)
    return ActionRequest(
        verb="delete_pod",
        subject=replace(subject, uid=text(pod, "metadata", "uid")),
        precondition=precondition(pod),
        check=finding.check,
        fingerprint=finding.fingerprint,
        reason=f"its node {text(pod, 'spec', 'nodeName')} is gone, so nothing else will ever end it",
        proposer="delete_stuck_pod",
        # Where it would not be safe, no line to paste is offered either.
        command=kubectl(subject, "delete", "pod", subject.name, "--grace-period=0", "--force") if forcible else "",
    )
