"""A disk that is nearly full, with a journal of more than a gigabyte on it, is given room by shortening the journal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from stead.declare import playbook
from stead.domain.action import ActionRequest
from stead.domain.finding import Finding
from stead.estate.host.objects import JOURNAL
from stead.estate.kubernetes.live import number
from stead.playbooks.proposing import request
from stead.ports import Estate

LARGE = 2**30
"""Bytes: what journald itself takes at most of a small disk is a tenth of it (journald.conf, SystemMaxUse=)."""

_HOLDING = ("/", "/var", "/var/log")


@playbook(checks=("disk",), rank=60)
async def vacuum_journal(findings: Sequence[Finding], estate: Estate, _now: datetime) -> list[ActionRequest]:
    """Fits a full file system that holds the journal, when that takes more than 1 GiB. Proposes `free_disk` by the rule `journal`."""
    proposed: list[ActionRequest] = []
    for finding in sorted(findings, key=lambda f: f.fingerprint):
        if proposed or finding.check != "disk" or finding.reason != "DiskFull" or finding.container not in _HOLDING:
            continue
        host = replace(finding.subject, uid="")
        journal = await estate.read(replace(host, kind=JOURNAL, name=JOURNAL.lower()))
        live = await estate.read(host)
        size = number(journal, "status", "bytes")
        if live is None or size < LARGE:
            continue
        proposed.append(
            request(
                "free_disk",
                host,
                live,
                finding,
                proposer="vacuum_journal",
                reason=f"{finding.container} is nearly full, and the journal takes {size / 2**30:.1f} GiB of it",
                parameters={"rule": "journal"},
                command="journalctl --rotate --vacuum-size=200M",
            )
        )
    return proposed
