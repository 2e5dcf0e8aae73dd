"""A Deployment's revisions, as its ReplicaSets tell them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, cast

from stead.estate.kubernetes.live import at, controller, number, text
from stead.ports import Estate, Object

REVISION = "deployment.kubernetes.io/revision"
"""Annotation by which the Deployment controller numbers them (pkg/controller/deployment/util, RevisionAnnotation)."""

REVISIONS = {"Deployment": "ReplicaSet", "StatefulSet": "ControllerRevision", "DaemonSet": "ControllerRevision"}
"""In what each workload of apps/v1 keeps its revisions."""

CHANGE_CAUSE = "kubernetes.io/change-cause"
"""Annotation that `kubectl rollout history` shows."""

RESTARTED = "kubectl.kubernetes.io/restartedAt"
"""Annotation that `kubectl rollout restart` writes into the template, so that it differs and nothing else does."""

_HASH = "pod-template-hash"
"""Label that the Deployment controller adds to each ReplicaSet's template, and no Deployment's template holds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """`number` from 1 · `created` when its ReplicaSet was made · `wanted` pods asked of that, `available` those that have been ready
    long enough."""

    number: int
    uid: str
    name: str
    template: Mapping[str, Any]
    cause: str
    created: datetime | None
    wanted: int
    available: int

    @property
    def healthy(self) -> bool:
        """Whether pods of it are serving at this moment: the only health that a ReplicaSet tells of."""
        return self.available > 0


async def revisions(estate: Estate, deployment: Object) -> list[Revision]:
    """The revisions of this live Deployment, newest first. BlindError when its ReplicaSets cannot be read."""
    uid = text(deployment, "metadata", "uid")
    found = await estate.list("apps/v1", "ReplicaSet", text(deployment, "metadata", "namespace"))
    owned = [_revision(r) for r in found if text(controller(r), "uid") == uid]
    return sorted((r for r in owned if r.number), key=lambda r: r.number, reverse=True)


def template_of(deployment: Object) -> Mapping[str, Any]:
    """The pod template without what a ReplicaSet's differs in."""
    return plain_template(at(deployment, "spec", "template"))


def without_restart(template: Mapping[str, Any]) -> Mapping[str, Any]:
    """The template as it would be without `kubectl rollout restart`: two that are equal then run the same program in the same way."""
    metadata = _mapping(template.get("metadata"))
    annotations = {k: v for k, v in _mapping(metadata.get("annotations")).items() if k != RESTARTED}
    bare = {k: v for k, v in metadata.items() if k != "annotations"}
    return {**template, "metadata": bare | ({"annotations": annotations} if annotations else {})}


def _revision(replica_set: Object) -> Revision:
    written = text(replica_set, "metadata", "annotations", REVISION)
    return Revision(
        number=int(written) if written.isascii() and written.isdecimal() and len(written) < 19 else 0,
        uid=text(replica_set, "metadata", "uid"),
        name=text(replica_set, "metadata", "name"),
        template=plain_template(at(replica_set, "spec", "template")),
        cause=text(replica_set, "metadata", "annotations", CHANGE_CAUSE),
        created=time_of(text(replica_set, "metadata", "creationTimestamp")),
        wanted=number(replica_set, "spec", "replicas"),
        available=number(replica_set, "status", "availableReplicas"),
    )


def time_of(written: str) -> datetime | None:
    """The time that an object names; None for what is none."""
    try:
        when = datetime.fromisoformat(written)
    except ValueError:
        return None
    return when if when.tzinfo else when.replace(tzinfo=UTC)


def plain_template(template: Any) -> Mapping[str, Any]:
    """The template without the hash label, and without the empty `creationTimestamp` that older servers write."""
    if not isinstance(template, Mapping):
        return {}
    given = cast("Mapping[str, Any]", template)
    metadata = {k: v for k, v in _mapping(given.get("metadata")).items() if k != "creationTimestamp"}
    if "labels" in metadata:
        metadata["labels"] = {k: v for k, v in _mapping(metadata["labels"]).items() if k != _HASH}
    return {**given, "metadata": metadata}


def _mapping(given: Any) -> Mapping[str, Any]:
    return cast("Mapping[str, Any]", given) if isinstance(given, Mapping) else {}
