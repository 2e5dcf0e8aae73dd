"""A workload that crashes may come right by a restart; nobody knows, so it is a guess."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from stead.declare import playbook
from stead.domain.action import ActionRequest
from stead.domain.finding import Finding
from stead.domain.grouping import causes
from stead.domain.subject import Subject
from stead.estate.kubernetes.live import handle, kubectl, precondition, text
from stead.ports import Estate

_KINDS = ("Deployment", "StatefulSet", "DaemonSet")

_WORTH = {
    "ConfigKeyMissing": "a restart does not bring the missing key back",
    "OOMKilled": "a restart frees the memory, and does not say what filled it",
}
_OTHERWISE = "a restart may clear a bad state, and hides what made it"


@playbook(checks=("container_crash", "container_oom"), rank=200)
async def restart_workload(findings: Sequence[Finding], estate: Estate, _now: datetime) -> list[ActionRequest]:
    """Fits any workload whose containers crash, as a guess that is tried last; not one that only suffers from what is broken elsewhere.

    The default policy has no rule for it, so it is denied, and told with its command.
    """
    first: dict[Subject, Finding] = {}
    explained = causes(findings)
    for finding in sorted(findings, key=lambda f: f.fingerprint):
        top, cause = finding.top, explained[finding.fingerprint]
        if finding.check not in restart_workload.checks or top is None or top.kind not in _KINDS:
            continue
        if cause is None or top.key in cause.keys:
            first.setdefault(replace(top, uid=""), finding)
    proposed = [await _propose(subject, finding, estate) for subject, finding in sorted(first.items())]
    return [request for request in proposed if request is not None]


async def _propose(subject: Subject, finding: Finding, estate: Estate) -> ActionRequest | None:
    live = await estate.read(subject)
    if live is None:
        return None
    return ActionRequest(
        verb="restart_rollout",
        subject=replace(subject, uid=text(live, "metadata", "uid")),
        precondition=precondition(live),
        check=finding.check,
        fingerprint=finding.fingerprint,
        reason=f"a guess: {_WORTH.get(finding.reason, _OTHERWISE)}",
        proposer="restart_workload",
        guess=True,
        command=kubectl(subject, "rollout", "restart", handle(subject)),
    )
