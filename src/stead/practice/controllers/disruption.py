"""PodDisruptionBudgets: how many pods may be taken away now. Source: `pkg/controller/disruption/disruption.go`."""

from __future__ import annotations

from stead.practice.controllers import pods
from stead.practice.controllers.base import Controller
from stead.practice.controllers.replicas import scaled
from stead.practice.objects import Key, Obj, controller_of, deleting, each, inside, key_of, labels_of, namespace_of, set_condition
from stead.practice.selectors import from_object
from stead.practice.store import Change

RESOURCE = "poddisruptionbudgets.policy"


class Disruption(Controller):
    name = "disruption"
    watches = (RESOURCE, "pods")

    def on_change(self, change: Change) -> None:
        if change.resource == RESOURCE:
            self.queue(change.key)
            return
        for budget in self.world.store.list(RESOURCE, change.key[0]):
            if _selects(budget, change.obj):
                self.queue(key_of(budget))

    def reconcile(self, key: Key) -> None:
        budget = self.world.store.get(RESOURCE, *key)
        if budget is None:
            return
        found = [
            pod for pod in self.world.store.list("pods", key[0]) if _selects(budget, pod) and pods.phase(pod) not in ("Succeeded", "Failed")
        ]
        expected = self._expected(found)
        needed = _needed(budget, expected)
        healthy = sum(1 for pod in found if pods.ready(pod) and not deleting(pod))
        allowed = max(0, healthy - needed) if expected else 0
        status: Obj = {
            "observedGeneration": budget["metadata"]["generation"],
            "disruptionsAllowed": allowed,
            "currentHealthy": healthy,
            "desiredHealthy": needed,
            "expectedPods": expected,
        }
        new = {"status": {**status, "conditions": [dict(c) for c in each(budget["status"], "conditions")]}}
        reason = "SufficientPods" if allowed else "InsufficientPods"
        told = {"type": "DisruptionAllowed", "status": "True" if allowed else "False", "observedGeneration": status["observedGeneration"]}
        set_condition(new, {**told, "reason": reason, "message": ""}, self.world.timestamp)
        self.put_status(RESOURCE, budget, new["status"])

    def _expected(self, found: list[Obj]) -> int:
        """As many as the pods' controllers want; a pod without one counts for itself."""
        wanted: dict[str, int] = {}
        for pod in found:
            owner = controller_of(pod)
            resource = self.world.registry.of_kind(owner["apiVersion"], owner["kind"]) if owner else None
            scaler = self.world.store.get(resource.key, namespace_of(pod), owner["name"]) if resource and owner else None
            if scaler is not None and "replicas" in inside(scaler, "spec"):
                wanted[scaler["metadata"]["uid"]] = scaler["spec"]["replicas"]
            else:
                wanted[pod["metadata"]["uid"]] = 1
        return sum(wanted.values())


def _selects(budget: Obj, pod: Obj) -> bool:
    selector = from_object(budget["spec"].get("selector"))
    return selector is not None and selector.matches(labels_of(pod))


def _needed(budget: Obj, expected: int) -> int:
    spec = budget["spec"]
    if spec.get("maxUnavailable") is not None:
        return max(0, expected - scaled(spec["maxUnavailable"], expected, up=True))
    return scaled(spec.get("minAvailable", 0), expected, up=True)
