"""Jobs: pods until enough of them succeeded, or too many failed. Source: `pkg/controller/job/job_controller.go`."""

from __future__ import annotations

from datetime import datetime, timedelta

from stead.practice import timestamps
from stead.practice.api.deletion import DeleteOptions
from stead.practice.api.errors import ApiError
from stead.practice.controllers import pods
from stead.practice.controllers.pods import PodMaker
from stead.practice.objects import Key, Obj, clone, condition_status, deleting, each, inside, key_of
from stead.practice.store import Change

RESOURCE = "jobs.batch"
_FIRST_RETRY, _LONGEST_RETRY = timedelta(seconds=10), timedelta(seconds=600)


class Jobs(PodMaker):
    name = "job"
    watches = (RESOURCE, "pods")

    def on_change(self, change: Change) -> None:
        if change.resource == "pods":
            self.queue_owner(change, "Job")
        elif change.verb != "DELETED":
            self.queue(change.key)

    def reconcile(self, key: Key) -> None:
        job = self.world.store.get(RESOURCE, *key)
        if job is None or deleting(job):
            return
        if _finished(job):
            self._expire(job)
            return
        owned = self.pods_of(job)
        status = self._status(job, owned)
        self.put_status(RESOURCE, job, status)
        if status.get("conditions") and _over(status):
            self._stop_rest(job, owned, _over(status))
        elif not job["spec"].get("suspend"):
            self._run(job, owned, status)

    def _run(self, job: Obj, owned: list[Obj], status: Obj) -> None:
        spec = job["spec"]
        wanted = spec["parallelism"]
        if spec.get("completions") is not None:
            wanted = min(wanted, spec["completions"] - status.get("succeeded", 0))
        running = sum(1 for pod in owned if pods.active(pod))
        if wanted <= running:
            return
        again = self._retry_at(owned)
        if again is not None:
            self.world.engine.at(again, self, key_of(job))
            return
        for _ in range(wanted - running):
            try:
                self.make_pod(job, spec["template"])
            except ApiError:
                self.world.engine.after(_FIRST_RETRY, self, key_of(job))
                return

    def _retry_at(self, owned: list[Obj]) -> datetime | None:
        """When the next pod may be made after failures; None when now."""
        failed = [pod for pod in owned if pods.phase(pod) == "Failed"]
        if not failed:
            return None
        last = max(_ended(pod) for pod in failed)
        due = timestamps.parse(last) + min(_FIRST_RETRY * 2 ** (len(failed) - 1), _LONGEST_RETRY)
        return due if due > self.world.now else None

    def _status(self, job: Obj, owned: list[Obj]) -> Obj:
        spec, old = job["spec"], inside(job, "status")
        status: Obj = {name: clone(old[name]) for name in ("conditions", "startTime") if name in old}
        counts = {
            "active": sum(1 for pod in owned if pods.active(pod)),
            "ready": sum(1 for pod in owned if pods.active(pod) and pods.ready(pod)),
            "succeeded": sum(1 for pod in owned if pods.phase(pod) == "Succeeded"),
            "failed": sum(1 for pod in owned if pods.phase(pod) == "Failed"),
        }
        status.setdefault("startTime", self.world.timestamp)
        status |= {name: count for name, count in counts.items() if count or name == "ready"}
        status |= {"terminating": sum(1 for pod in owned if deleting(pod)), "uncountedTerminatedPods": {}}
        if counts["succeeded"] >= (spec.get("completions") or spec["parallelism"]) and counts["succeeded"]:
            self._complete(job, status)
        else:
            self._fail_if_due(job, status, counts["failed"], owned)
        return status

    def _complete(self, job: Obj, status: Obj) -> None:
        message = "Reached expected number of succeeded pods"
        for kind in ("SuccessCriteriaMet", "Complete"):
            self._conclude(status, kind, "CompletionsReached", message)
        status["completionTime"] = self.world.timestamp
        self.world.events.normal(job, self.source, "Completed", "Job completed")

    def _fail_if_due(self, job: Obj, status: Obj, failed: int, owned: list[Obj]) -> None:
        spec = job["spec"]
        restarts = sum(c.get("restartCount", 0) for pod in owned for c in each(pod, "status", "containerStatuses"))
        deadline = spec.get("activeDeadlineSeconds")
        reason, message = "", ""
        if failed > spec["backoffLimit"] or (spec["template"]["spec"]["restartPolicy"] == "OnFailure" and restarts > spec["backoffLimit"]):
            reason, message = "BackoffLimitExceeded", "Job has reached the specified backoff limit"
        elif deadline is not None:
            due = timestamps.parse(status["startTime"]) + timedelta(seconds=deadline)
            if due <= self.world.now:
                reason, message = "DeadlineExceeded", "Job was active longer than specified deadline"
            else:
                self.world.engine.at(due, self, key_of(job))
        if reason:
            for kind in ("FailureTarget", "Failed"):
                self._conclude(status, kind, reason, message)
            self.world.events.warning(job, self.source, reason, message)

    def _conclude(self, status: Obj, kind: str, reason: str, message: str) -> None:
        now = self.world.timestamp
        entry = {"type": kind, "status": "True", "lastProbeTime": now, "lastTransitionTime": now, "reason": reason, "message": message}
        status.setdefault("conditions", []).append(entry)

    def _stop_rest(self, job: Obj, owned: list[Obj], verdict: str) -> None:
        for pod in owned:
            if verdict == "Failed" and pods.active(pod):
                self.drop_pod(job, pod)
        self.queue(key_of(job))

    def _expire(self, job: Obj) -> None:
        seconds = job["spec"].get("ttlSecondsAfterFinished")
        if seconds is None:
            return
        ended = next(c["lastTransitionTime"] for c in job["status"]["conditions"] if c["type"] in ("Complete", "Failed"))
        due = timestamps.parse(ended) + timedelta(seconds=seconds)
        if due > self.world.now:
            self.world.engine.at(due, self, key_of(job))
        else:
            self.deletes.delete(self.world.registry.named(RESOURCE), key_of(job), DeleteOptions(propagation="Background"))


def _over(status: Obj) -> str:
    return next((kind for kind in ("Complete", "Failed") if condition_status({"status": status}, kind) == "True"), "")


def _finished(job: Obj) -> bool:
    return bool(_over(inside(job, "status")))


def _ended(pod: Obj) -> str:
    """When its last container ended, or (for a pod that never ran) when it was made."""
    ends = [
        state["terminated"]["finishedAt"]
        for container in each(pod["status"], "containerStatuses")
        if (state := inside(container, "state")).get("terminated")
    ]
    return max(ends, default=pod["metadata"]["creationTimestamp"])
