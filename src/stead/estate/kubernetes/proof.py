"""What a fresh look says of one finding: the judgement behind `Estate.observe`. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, cast

from stead.declare import Check
from stead.domain.finding import Finding, FindingState
from stead.estate.kubernetes import slices
from stead.estate.kubernetes.kinds import KINDS, Kind, kind_of
from stead.estate.kubernetes.slices import (
    Custom,
    Deployment,
    EndpointSlice,
    Job,
    Namespace,
    NetworkPolicy,
    Pod,
    ReplicaSet,
    Service,
    StatefulSet,
)
from stead.estate.kubernetes.snapshot import Snapshot
from stead.ports import Object, Observation, Seen

_GENERATIONS = frozenset({"Deployment", "ReplicaSet", "StatefulSet", "DaemonSet"})
"""Kinds of `apps` whose controller writes observedGeneration; until it has, the status is that of an older spec."""

_OWNERS: tuple[type, ...] = (ReplicaSet, Deployment, Job)
_BETWEEN_PODS: tuple[type, ...] = (Service, EndpointSlice, NetworkPolicy, Namespace, Deployment, StatefulSet)
"""What `stead.estate.kubernetes.reach` looks at."""


def needed(checks: Iterable[Check]) -> tuple[Kind, ...]:
    """The kinds that these checks look at, and the owners by which pods are named: without them a fingerprint is another one."""
    structs = {struct for check in checks for struct in check.watches}
    if Pod in structs:
        structs.update(_OWNERS)
    wanted = {kind_of(struct) for struct in structs if struct is not Custom}
    return tuple(kind for kind in KINDS if kind in wanted)


def followed(checks: Iterable[Check]) -> tuple[Kind, ...]:
    """The kinds that a watch or a scan reads: what its checks need, and what tells why one pod does not reach another."""
    wanted = set(needed(checks))
    if kind_of(Pod) in wanted:
        wanted.update(map(kind_of, _BETWEEN_PODS))
    return tuple(kind for kind in KINDS if kind in wanted)


def cannot_judge(found: Snapshot, check: Check, custom: type[slices.Object] | None = None) -> str:
    """Why the look proves nothing; "" when it does. An object that could not be read counts where the check would have judged it.

    `custom` is the slice of what the finding is about, where the check looks at custom resources.
    """
    own, watched = _kinds(check.of, custom), _kinds(check.watches, custom)
    if found.absent.issuperset(own):
        return f"the API server serves no {own[0].resource} any more"
    for kind in watched:
        if kind in found.blind:
            return found.blind[kind].message
    odd = next((one for one in found.odd if one.kind in own), None)
    return f"{odd.kind.kind} {odd.name} could not be read: {odd.why}" if odd is not None else ""


def _kinds(structs: Iterable[type], custom: type[slices.Object] | None) -> list[Kind]:
    return [kind_of(custom if struct is Custom and custom is not None else struct) for struct in structs]


def judged(current: Mapping[str, Finding], fingerprint: str, *, present: bool) -> Observation:
    """Read the answer off what the check said."""
    finding = current.get(fingerprint)
    if finding is not None:
        seen = Seen.PROGRESSING if finding.state is FindingState.PROGRESSING else Seen.FIRING
        return Observation(seen=Seen.BLIND if finding.state is FindingState.BLIND else seen, present=present, note=finding.summary)
    failed = next((f for f in current.values() if f.state is FindingState.BLIND), None)
    if failed is not None:
        return Observation(seen=Seen.BLIND, present=present, note=failed.summary)
    return Observation(seen=Seen.QUIET if present else Seen.ABSENT, present=present)


def lags(live: Object) -> bool:
    """Whether the object's controller has not seen its newest spec, so that its status tells of an older one."""
    generation = metadata(live).get("generation") or 0
    status = live.get("status")
    observed = cast(Mapping[str, Any], status).get("observedGeneration") if isinstance(status, Mapping) else None
    if observed is None:
        if not (live.get("kind") in _GENERATIONS and str(live.get("apiVersion", "")).startswith("apps/")):
            return False
        observed = 0
    return isinstance(observed, int) and isinstance(generation, int) and observed < generation


def wanted(live: Object | None) -> int | None:
    """`spec.replicas`, where the object has it."""
    spec = (live or {}).get("spec")
    replicas = cast(Mapping[str, Any], spec).get("replicas") if isinstance(spec, Mapping) else None
    return replicas if isinstance(replicas, int) else None


def metadata(live: Object) -> Mapping[str, Any]:
    found = live.get("metadata")
    return cast(Mapping[str, Any], found) if isinstance(found, Mapping) else {}
