"""A node that is well, and closed, and on which a pod waits, is opened again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from stead.declare import playbook
from stead.domain.action import ActionRequest
from stead.domain.finding import Finding
from stead.domain.subject import Subject
from stead.estate.kubernetes.live import at, condition, items, kubectl, text
from stead.playbooks.proposing import request
from stead.ports import Estate, Object


@playbook(checks=("node_cordoned", "pod_pending"), rank=80)
async def uncordon_recovered_node(findings: Sequence[Finding], estate: Estate, _now: datetime) -> list[ActionRequest]:
    """Fits a cordoned node that is ready and reports no pressure, if it has been closed for long or a pod can go nowhere else.

    A pod can go nowhere else when the only nodes that its `nodeSelector` means are such nodes. Proposes `uncordon_node`. Whoever closed it
    may have had a reason, so the default policy asks.
    """
    asked: dict[str, ActionRequest] = {}
    for finding in sorted(findings, key=lambda f: f.fingerprint):
        for node in await _closed(finding, estate):
            name = text(node, "metadata", "name")
            subject = Subject(estate=estate.id, api_version="v1", kind="Node", name=name)
            waits = "a pod waits for it" if finding.check == "pod_pending" else "it has been closed for long"
            asked.setdefault(
                name,
                request(
                    "uncordon_node",
                    subject,
                    node,
                    finding,
                    proposer="uncordon_recovered_node",
                    reason=f"it is ready and reports no trouble, and {waits}",
                    command=kubectl(subject, "uncordon", name),
                    undo=kubectl(subject, "cordon", name),
                ),
            )
    return [asked[name] for name in sorted(asked)]


async def _closed(finding: Finding, estate: Estate) -> list[Object]:
    """The well and closed nodes that this finding is about."""
    if finding.check == "node_cordoned":
        live = await estate.read(replace(finding.subject, uid=""))
        return [live] if live is not None and _well_and_closed(live) else []
    if finding.check != "pod_pending" or finding.reason != "Unschedulable":
        return []
    pod = await estate.read(replace(finding.subject, name=next(iter(finding.instances), finding.subject.name), uid=""))
    wanted: Mapping[str, Any] = at(pod, "spec", "nodeSelector") or {}
    meant = [n for n in await estate.list("v1", "Node") if wanted.items() <= (at(n, "metadata", "labels") or {}).items()]
    return meant if wanted and all(_well_and_closed(n) for n in meant) else []


def _well_and_closed(node: Object) -> bool:
    bad = [c for c in items(node, "status", "conditions") if text(c, "type") != "Ready" and text(c, "status") == "True"]
    return at(node, "spec", "unschedulable") is True and text(condition(node, "Ready"), "status") == "True" and not bad
