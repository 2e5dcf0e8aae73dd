"""What the cluster itself tells of a change, where nobody has kept a history: a workload's revisions, and who wrote a ConfigMap last.

A Deployment keeps its revisions as ReplicaSets, a StatefulSet and a DaemonSet as ControllerRevisions; `managedFields` tell the hand and the
time. https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#rolling-back-a-deployment
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, cast

import msgspec

from stead.domain.change import Change
from stead.domain.diffing import changed, diff
from stead.domain.errors import SteadError
from stead.domain.finding import Finding
from stead.domain.subject import Subject
from stead.estate.history.book import Place
from stead.estate.history.hands import application_of, hand_of, moment, source_words
from stead.estate.history.kept import Keeper, shown
from stead.estate.history.related import configuration_of, workload_of
from stead.estate.kubernetes.live import at, controller, number, text
from stead.estate.kubernetes.revisions import REVISION, REVISIONS, plain_template
from stead.estate.kubernetes.view import View
from stead.ports import Estate, Object

MOST_CONFIGS = 2
MOST_QUESTIONS = 2 + MOST_CONFIGS
"""What is asked of the API server about one finding."""


async def told_by_cluster(estate: Estate, finding: Finding, view: View) -> tuple[Change, ...]:
    """The changes that a live cluster tells of, nothing where it cannot be asked."""
    asked = [_rollout(estate, workload_of(finding, view))]
    asked += [_written_last(estate, subject) for subject in configuration_of(finding, view)[:MOST_CONFIGS]]
    return tuple(filter(None, await asyncio.gather(*asked)))


async def _rollout(estate: Estate, workload: Subject | None) -> Change | None:
    if workload is None or workload.kind not in REVISIONS:
        return None
    try:
        live = await estate.read(workload)
        if live is None:
            return None
        # Its revisions carry the labels that it selects by: a namespace may hold thousands of others'.
        kept = await estate.list("apps/v1", REVISIONS[workload.kind], workload.namespace, _selected(live))
    except SteadError:
        return None
    return rollout(workload, live, kept)


async def _written_last(estate: Estate, subject: Subject) -> Change | None:
    try:
        live = await estate.read(subject)
    except SteadError:
        return None
    return None if live is None else written_last(subject, live)


def _selected(workload: Object) -> Mapping[str, str]:
    labels = at(workload, "spec", "selector", "matchLabels")
    if not isinstance(labels, Mapping):
        return {}
    return {key: value for key, value in cast("Mapping[str, Any]", labels).items() if isinstance(value, str)}


def rollout(workload: Subject, live: Object, kept: Iterable[Object]) -> Change | None:
    """From the revision before to the present one; None where there is only one, or they cannot be told apart."""
    uid = text(live, "metadata", "uid")
    mine = [_Revision.of(one) for one in kept if text(controller(one), "uid") == uid]
    numbered = sorted((one for one in mine if one.number), key=lambda one: one.number)
    if len(numbered) < 2:
        return None
    before, now = numbered[-2:]
    old, new = (_keeper.keep(workload.kind, {"spec": {"template": one.template}}) for one in (before, now))
    fields = tuple(shown(field) for field in diff(old, new))
    if not fields:
        return None
    path = next(path for path, _, _ in changed(old, new))
    manager, when, _ = hand_of(live, path)
    when = when or moment(text(now.obj, "metadata", "creationTimestamp"))
    if when is None:
        return None
    source = application_of(live)
    return Change(
        subject=workload,
        at=when,
        manager=manager,
        revision=f"revision {now.number}",
        source=source_words(source, "") if source else "",
        fields=fields,
    )


def written_last(subject: Subject, live: Object) -> Change | None:
    """That a ConfigMap was written, by whom and when: not what was in it before. None where it was only ever made."""
    manager, when, _ = hand_of(live, ("data",))
    made = moment(text(live, "metadata", "creationTimestamp"))
    return None if when is None or when == made else Change(subject=subject, at=when, manager=manager)


@dataclass(frozen=True, slots=True)
class _Revision:
    number: int
    obj: Object
    template: Mapping[str, Any]

    @classmethod
    def of(cls, obj: Object) -> _Revision:
        """From a ReplicaSet or a ControllerRevision; number 0 for one that was never numbered."""
        said = text(obj, "metadata", "annotations", REVISION)
        counted = int(said) if said.isascii() and said.isdecimal() and len(said) < 19 else number(obj, "revision")
        return cls(counted, obj, plain_template(at(obj, "spec", "template") or at(obj, "data", "spec", "template")))


_keeper = Keeper(secrets.token_bytes(32))
"""Tells values apart within this process; nothing of it is kept."""


def told_by_objects(objects: Mapping[Place, bytes | memoryview | msgspec.Raw], finding: Finding, view: View) -> tuple[Change, ...]:
    """The same from the objects of a dump, by (kind, namespace, name) as they came."""
    workload = workload_of(finding, view)
    place = (workload.kind, workload.namespace, workload.name) if workload is not None else ("", "", "")
    if workload is None or workload.kind not in REVISIONS or place not in objects:
        return ()
    of = REVISIONS[workload.kind]
    kept = [_decoded(raw) for (kind, namespace, _), raw in objects.items() if (kind, namespace) == (of, workload.namespace)]
    found = rollout(workload, _decoded(objects[place]), kept)
    return () if found is None else (found,)


def _decoded(raw: bytes | memoryview | msgspec.Raw) -> Object:
    try:
        return msgspec.json.decode(raw, type=dict[str, Any])
    except (ValueError, RecursionError):
        return {}
