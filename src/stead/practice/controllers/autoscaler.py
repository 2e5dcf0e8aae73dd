"""HorizontalPodAutoscalers: every 15 seconds as many replicas as the metrics ask for, and the conditions that say so.

Source: `pkg/controller/podautoscaler/horizontal.go`. Of `behavior` the stabilization windows and `selectPolicy: Disabled` are kept.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from stead.practice import timestamps
from stead.practice.api import errors
from stead.practice.api.resources import Resource
from stead.practice.controllers import pods
from stead.practice.controllers.autoscaler_metrics import NoMetricError, Proposal, propose
from stead.practice.controllers.base import Controller
from stead.practice.objects import Key, Obj, clone, deleting, each, inside, key_of, set_condition
from stead.practice.selectors import of_scaled, selects
from stead.practice.store import Change

RESOURCE = "horizontalpodautoscalers.autoscaling"
PERIOD = timedelta(seconds=15)
_DOWN_WINDOW = 300
_SOURCE = "horizontal-pod-autoscaler"
_RANGE = ("False", "DesiredWithinRange", "the desired count is within the acceptable range")


class Autoscalers(Controller):
    name = "horizontal-pod-autoscaler"
    watches = (RESOURCE,)

    def start(self) -> None:
        super().start()
        self._recommended: dict[Key, list[tuple[datetime, int]]] = {}

    def on_change(self, change: Change) -> None:
        if change.verb == "DELETED":
            self._recommended.pop(change.key, None)
        elif change.old is None or change.old.obj["spec"] != change.obj["spec"]:
            self.world.engine.after(PERIOD, self, change.key)

    def reconcile(self, key: Key) -> None:
        stored = self.world.store.get(RESOURCE, *key)
        if stored is None or deleting(stored):
            return
        scaler = clone(stored)
        self._look(scaler)
        self.put_status(RESOURCE, stored, scaler["status"])
        self.world.engine.after(PERIOD, self, key)

    def _look(self, scaler: Obj) -> None:
        """Work out the status in `scaler`, and scale."""
        reference = scaler["spec"]["scaleTargetRef"]
        resource = self.world.registry.of_kind(reference.get("apiVersion", "v1"), reference["kind"])
        target = self.world.store.get(resource.key, key_of(scaler)[0], reference["name"]) if resource else None
        if resource is None or target is None or "scale" not in resource.subresources:
            self._no_scale(scaler, resource, reference)
            return
        self._tell(scaler, "AbleToScale", "True", "SucceededGetScale", "the HPA controller was able to get the target's current scale")
        current = inside(target, "status").get("replicas", 0)
        scaler["status"]["currentReplicas"] = current
        if target["spec"].get("replicas") == 0 and scaler["spec"].get("minReplicas") != 0:
            scaler["status"]["desiredReplicas"] = 0
            self._tell(scaler, "ScalingActive", "False", "ScalingDisabled",
                       "scaling is disabled since the replica count of the target is zero")  # fmt: skip
            return
        wanted, why = self._wanted(scaler, target, target["spec"].get("replicas", 1))
        if wanted is not None:
            self._scale(scaler, resource, target, wanted, why)

    def _no_scale(self, scaler: Obj, resource: Resource | None, reference: Obj) -> None:
        group = reference.get("apiVersion", "v1").rpartition("/")[0]
        if resource is None:
            why = f'no matches for kind "{reference["kind"]}" in group "{group}"'
        elif "scale" not in resource.subresources:
            why = "the server could not find the requested resource"
        else:
            why = errors.not_found(resource, reference["name"]).message
        self.world.events.warning(scaler, _SOURCE, "FailedGetScale", why)
        message = f"the HPA controller was unable to get the target's current scale: {why}"
        self._tell(scaler, "AbleToScale", "False", "FailedGetScale", message)

    def _wanted(self, scaler: Obj, target: Obj, replicas: int) -> tuple[int | None, str]:
        """How many, and why; None when no metric can tell."""
        least, most = scaler["spec"].get("minReplicas", 1), scaler["spec"]["maxReplicas"]
        if replicas > most:
            return most, "Current number of replicas above Spec.MaxReplicas"
        if replicas < least:
            return least, "Current number of replicas below Spec.MinReplicas"
        proposal = self._best(scaler, target, replicas)
        if proposal is None:
            return None, ""
        why = f"{proposal.metric} above target" if proposal.replicas > replicas else "All metrics below target"
        return self._within(scaler, replicas, self._steady(scaler, replicas, proposal.replicas)), why

    def _best(self, scaler: Obj, target: Obj, replicas: int) -> Proposal | None:
        namespace = key_of(scaler)[0]
        chosen = [pod for pod in self.world.store.list("pods", namespace) if selects(of_scaled(target), pod) and pods.active(pod)]
        found: list[Proposal] = []
        failed: list[NoMetricError] = []
        wanted = each(scaler["spec"], "metrics")
        for metric in wanted:
            try:
                found.append(propose(self.world, metric, chosen, replicas))
            except NoMetricError as error:
                failed.append(error)
                self.world.events.warning(scaler, _SOURCE, error.reason, str(error))
        scaler["status"]["currentMetrics"] = [proposal.current for proposal in found]
        best = max(found, key=lambda proposal: proposal.replicas, default=None)
        if failed and (best is None or best.replicas < replicas):  # nobody scales down on half of the metrics
            first = failed[0]
            self._tell(scaler, "ScalingActive", "False", first.reason, f"the HPA was unable to compute the replica count: {first}")
            said = f"invalid metrics ({len(failed)} invalid out of {len(wanted)}), first error is: {first.what}{first}"
            self.world.events.warning(scaler, _SOURCE, "FailedComputeMetricsReplicas", said)
            return None
        if best is not None:
            message = f"the HPA was able to successfully calculate a replica count from {best.metric}"
            self._tell(scaler, "ScalingActive", "True", "ValidMetricFound", message)
        return best

    def _steady(self, scaler: Obj, replicas: int, wanted: int) -> int:
        """Hold back what recent recommendations speak against (`stabilizationWindowSeconds`: down 300, up 0)."""
        now, key = self.world.now, key_of(scaler)
        behavior = inside(scaler["spec"], "behavior")
        down = timedelta(seconds=inside(behavior, "scaleDown").get("stabilizationWindowSeconds", _DOWN_WINDOW))
        up = timedelta(seconds=inside(behavior, "scaleUp").get("stabilizationWindowSeconds", 0))
        recent = [(when, count) for when, count in self._recommended.get(key, ()) if when > now - max(down, up)]
        self._recommended[key] = [*recent, (now, wanted)]
        lowest = min([wanted, *(count for when, count in recent if when > now - up)])
        highest = max([wanted, *(count for when, count in recent if when > now - down)])
        steady = min(max(replicas, lowest), highest)
        if wanted < replicas and inside(behavior, "scaleDown").get("selectPolicy") == "Disabled":
            steady = replicas
        if wanted > replicas and inside(behavior, "scaleUp").get("selectPolicy") == "Disabled":
            steady = replicas
        kind = "ScaleDownStabilized" if wanted < steady else "ScaleUpStabilized" if wanted > steady else ""
        if kind:
            words = ("higher", "highest") if kind == "ScaleDownStabilized" else ("lower", "lowest")
            message = f"recent recommendations were {words[0]} than current one, applying the {words[1]} recent recommendation"
            self._tell(scaler, "AbleToScale", "True", kind, message)
        else:
            self._tell(scaler, "AbleToScale", "True", "ReadyForNewScale", "recommended size matches current size")
        return steady

    def _within(self, scaler: Obj, replicas: int, wanted: int) -> int:
        """Between the bounds, and no faster than to the double or by four at a time."""
        least, most = scaler["spec"].get("minReplicas", 1), scaler["spec"]["maxReplicas"]
        fastest = max(2 * replicas, replicas + 4)
        told, result = _RANGE, wanted
        if wanted > min(most, fastest):
            result = min(most, fastest)
            told = ("True", "TooManyReplicas", "the desired replica count is more than the maximum replica count")
            if fastest < most:
                told = ("True", "ScaleUpLimit", "the desired replica count is increasing faster than the maximum scale rate")
        elif wanted < least:
            result, told = least, ("True", "TooFewReplicas", "the desired replica count is less than the minimum replica count")
        self._tell(scaler, "ScalingLimited", *told)
        return result

    def _scale(self, scaler: Obj, resource: Resource, target: Obj, wanted: int, why: str) -> None:
        scaler["status"]["desiredReplicas"] = wanted
        if wanted == target["spec"].get("replicas", 1):
            return

        def resized(old: Obj) -> Obj:
            new = clone(old)
            new["spec"]["replicas"] = wanted
            return new

        self.writes.change(resource, key_of(target), resized)
        scaler["status"]["lastScaleTime"] = timestamps.seconds(self.world.now)
        message = f"the HPA controller was able to update the target scale to {wanted}"
        self._tell(scaler, "AbleToScale", "True", "SucceededRescale", message)
        self.world.events.normal(scaler, _SOURCE, "SuccessfulRescale", f"New size: {wanted}; reason: {why}")

    def _tell(self, scaler: Obj, kind: str, status: str, reason: str, message: str) -> None:
        set_condition(scaler, {"type": kind, "status": status, "reason": reason, "message": message}, self.world.timestamp)
