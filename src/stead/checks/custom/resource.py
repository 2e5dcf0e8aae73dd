"""A custom resource as the engine reads it: plain values, conditions, times; and what is said of it, a Verdict. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, cast

import msgspec

from stead.checks.custom.paths import value
from stead.domain.finding import Severity
from stead.estate.kubernetes.slices import Custom

LONGEST_REASON = 60


class Health(StrEnum):
    """MISSING: its controller has not said anything of it, or nothing of its newest spec."""

    HEALTHY = "healthy"
    PROGRESSING = "progressing"
    SUSPENDED = "suspended"
    DEGRADED = "degraded"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class Stated:
    """A condition. `observed` is the generation that it is about (0: not told), `where` its place in the status."""

    type: str
    status: str
    reason: str = ""
    message: str = ""
    since: datetime | None = None
    severity: str = ""
    observed: int = 0
    where: str = ""


@dataclass(frozen=True, slots=True)
class Seen:
    """One thing that was seen: `path` shows it again, `message` is what somebody said of it."""

    what: str
    value: str
    path: str
    message: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """`reason` a stable code · `says` the rest of a sentence that begins with the object · `wait` from `since`, or (None) from the first
    sight, until what is not right yet is a fault; no `wait` where it is one now."""

    health: Health
    reason: str = ""
    says: str = ""
    since: datetime | None = None
    wait: timedelta | None = None
    severity: Severity = Severity.WARNING
    seen: tuple[Seen, ...] = ()


HEALTHY = Verdict(health=Health.HEALTHY)
SUSPENDED = Verdict(health=Health.SUSPENDED)


@dataclass(frozen=True, slots=True)
class Resource:
    """`data` has the metadata, spec and status as far as they are kept."""

    kind: str
    data: Mapping[str, Any]
    generation: int = 0
    created: datetime | None = None
    deleted: datetime | None = None
    conditions: tuple[Stated, ...] = field(default=())

    @classmethod
    def of(cls, obj: Custom, kind: str) -> Resource:
        meta, status = obj.metadata, obj.status.plain()
        annotations = {k: v for k, v in cast("dict[str, Any]", msgspec.to_builtins(meta.annotations)).items() if v not in ("", None)}
        # A present but empty annotation (Cluster API's `paused`) is one, too.
        annotations |= {k: "" for k, v in _present(obj) if v == ""}
        named: dict[str, Any] = {"name": meta.name, "namespace": meta.namespace, "labels": dict(meta.labels), "annotations": annotations}
        named |= {"finalizers": list(meta.finalizers[:10]), "generation": meta.generation}
        if meta.creation_timestamp is not None:
            named["creationTimestamp"] = meta.creation_timestamp.isoformat()
        data = {"metadata": named, "spec": obj.spec.plain(), "status": status}
        return cls(kind, data, meta.generation, meta.creation_timestamp, meta.deletion_timestamp, tuple(stated(status, ".status")))

    @property
    def observed(self) -> int | None:
        """`status.observedGeneration`; None where the controller does not tell."""
        found = value(self.data, "status.observedGeneration")
        return found if isinstance(found, int) and not isinstance(found, bool) else None

    @property
    def says_nothing(self) -> bool:
        """Whether it has no status at all."""
        return not self.data.get("status")


def _present(obj: Custom) -> Iterator[tuple[str, str | None]]:
    switches = obj.metadata.annotations
    yield "cluster.x-k8s.io/paused", switches.capi_paused
    yield "autoscaling.keda.sh/paused-replicas", switches.keda_paused_replicas


def stated(part: Any, where: str) -> Iterator[Stated]:
    """The conditions of a status, or of a part of one; of two with one type the one that changed last."""
    listed = cast("dict[str, Any]", part).get("conditions") if isinstance(part, dict) else None
    found: dict[str, Stated] = {}
    for raw in cast("list[Any]", listed) if isinstance(listed, list) else ():
        if isinstance(raw, dict) and (one := _stated(cast("dict[str, Any]", raw), where)) is not None:
            before = found.get(one.type)
            if before is None or (one.since is not None and (before.since is None or one.since >= before.since)):
                found[one.type] = one
    yield from found.values()


def _stated(raw: Mapping[str, Any], where: str) -> Stated | None:
    type_, status = raw.get("type"), raw.get("status")
    if not isinstance(type_, str) or not type_:
        return None
    observed = raw.get("observedGeneration")
    return Stated(
        type=type_[:100],
        status=str(status).lower() if isinstance(status, (str, bool)) else "",
        reason=_text(raw.get("reason"))[:100],
        message=_text(raw.get("message")),
        since=next((t for key in ("lastTransitionTime", "lastUpdateTime", "lastProbeTime") if (t := moment(raw.get(key)))), None),
        severity=_text(raw.get("severity")),
        observed=observed if isinstance(observed, int) and not isinstance(observed, bool) else 0,
        where=f'{where}.conditions[?(@.type=="{type_[:100]}")]',
    )


def moment(found: Any) -> datetime | None:
    """A time as Kubernetes writes it; None for anything else. One without an offset is UTC."""
    if not isinstance(found, str) or len(found) < 10:
        return None
    try:
        when = datetime.fromisoformat(found)
        return (when if when.tzinfo else when.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def code(text: str) -> str:
    """A condition's type as a reason code: letters and digits only."""
    return "".join(c for c in text.rpartition("/")[2] if c.isascii() and c.isalnum())[:40] or "Condition"


def shown(reason: str) -> str:
    """A controller's own reason for a person to read; "" for what is no word."""
    return reason if reason.isascii() and reason.isidentifier() and len(reason) <= LONGEST_REASON else ""


def _text(found: Any) -> str:
    return found if isinstance(found, str) else ""
