"""An Argo CD application whose sync failed, and that does not try again by itself, is synced once more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from stead.declare import playbook
from stead.domain.action import ActionRequest
from stead.domain.finding import Finding
from stead.estate.kubernetes.live import at, text
from stead.estate.kubernetes.revisions import time_of
from stead.playbooks.proposing import request
from stead.ports import Estate

SETTLED = timedelta(minutes=5)
"""So long after its last operation the controller has given up: its own retries come within three minutes (spec.syncPolicy.retry)."""


@playbook(checks=("custom_resource",), rank=70)
async def sync_failed_application(findings: Sequence[Finding], estate: Estate, now: datetime) -> list[ActionRequest]:
    """Fits an Application with the reason SyncFailed whose last operation ended more than five minutes ago. Proposes `argo_sync`."""
    proposed: list[ActionRequest] = []
    for finding in sorted(findings, key=lambda f: f.fingerprint):
        ours = finding.subject.group == "argoproj.io" and finding.subject.kind == "Application"
        if finding.check != "custom_resource" or not ours or finding.reason != "SyncFailed":
            continue
        subject = replace(finding.subject, uid="")
        live = await estate.read(subject)
        ended = time_of(text(live, "status", "operationState", "finishedAt"))
        if live is None or at(live, "operation") is not None or ended is None or now < ended + SETTLED:
            continue
        line = f"argocd app sync {subject.namespace}/{subject.name}"
        reason = "its last sync failed, and its controller has given up"
        proposed.append(request("argo_sync", subject, live, finding, proposer="sync_failed_application", reason=reason, command=line))
    return proposed
