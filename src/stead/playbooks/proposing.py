"""What playbooks share: a request for an object as it is now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from stead.domain.action import ActionRequest
from stead.domain.finding import Finding
from stead.domain.subject import Subject
from stead.estate.kubernetes.live import precondition, text
from stead.ports import Object


def request(
    verb: str,
    subject: Subject,
    live: Object,
    finding: Finding,
    *,
    proposer: str,
    reason: str,
    command: str,
    parameters: Mapping[str, Any] | None = None,
    guess: bool = False,
    undo: str = "",
) -> ActionRequest:
    """The verb on this very object; `finding` is what must fall quiet."""
    of_host = subject.api_version == "host.stead/v1"
    return ActionRequest(
        verb=verb,
        # What a host calls a uid is the start of a unit or container: it is a precondition, and not who it is.
        subject=replace(subject, uid="" if of_host else text(live, "metadata", "uid")),
        precondition=precondition(live),
        check=finding.check,
        fingerprint=finding.fingerprint,
        reason=reason,
        proposer=proposer,
        parameters=parameters or {},
        guess=guess,
        command=command,
        undo=undo,
    )
