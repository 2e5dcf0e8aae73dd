"""The revisions of StatefulSets and DaemonSets, as their ControllerRevisions tell them; and one door for every kind of workload."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from stead.domain.subject import Subject
from stead.estate.kubernetes.live import at, controller, number, text
from stead.estate.kubernetes.pods import is_ready, is_terminating
from stead.estate.kubernetes.revisions import CHANGE_CAUSE, REVISION, Revision, plain_template, revisions, template_of, time_of
from stead.ports import Estate, Object

REVISION_HASH = "controller-revision-hash"
"""Label of a pod with the revision that it was made from (apps/v1, ControllerRevisionHashLabelKey): for a StatefulSet the name of the
ControllerRevision, for a DaemonSet the end of it."""

ROLLS_BACK = ("Deployment", "StatefulSet", "DaemonSet")


async def all_revisions(estate: Estate, workload: Object) -> list[Revision]:
    """The revisions of this live workload, newest first. BlindError when they cannot be read."""
    if text(workload, "kind") == "Deployment":
        return await revisions(estate, workload)
    uid, namespace = text(workload, "metadata", "uid"), text(workload, "metadata", "namespace")
    found = await estate.list("apps/v1", "ControllerRevision", namespace)
    pods = [p for p in await estate.list("v1", "Pod", namespace) if text(controller(p), "uid") == uid]
    known = [_revision(one, pods) for one in found if text(controller(one), "uid") == uid]
    return sorted((one for one in known if one.number), key=lambda one: one.number, reverse=True)


def is_seen(workload: Object, newest: Revision) -> bool:
    """Whether the newest revision is of the newest template: its controller has made it."""
    if text(workload, "kind") == "Deployment":
        return text(workload, "metadata", "annotations", REVISION) == str(newest.number)
    return newest.template == template_of(workload)


def made_from(pod: Object, revision: Revision) -> bool:
    """Whether the pod was made from this revision."""
    if text(controller(pod), "uid") == revision.uid:
        return True
    label = text(pod, "metadata", "labels", REVISION_HASH)
    return bool(label) and (label == revision.name or revision.name.endswith(f"-{label}"))


async def stuck_pods(estate: Estate, stateful_set: Subject, wanted: Mapping[str, Any]) -> list[Object]:
    """Pods of a StatefulSet that are not ready and were made from another template than `wanted`: its controller waits for them for ever.

    https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#forced-rollback
    """
    live = await estate.read(stateful_set)
    if live is None:
        return []
    others = [r for r in await all_revisions(estate, live) if r.template != wanted]
    pods = [
        p for p in await estate.list("v1", "Pod", stateful_set.namespace) if text(controller(p), "uid") == text(live, "metadata", "uid")
    ]
    return [p for p in pods if not is_ready(p) and not is_terminating(p) and any(made_from(p, other) for other in others)]


def _revision(one: Object, pods: list[Object]) -> Revision:
    written = at(one, "data", "spec", "template")
    template = {k: v for k, v in cast("Mapping[str, Any]", written).items() if k != "$patch"} if isinstance(written, Mapping) else {}
    made = Revision(
        number=number(one, "revision"),
        uid=text(one, "metadata", "uid"),
        name=text(one, "metadata", "name"),
        template=plain_template(template),
        cause=text(one, "metadata", "annotations", CHANGE_CAUSE),
        created=time_of(text(one, "metadata", "creationTimestamp")),
        wanted=0,
        available=0,
    )
    mine = [p for p in pods if made_from(p, made)]
    return Revision(
        number=made.number,
        uid=made.uid,
        name=made.name,
        template=made.template,
        cause=made.cause,
        created=made.created,
        wanted=len(mine),
        available=sum(is_ready(p) for p in mine),
    )
