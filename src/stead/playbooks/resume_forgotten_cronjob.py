"""A CronJob that was to be suspended until a day that is over is resumed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from stead.declare import playbook
from stead.domain.action import ActionRequest
from stead.domain.finding import Finding
from stead.estate.kubernetes.live import at, kubectl
from stead.playbooks.proposing import request
from stead.ports import Estate, Object


@playbook(checks=("cronjob_suspended",), rank=80)
async def resume_forgotten_cronjob(findings: Sequence[Finding], estate: Estate, now: datetime) -> list[ActionRequest]:
    """Fits a suspended CronJob with an annotation that ends in `suspended-until` and a day before today. Proposes `resume_cronjob`.

    One that nobody wrote a day to may be suspended on purpose: it is told, and left.
    """
    proposed: list[ActionRequest] = []
    for finding in sorted(findings, key=lambda f: f.fingerprint):
        if finding.check != "cronjob_suspended" or finding.subject.kind != "CronJob":
            continue
        subject = replace(finding.subject, uid="")
        live = await estate.read(subject)
        until = _until(live)
        if live is None or at(live, "spec", "suspend") is not True or until is None or until >= now.astimezone(UTC).date():
            continue
        line = kubectl(subject, "patch", "cronjob", subject.name, "-p", '{"spec":{"suspend":false}}')
        reason = f"it was to be suspended until {until}, and that day is over"
        undo = line.replace("false", "true")
        made = request(
            "resume_cronjob", subject, live, finding, proposer="resume_forgotten_cronjob", reason=reason, command=line, undo=undo
        )
        proposed.append(made)
    return proposed


def _until(live: Object | None) -> date | None:
    annotations: Mapping[str, Any] = at(live, "metadata", "annotations") or {}
    for name, value in annotations.items():
        if name.rpartition("/")[2] == "suspended-until" and isinstance(value, str):
            try:
                return datetime.fromisoformat(value).date()
            except ValueError:
                continue
    return None
