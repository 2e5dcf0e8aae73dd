"""A service of a host that failed is started again; how often is the policy's caps to say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from stead.declare import playbook
from stead.domain.action import ActionRequest
from stead.domain.finding import Finding
from stead.estate.kubernetes.live import text
from stead.playbooks.proposing import request
from stead.ports import Estate


@playbook(checks=("failed_units",), rank=50)
async def restart_failed_unit(findings: Sequence[Finding], estate: Estate, _now: datetime) -> list[ActionRequest]:
    """Fits a service in the state `failed` that is meant to go on running. Proposes `restart_unit`.

    A unit that does its work once (`Type=oneshot`: a backup, a migration) would do it again: that is left to a person. Between two
    restarts of one unit lies the policy's cooldown, which grows, and after two that did not help Stead stops trying.
    """
    proposed: list[ActionRequest] = []
    for finding in sorted(findings, key=lambda f: f.fingerprint):
        if finding.check != "failed_units" or not finding.subject.name.endswith(".service"):
            continue
        subject = replace(finding.subject, uid="")
        live = await estate.read(subject)
        if live is None or text(live, "status", "ActiveState") != "failed" or text(live, "status", "Type") in ("oneshot", ""):
            continue
        line = f"systemctl restart -- {subject.name}"
        reason = "it has failed, and is meant to go on running"
        proposed.append(request("restart_unit", subject, live, finding, proposer="restart_failed_unit", reason=reason, command=line))
    return proposed
