"""Pods as their controllers see them: active, ready, available; and how they are made and taken away.

Source: `pkg/controller/controller_utils.go`, `pkg/api/v1/pod/util.go`.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from stead.practice import timestamps
from stead.practice.api.deletion import DeleteOptions
from stead.practice.api.errors import ApiError
from stead.practice.controllers.base import Controller
from stead.practice.objects import (
    Obj,
    condition,
    condition_status,
    controlled_by,
    deleting,
    inside,
    key_of,
    name_of,
    namespace_of,
    owner_reference,
    uid_of,
)


def phase(pod: Obj) -> str:
    return inside(pod, "status").get("phase", "Pending")


def active(pod: Obj) -> bool:
    return not deleting(pod) and phase(pod) not in ("Succeeded", "Failed")


def ready(pod: Obj) -> bool:
    return condition_status(pod, "Ready") == "True"


def available_at(pod: Obj, min_ready_seconds: int) -> datetime | None:
    """From when on the pod counts as available; None while it is not ready."""
    found = condition(pod, "Ready")
    if found is None or found["status"] != "True":
        return None
    return timestamps.parse(found["lastTransitionTime"]) + timedelta(seconds=min_ready_seconds)


class PodMaker(Controller):
    """A controller that owns pods."""

    def pods_of(self, owner: Obj) -> list[Obj]:
        return [pod for pod in self.world.indexes.pods_of(uid_of(owner)) if controlled_by(pod, owner)]

    def available(self, pod: Obj, min_ready_seconds: int, owner: Obj) -> bool:
        """Ready for long enough; if not yet, the owner is queued for when it will be."""
        when = available_at(pod, min_ready_seconds)
        if when is not None and when > self.world.now:
            self.world.engine.at(when, self, key_of(owner))
        return when is not None and when <= self.world.now

    def make_pod(self, owner: Obj, template: Obj, name: str = "", extra: Obj | None = None) -> Obj:
        """Create a pod of the template for the owner. Raises ApiError when it is refused, after saying so in an event."""
        meta = dict(inside(template, "metadata"))  # no deep copies: `create` makes its own
        meta["ownerReferences"] = [owner_reference(owner)]
        if name:
            meta["name"] = name
        else:
            meta["generateName"] = f"{name_of(owner)}-"
        meta["labels"] = {**inside(meta, "labels"), **inside(extra or {}, "labels")}
        pod: Obj = {"metadata": meta, "spec": {**template["spec"], **inside(extra or {}, "spec")}}
        resource = self.world.registry.named("pods")
        try:
            made = self.writes.create(resource, pod, namespace_of(owner))
        except ApiError as refusal:
            self.world.events.warning(owner, self.source, "FailedCreate", f"Error creating: {refusal.message}")
            raise
        self.world.events.normal(owner, self.source, "SuccessfulCreate", self.created_message(made, owner))
        return made

    def created_message(self, pod: Obj, owner: Obj) -> str:  # noqa: ARG002  (a StatefulSet names itself)
        return f"Created pod: {name_of(pod)}"

    @property
    def source(self) -> str:
        return f"{self.name}-controller"

    def drop_pod(self, owner: Obj, pod: Obj) -> None:
        resource = self.world.registry.named("pods")
        try:
            self.deletes.delete(resource, key_of(pod), DeleteOptions())
        except ApiError:
            return
        self.world.events.normal(owner, self.source, "SuccessfulDelete", f"Deleted pod: {name_of(pod)}")


def cheapest_first(pods: list[Obj]) -> list[Obj]:
    """In the order in which a ReplicaSet gives pods up: unscheduled, pending, not ready, ready last, youngest, fewest restarts."""

    def rank(pod: Obj) -> tuple[bool, int, bool, float, str]:
        stage = {"Pending": 0, "Unknown": 1}.get(phase(pod), 2)
        created = timestamps.parse(pod["metadata"]["creationTimestamp"]).timestamp()
        return (bool(pod["spec"].get("nodeName")), stage, ready(pod), -created, name_of(pod))

    return sorted(pods, key=rank)
