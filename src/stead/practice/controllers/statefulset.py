"""StatefulSets: numbered pods with claims of their own, made and replaced in order.

Source: `pkg/controller/statefulset/{stateful_set_control,stateful_pod_control}.go`.
"""

from __future__ import annotations

from stead.practice.api.errors import ApiError
from stead.practice.controllers import pods, revisions
from stead.practice.controllers.pods import PodMaker
from stead.practice.objects import Key, Obj, clone, deleting, each, inside, labels_of, name_of, namespace_of
from stead.practice.store import Change

RESOURCE, CLAIMS = "statefulsets.apps", "persistentvolumeclaims"


class StatefulSets(PodMaker):
    name = "statefulset"
    watches = (RESOURCE, "pods")

    def on_change(self, change: Change) -> None:
        if change.resource == "pods":
            self.queue_owner(change, "StatefulSet")
        elif change.verb != "DELETED":
            self.queue(change.key)

    def created_message(self, pod: Obj, owner: Obj) -> str:
        return f"create Pod {name_of(pod)} in StatefulSet {name_of(owner)} successful"

    def reconcile(self, key: Key) -> None:
        owner = self.world.store.get(RESOURCE, *key)
        if owner is None:
            return
        update = revisions.current(self, owner)
        if not deleting(owner):
            self._replace_finished(owner)
            if not self._scale(owner, update):
                self._roll(owner, update)
        self.put_status(RESOURCE, owner, self._status(owner, update))

    def _numbered(self, owner: Obj) -> dict[int, Obj]:
        found: dict[int, Obj] = {}
        for pod in self.pods_of(owner):
            number = name_of(pod).rpartition("-")[2]
            if number.isdigit():
                found[int(number)] = pod
        return found

    def _replace_finished(self, owner: Obj) -> None:
        for pod in self._numbered(owner).values():
            if pods.phase(pod) in ("Succeeded", "Failed") and not deleting(pod):
                self.drop_pod(owner, pod)

    def _scale(self, owner: Obj, update: str) -> bool:
        """Make the next missing pod or drop the highest superfluous one. True while something is awaited."""
        there = self._numbered(owner)
        ordered = owner["spec"].get("podManagementPolicy") != "Parallel"
        waits = False
        for number in range(owner["spec"]["replicas"]):
            pod = there.get(number)
            if pod is None:
                self._make(owner, number, update)
                waits = True
            elif deleting(pod) or not pods.ready(pod):
                waits = True
            if waits and ordered:
                return True
        for number in sorted((n for n in there if n >= owner["spec"]["replicas"]), reverse=True):
            waits = True
            if not deleting(there[number]):
                self.drop_pod(owner, there[number])
            if ordered:
                return True
        return waits

    def _make(self, owner: Obj, number: int, update: str) -> None:
        name = f"{name_of(owner)}-{number}"
        labels = {
            "apps.kubernetes.io/pod-index": str(number),
            "controller-revision-hash": update,
            "statefulset.kubernetes.io/pod-name": name,
        }
        volumes = list(each(owner["spec"]["template"]["spec"], "volumes"))
        for template in each(owner["spec"], "volumeClaimTemplates"):
            claim = f"{template['metadata']['name']}-{name}"
            self._claim(owner, template, claim)
            volumes = [volume for volume in volumes if volume["name"] != template["metadata"]["name"]]
            volumes.append({"name": template["metadata"]["name"], "persistentVolumeClaim": {"claimName": claim}})
        spec: Obj = {"hostname": name, "subdomain": owner["spec"].get("serviceName", "")}
        if volumes:
            spec["volumes"] = volumes
        try:
            self.make_pod(owner, owner["spec"]["template"], name, {"labels": labels, "spec": spec})
        except ApiError:
            return

    def _claim(self, owner: Obj, template: Obj, name: str) -> None:
        namespace = namespace_of(owner)
        if self.world.store.get(CLAIMS, namespace, name) is not None:
            return
        labels = {**inside(template["metadata"], "labels"), **inside(owner["spec"]["selector"], "matchLabels")}
        obj = {"metadata": {"name": name, "labels": labels}, "spec": clone(template["spec"])}
        self.writes.create(self.world.registry.named(CLAIMS), obj, namespace)
        message = f"create Claim {name} Pod {name.partition('-')[2]} in StatefulSet {name_of(owner)} success"
        self.world.events.normal(owner, self.source, "SuccessfulCreate", message)

    def _roll(self, owner: Obj, update: str) -> None:
        """Replace pods of an older revision, the highest number first, one at a time."""
        strategy = owner["spec"]["updateStrategy"]
        if strategy["type"] != "RollingUpdate":
            return
        partition = inside(strategy, "rollingUpdate").get("partition", 0)
        for number, pod in sorted(self._numbered(owner).items(), reverse=True):
            if number < partition:
                return
            if labels_of(pod).get("controller-revision-hash") != update:
                self.drop_pod(owner, pod)
                return
            if not pods.ready(pod):
                return

    def _status(self, owner: Obj, update: str) -> Obj:
        found = [pod for pod in self._numbered(owner).values() if not deleting(pod)]
        wait = owner["spec"].get("minReadySeconds", 0)
        updated = [pod for pod in found if labels_of(pod).get("controller-revision-hash") == update]
        old: str = owner["status"].get("currentRevision") or update
        done = len(updated) == len(found) == owner["spec"]["replicas"] and all(pods.ready(pod) for pod in found)
        current = update if done else old
        counts = {
            "readyReplicas": sum(1 for pod in found if pods.ready(pod)),
            "currentReplicas": sum(1 for pod in found if labels_of(pod).get("controller-revision-hash") == current),
            "updatedReplicas": len(updated),
        }
        return {
            "observedGeneration": owner["metadata"]["generation"],
            "replicas": len(found),
            **{name: count for name, count in counts.items() if count},
            "currentRevision": current,
            "updateRevision": update,
            "collisionCount": 0,
            "availableReplicas": sum(1 for pod in found if self.available(pod, wait, owner)),
        }
