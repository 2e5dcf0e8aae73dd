"""CronJobs: a Job at each minute that the schedule names. Source: `pkg/controller/cronjob/cronjob_controllerv2.go`."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from stead.practice import timestamps
from stead.practice.api.deletion import DeleteOptions
from stead.practice.controllers import cron
from stead.practice.controllers.base import Controller
from stead.practice.objects import (
    Key,
    Obj,
    clone,
    condition_status,
    deleting,
    each,
    inside,
    key_of,
    name_of,
    namespace_of,
    owner_reference,
    uid_of,
)
from stead.practice.store import Change

RESOURCE, JOBS = "cronjobs.batch", "jobs.batch"
_SOURCE = "cronjob-controller"


class CronJobs(Controller):
    name = "cronjob"
    watches = (RESOURCE, JOBS)

    def on_change(self, change: Change) -> None:
        if change.resource == JOBS:
            self.queue_owner(change, "CronJob")
        elif change.verb != "DELETED":
            self.queue(change.key)

    def reconcile(self, key: Key) -> None:
        owner = self.world.store.get(RESOURCE, *key)
        if owner is None or deleting(owner):
            return
        self._note_jobs(owner)
        owner = self.world.store.get(RESOURCE, *key) or owner
        if not owner["spec"].get("suspend"):
            self._schedule(owner)

    def _jobs(self, owner: Obj) -> list[Obj]:
        keys = [key for resource, key in self.world.indexes.dependents(uid_of(owner)) if resource == JOBS]
        return [job for key in keys if (job := self.world.store.get(JOBS, *key)) is not None]

    def _schedule(self, owner: Obj) -> None:
        try:
            schedule = cron.parse(owner["spec"]["schedule"])
            zone = ZoneInfo(owner["spec"].get("timeZone") or "UTC")
        except (ValueError, ZoneInfoNotFoundError) as error:
            text = f"unparseable schedule: {owner['spec']['schedule']} : {error}"
            self.world.events.warning(owner, _SOURCE, "UnparseableSchedule", text)
            return
        last = owner["status"].get("lastScheduleTime") or owner["metadata"]["creationTimestamp"]
        due = schedule.next_after(timestamps.parse(last).astimezone(zone))
        newest: datetime | None = None
        while due is not None and due <= self.world.now:
            newest, due = due, schedule.next_after(due)
        if newest is not None:
            self._start(owner, newest.astimezone(UTC))
        if due is not None:
            self.world.engine.at(due.astimezone(UTC), self, key_of(owner))

    def _start(self, owner: Obj, when: datetime) -> None:
        running = [job for job in self._jobs(owner) if not _over(job)]
        policy = owner["spec"]["concurrencyPolicy"]
        if running and policy == "Forbid":
            # And nothing else: `lastScheduleTime` stays that of the run which is still at work (syncCronJob in cronjob_controllerv2.go).
            self.world.events.normal(
                owner, _SOURCE, "JobAlreadyActive", "Not starting job because prior execution is running and concurrency policy is Forbid"
            )
            return
        if policy == "Replace":
            for job in running:
                self._drop(owner, job)
        self._make(owner, when)
        stamp = timestamps.seconds(when)
        self.world.edit(RESOURCE, key_of(owner), lambda obj: obj.setdefault("status", {}).update(lastScheduleTime=stamp))

    def _make(self, owner: Obj, when: datetime) -> None:
        template = owner["spec"]["jobTemplate"]
        meta = clone(inside(template, "metadata"))
        meta["name"] = f"{name_of(owner)}-{int(when.timestamp()) // 60}"
        meta["ownerReferences"] = [owner_reference(owner)]
        stamp = {"batch.kubernetes.io/cronjob-scheduled-timestamp": timestamps.seconds(when)}
        meta["annotations"] = {**inside(meta, "annotations"), **stamp}
        if self.world.store.get(JOBS, namespace_of(owner), meta["name"]) is not None:
            return
        obj = {"metadata": meta, "spec": clone(template["spec"])}
        self.writes.create(self.world.registry.named(JOBS), obj, namespace_of(owner))
        self.world.events.normal(owner, _SOURCE, "SuccessfulCreate", f"Created job {meta['name']}")

    def _drop(self, owner: Obj, job: Obj) -> None:
        self.deletes.delete(self.world.registry.named(JOBS), key_of(job), DeleteOptions(propagation="Background"))
        self.world.events.normal(owner, _SOURCE, "SuccessfulDelete", f"Deleted job {name_of(job)}")

    def _note_jobs(self, owner: Obj) -> None:
        """Keep the list of active jobs, say which have finished, and let go of old ones."""
        jobs = self._jobs(owner)
        active = [job for job in jobs if not _over(job)]
        before = {reference["uid"] for reference in each(owner["status"], "active")}
        for job in jobs:
            if uid_of(job) in before and _over(job):
                self.world.events.normal(owner, _SOURCE, "SawCompletedJob", f"Saw completed job: {name_of(job)}, condition: {_over(job)}")
        listed = [
            {"kind": "Job", "namespace": namespace_of(j), "name": name_of(j), "uid": uid_of(j), "apiVersion": "batch/v1"} for j in active
        ]
        done = [job["status"]["completionTime"] for job in jobs if _over(job) == "Complete"]

        def note(obj: Obj) -> None:
            status = obj.setdefault("status", {})
            status.pop("active", None)
            if listed:
                status["active"] = listed
            if done:
                status["lastSuccessfulTime"] = max(done)

        self.world.edit(RESOURCE, key_of(owner), note)
        for verdict, field in (("Complete", "successfulJobsHistoryLimit"), ("Failed", "failedJobsHistoryLimit")):
            ended = sorted((job for job in jobs if _over(job) == verdict), key=lambda job: job["metadata"]["creationTimestamp"])
            for job in ended[: max(0, len(ended) - owner["spec"][field])]:
                self._drop(owner, job)


def _over(job: Obj) -> str:
    return next((kind for kind in ("Complete", "Failed") if condition_status(job, kind) == "True"), "")
