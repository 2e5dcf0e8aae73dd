"""A container of Docker or Podman that failed, or fails its health check, is restarted."""

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

_FITTING = ("ContainerUnhealthy", "ContainerFailed")


@playbook(checks=("engine_containers",), rank=50)
async def restart_failed_container(findings: Sequence[Finding], estate: Estate, _now: datetime) -> list[ActionRequest]:
    """Fits a container that is unhealthy, or that ended with an error though it should run. Proposes `restart_container`.

    One that its engine restarts again and again is left: another start would end like the last one.
    """
    proposed: list[ActionRequest] = []
    for finding in sorted(findings, key=lambda f: f.fingerprint):
        if finding.check != "engine_containers" or finding.reason not in _FITTING:
            continue
        subject = replace(finding.subject, uid="")
        live = await estate.read(subject)
        if live is None:
            continue
        line = f"{text(live, 'status', 'Engine')} restart -- {subject.name}"
        reason = "it is unhealthy" if finding.reason == "ContainerUnhealthy" else "it has failed, and is meant to go on running"
        made = request("restart_container", subject, live, finding, proposer="restart_failed_container", reason=reason, command=line)
        proposed.append(made)
    return proposed
