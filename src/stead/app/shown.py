"""How a finding is shown to programs: the same JSON in `stead check` and in the API. Imports no store, so `check` starts fast."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from stead.domain.change import Change
from stead.domain.finding import Finding
from stead.domain.subject import Subject


def finding(of: Finding) -> dict[str, Any]:
    """A finding as JSON values. `count` is how many subjects it stands for, `instances` their names."""
    return {
        "check": of.check,
        "class": of.class_.value,
        "severity": of.severity.value,
        "state": of.state.value,
        "subject": subject(of.subject),
        "container": of.container,
        "reason": of.reason,
        "summary": of.summary,
        "evidence": [{"what": e.what, "value": e.value, "command": e.command} for e in of.evidence],
        "changes": [change(one) for one in of.changes],
        "fingerprint": of.fingerprint,
        "since": time(of.since),
        "instances": list(of.instances) or [of.subject.name],
        "count": count(of),
    }


def change(of: Change) -> dict[str, Any]:
    """A change as JSON values. `what` tells its most telling fields in a line; a value that is no field of its own is null."""
    return {
        "at": time(of.at),
        "subject": subject(of.subject),
        "done": of.done.value,
        "revision": of.revision,
        "manager": of.manager,
        "source": of.source,
        "what": of.what,
        "fields": [{"path": field.path, "old": field.old, "new": field.new} for field in of.fields],
    }


def subject(of: Subject) -> dict[str, str]:
    return {"estate": of.estate, "apiVersion": of.api_version, "kind": of.kind, "namespace": of.namespace, "name": of.name}


def count(of: Finding) -> int:
    """How many subjects a finding stands for."""
    return len(of.instances) or 1


def time(when: datetime | None) -> str | None:
    """RFC 3339 in UTC, with `Z`."""
    return None if when is None else when.astimezone(UTC).isoformat().replace("+00:00", "Z")
