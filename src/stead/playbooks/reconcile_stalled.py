"""One of Flux' objects that is not well is reconciled once more, before its interval is over."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from stead.declare import playbook
from stead.domain.action import ActionRequest
from stead.domain.finding import Finding
from stead.estate.kubernetes.flux import KINDS, flux, is_flux
from stead.estate.kubernetes.live import at
from stead.playbooks.proposing import request
from stead.ports import Estate


@playbook(checks=("custom_resource",), rank=71)
async def reconcile_stalled(findings: Sequence[Finding], estate: Estate, _now: datetime) -> list[ActionRequest]:
    """Fits a Kustomization, HelmRelease or source of Flux that says it is not ready, and is not suspended. Proposes `flux_sync`.

    A source comes before what is made from it: while one is at fault, only that is asked.
    """
    fitting: list[tuple[ActionRequest, bool]] = []
    for finding in sorted(findings, key=lambda f: f.fingerprint):
        subject = replace(finding.subject, uid="")
        if finding.check != "custom_resource" or subject.kind not in KINDS or not is_flux(subject):
            continue
        live = await estate.read(subject)
        if live is None or at(live, "spec", "suspend") is True:
            continue
        line = flux("reconcile", subject, *(["--reset"] if subject.kind == "HelmRelease" else []))
        reason = "it is not ready, and what hindered it may be over: its controller looks again"
        made = request("flux_sync", subject, live, finding, proposer="reconcile_stalled", reason=reason, command=line)
        fitting.append((made, subject.group == "source.toolkit.fluxcd.io"))
    sources = [made for made, source in fitting if source]
    return sources or [made for made, _ in fitting]
