"""ReplicaSets, and ReplicationControllers before them: as many pods as were asked for.

Source: `pkg/controller/replicaset/replica_set.go`.
"""

from __future__ import annotations

from datetime import timedelta

from stead.practice.api.errors import ApiError
from stead.practice.controllers import pods
from stead.practice.controllers.pods import PodMaker
from stead.practice.objects import Key, Obj, deleting, each, inside, labels_of
from stead.practice.store import Change

RESOURCE = "replicasets.apps"
_RETRY = timedelta(seconds=10)


class ReplicaSets(PodMaker):
    name = "replicaset"
    kind = "ReplicaSet"
    resource = RESOURCE
    watches = (RESOURCE, "pods")

    def on_change(self, change: Change) -> None:
        if change.resource == "pods":
            self.queue_owner(change, self.kind)
        elif change.verb != "DELETED" and (change.old is None or not _same_wish(change.old.obj, change.obj)):
            self.queue(change.key)

    def reconcile(self, key: Key) -> None:
        replicaset = self.world.store.get(self.resource, *key)
        if replicaset is None:
            return
        failure = "" if deleting(replicaset) else self._adjust(replicaset)
        owned = self.pods_of(replicaset)
        self.put_status(self.resource, replicaset, self._status(replicaset, owned, failure))

    def _adjust(self, replicaset: Obj) -> str:
        """Make or drop pods; the reason when one could not be made."""
        current = [pod for pod in self.pods_of(replicaset) if pods.active(pod)]
        missing = replicaset["spec"]["replicas"] - len(current)
        for pod in pods.cheapest_first(current)[:-missing] if missing < 0 else ():
            self.drop_pod(replicaset, pod)
        try:
            for _ in range(missing):
                self.make_pod(replicaset, replicaset["spec"]["template"])
        except ApiError as refusal:
            self.world.engine.after(_RETRY, self, (replicaset["metadata"]["namespace"], replicaset["metadata"]["name"]))
            return refusal.message
        return ""

    def _status(self, replicaset: Obj, owned: list[Obj], failure: str) -> Obj:
        current = [pod for pod in owned if pods.active(pod)]
        wanted = inside(replicaset["spec"]["template"]["metadata"], "labels").items()
        wait = replicaset["spec"].get("minReadySeconds", 0)
        counts = {
            "fullyLabeledReplicas": sum(1 for pod in current if wanted <= labels_of(pod).items()),
            "readyReplicas": sum(1 for pod in current if pods.ready(pod)),
            "availableReplicas": sum(1 for pod in current if self.available(pod, wait, replicaset)),
        }
        status: Obj = {"replicas": len(current), **{name: count for name, count in counts.items() if count}}
        status["terminatingReplicas"] = sum(1 for pod in owned if deleting(pod) and pods.phase(pod) not in ("Succeeded", "Failed"))
        status["observedGeneration"] = replicaset["metadata"]["generation"]
        if failure:
            status["conditions"] = [self._failure(replicaset, failure)]
        return status

    def _failure(self, replicaset: Obj, message: str) -> Obj:
        old = [c for c in each(replicaset["status"], "conditions") if c["type"] == "ReplicaFailure"]
        since = old[0]["lastTransitionTime"] if old else self.world.timestamp
        return {
            "type": "ReplicaFailure",
            "status": "True",
            "lastTransitionTime": since,
            "reason": "FailedCreate",
            "message": message,
        }


def _same_wish(old: Obj, new: Obj) -> bool:
    """Its own report is no reason to act again: a refused pod has another name in each, so that would never end."""
    return old["spec"] == new["spec"] and deleting(old) == deleting(new)


class ReplicationControllers(ReplicaSets):
    """The same under its older name, as in Kubernetes itself (`pkg/controller/replication`)."""

    name = "replication"
    kind = "ReplicationController"
    resource = "replicationcontrollers"
    watches = (resource, "pods")
