"""The kubelets as one worker: each pod is one key, reconciled at every instant at which something happens in it.

Promise: nothing happens on a node whose kubelet is silent: no status, no restart, no confirmation of a delete.
Source: `pkg/kubelet/{kubelet,pod_workers}.go`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from stead.practice.api import errors
from stead.practice.controllers.base import Controller, Hands
from stead.practice.kubelet import environment, status
from stead.practice.kubelet.containers import Container, Stepper
from stead.practice.kubelet.evictions import Evictions
from stead.practice.objects import Key, Obj, deleting, each, key_of, uid_of
from stead.practice.store import Change

_MOUNT_FIRST, _MOUNT_LONGEST = timedelta(seconds=0.5), timedelta(seconds=122)
_OVER = ("Succeeded", "Failed")


@dataclass(slots=True)
class Machine:
    """A node, as its pods meet it."""

    name: str
    number: int
    pulled: set[str] = field(default_factory=set[str])
    addresses: int = 1

    def address(self) -> str:
        self.addresses += 1
        return f"10.244.{self.number}.{self.addresses}"


@dataclass(slots=True)
class Running:
    """A pod on its machine."""

    inits: list[Container]
    mains: list[Container]
    machine: Machine
    started: str
    ip: str = ""
    mounted: bool = False
    mount_wait: timedelta = _MOUNT_FIRST
    mount_again: datetime | None = None
    stopping: bool = False
    published: bool = False


class Kubelets(Controller):
    name = "kubelet"
    watches = ("pods",)

    def start(self) -> None:
        super().start()
        self._machines: dict[str, Machine] = {}
        self._pods: dict[str, Running] = {}
        self._told: Key | None = None
        """The pod whose status is being written here, when nothing follows from that by itself."""
        hands = Hands(self.world, self.writes, self.deletes)
        self._evictions = Evictions(hands, self._containers, lambda pod: self._pods.pop(uid_of(pod), None))

    def on_change(self, change: Change) -> None:
        if change.verb == "DELETED":
            self._pods.pop(uid_of(change.obj), None)
        elif change.obj["spec"].get("nodeName") and change.key != self._told:
            self.queue(change.key)

    def machine(self, node: str) -> Machine:
        if node not in self._machines:
            self._machines[node] = Machine(node, len(self._machines))
        return self._machines[node]

    def forget(self, node: str) -> None:
        """The machine is gone, with all that ran on it."""
        for pod in self.world.indexes.pods_on(node):
            self._pods.pop(uid_of(pod), None)
        self._machines.pop(node, None)

    def reconcile(self, key: Key) -> None:
        pod = self.world.store.get("pods", *key)
        if pod is None or not self.world.kubelet_runs(pod["spec"].get("nodeName", "")):
            return
        running = self._running(pod)
        if deleting(pod):
            self._stop(pod, running)
            return
        if pod["status"]["phase"] not in _OVER:
            self._go_on(pod, running)
            self._publish(pod, running)
            self._plan(key, running)
            if any(container.run is not None and container.run.image.memory_bytes for container in running.mains):
                self._evictions.queue(("", running.machine.name))

    def _running(self, pod: Obj) -> Running:
        found = self._pods.get(uid_of(pod))
        if found is None:
            inits = [Container(spec, init=True) for spec in each(pod["spec"], "initContainers")]
            mains = [Container(spec) for spec in pod["spec"]["containers"]]
            if inits:
                for container in (*inits, *mains):
                    container.waiting = ("PodInitializing", "")
            found = Running(inits, mains, self.machine(pod["spec"]["nodeName"]), self.world.timestamp)
            self._pods[uid_of(pod)] = found
        for container, spec in zip(found.mains, pod["spec"]["containers"], strict=False):
            container.spec = spec  # an image may be changed in place
        return found

    def _go_on(self, pod: Obj, running: Running) -> None:
        if not running.published:
            return  # first the pod is admitted, and shows it
        if not running.mounted and not self._mount(pod, running):
            return
        stepper = Stepper(self.world, running.machine, pod)
        for container in running.inits:
            stepper.step(container)
            if not container.passed(self.world.now):
                return
        for container in running.mains:
            stepper.step(container)

    def _mount(self, pod: Obj, running: Running) -> bool:
        now = self.world.now
        if running.mount_again is not None and running.mount_again > now:
            return False
        if self._says_why_not(pod, running.machine.name):
            running.mount_again = now + running.mount_wait
            running.mount_wait = min(running.mount_wait * 2, _MOUNT_LONGEST)
            return False
        running.mounted, running.mount_again = True, None
        running.ip = running.machine.address()
        return True

    def _says_why_not(self, pod: Obj, node: str) -> bool:
        """Whether a volume cannot come to the pod; it is said in an event."""
        store, events = self.world.store, self.world.events
        if why := environment.attach_problem(store, pod):
            events.warning(pod, "attachdetach-controller", "FailedAttachVolume", why)
        elif why := environment.mount_problem(store, pod):
            events.warning(pod, "kubelet", "FailedMount", why, host=node)
        return bool(why)

    def _publish(self, pod: Obj, running: Running) -> None:
        now = self.world.now
        stage = status.phase(pod, running.inits, running.mains, now)
        node = self.world.store.get("nodes", "", running.machine.name) or {}
        host = next((a["address"] for a in each(node, "status", "addresses") if a["type"] == "InternalIP"), "")
        told: Obj = {
            "observedGeneration": pod["metadata"].get("generation", 1),
            "phase": stage,
            "conditions": status.conditions(pod, running.inits, running.mains, stage, running.mounted, now, self.world.timestamp),
            "hostIP": host,
            "hostIPs": [{"ip": host}],
        }
        if running.ip and stage not in _OVER:
            told |= {"podIP": running.ip, "podIPs": [{"ip": running.ip}]}
        told["startTime"] = running.started
        if running.inits:
            told["initContainerStatuses"] = [status.container_status(c, now) for c in running.inits]
        told["containerStatuses"] = [status.container_status(c, now) for c in running.mains]
        told["qosClass"] = pod["status"].get("qosClass", "BestEffort")
        if not running.published:
            running.published = True
            self.queue(key_of(pod))
        self._told = key_of(pod) if all(container.rests(now) for container in (*running.inits, *running.mains)) else None
        self.put_status("pods", pod, told)
        self._told = None

    def _plan(self, key: Key, running: Running) -> None:
        dues = [container.wakes for container in (*running.inits, *running.mains)]
        due = min((due for due in (*dues, running.mount_again) if due is not None), default=None)
        if due is not None:
            self.world.engine.at(max(due, self.world.now), self, key)

    def _containers(self, pod: Obj) -> list[Container] | None:
        running = self._pods.get(uid_of(pod))
        return running.mains if running and pod["status"]["phase"] not in _OVER else None

    def _stop(self, pod: Obj, running: Running) -> None:
        """Stop what runs, and confirm the delete when nothing does any more."""
        now = self.world.now
        if not running.stopping:
            running.stopping = True
            grace = timedelta(seconds=max(1, pod["metadata"].get("deletionGracePeriodSeconds") or 0))
            stepper = Stepper(self.world, running.machine, pod)
            for container in (*running.inits, *running.mains):
                if container.running(now):
                    message = f"Stopping container {container.name}"
                    self.world.events.normal(pod, "kubelet", "Killing", message, host=running.machine.name, container=container.name)
                    stepper.kill(container, grace)
        alive = [c.run.ends for c in (*running.inits, *running.mains) if c.running(now) and c.run and c.run.ends]
        if alive:
            self._publish(pod, running)
            self.world.engine.at(min(alive), self, key_of(pod))
            return
        self._confirm(pod, running)

    def _confirm(self, pod: Obj, running: Running) -> None:
        if pod["metadata"].get("finalizers"):
            self._publish(pod, running)
            self.world.edit("pods", key_of(pod), lambda obj: obj["metadata"].update(deletionGracePeriodSeconds=0))
        else:
            self.world.store.remove("pods", key_of(pod))

    def log(self, pod: Obj, container: str, previous: bool) -> list[str] | None:
        """The lines of a container's run; None when there is no such run. Raises ApiError when its node does not answer."""
        node = pod["spec"].get("nodeName", "")
        if not self.world.kubelet_runs(node):
            raise _no_answer(pod, container, node)
        running = self._pods.get(uid_of(pod))
        found = next((c for c in (*running.inits, *running.mains) if c.name == container), None) if running else None
        if found is None:
            return None
        ended = found.run if found.ended(self.world.now) and found.waiting is not None else found.last
        run = ended if previous else found.run
        return run.log(self.world.now) if run else None


def _no_answer(pod: Obj, container: str, node: str) -> errors.ApiError:
    host = pod["status"].get("hostIP") or node
    path = f"https://{host}:10250/containerLogs/{pod['metadata']['namespace']}/{pod['metadata']['name']}/{container}"
    return errors.ApiError(500, "InternalError", f'Get "{path}": dial tcp {host}:10250: connect: no route to host')
