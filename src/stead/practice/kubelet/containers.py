"""One container of a pod on its node: pull, configure, start, probe, end, back off, start again.

Promise: `step` is called at every instant it asked for and does what is due then; everything between is unchanged.
Source: `pkg/kubelet/kuberuntime/kuberuntime_manager.go`, `pkg/kubelet/images/image_manager.go`, `pkg/kubelet/prober`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from stead.practice import timestamps
from stead.practice.kubelet import environment, runs
from stead.practice.kubelet.backoff import BackOff
from stead.practice.kubelet.runs import Run
from stead.practice.objects import Obj, name_of, namespace_of, uid_of
from stead.practice.world import World

_PLEG = timedelta(seconds=1)  # how long the kubelet takes to notice that a container ended: the relist period
_RESYNC = timedelta(seconds=10)
_PROBE_BURST = 25  # events of one source about one object, before the spam filter lets one through every 5 minutes
_PROBE_SLOW = timedelta(minutes=5)


class Node(Protocol):
    """What a container needs of its node."""

    name: str
    pulled: set[str]


@dataclass(slots=True)
class Container:
    spec: Obj
    init: bool = False
    waiting: tuple[str, str] | None = ("ContainerCreating", "")
    run: Run | None = None
    last: Run | None = None
    restarts: int = 0
    crashes: BackOff = field(default_factory=BackOff)
    pulls: BackOff = field(default_factory=BackOff)
    pull_ends: datetime | None = None
    pull_failed: datetime | None = None
    wakes: datetime | None = None
    probed: datetime | None = None
    killing: bool = False

    @property
    def name(self) -> str:
        return self.spec["name"]

    def running(self, now: datetime) -> bool:
        return self.run is not None and (self.run.ends is None or self.run.ends > now)

    def ended(self, now: datetime) -> bool:
        return self.run is not None and self.run.ends is not None and self.run.ends <= now

    def done(self, now: datetime) -> bool:
        return self.ended(now) and self.run is not None and self.run.exit_code == 0


class Stepper:
    """Moves the containers of one pod."""

    def __init__(self, world: World, node: Node, pod: Obj) -> None:
        self._world = world
        self._node = node
        self._pod = pod
        self._now = world.now

    def step(self, container: Container) -> None:
        if container.running(self._now):
            self._watch(container)
        elif container.ended(self._now):
            self._after_end(container)
        else:
            self._start(container)

    def _say(self, kind: str, container: Container, reason: str, message: str) -> None:
        say = self._world.events.warning if kind == "Warning" else self._world.events.normal
        say(self._pod, "kubelet", reason, message, host=self._node.name, container=container.name)

    def _wait(self, container: Container, reason: str, message: str, wakes: datetime) -> None:
        container.waiting, container.wakes = (reason, message), wakes

    def _start(self, container: Container) -> None:
        if container.wakes is not None and container.wakes > self._now:
            return
        if not self._image_there(container):
            return
        try:
            env = environment.variables(self._world.store, self._pod, container.spec)
        except environment.ConfigError as error:
            self._say("Warning", container, "Failed", f"Error: {error}")
            self._wait(container, "CreateContainerConfigError", str(error), self._now + _RESYNC)
            return
        image = self._world.images.of(container.spec["image"])
        self._say("Normal", container, "Created", "Container created")
        if image.start_error:
            self._say("Warning", container, "Failed", f"Error: {image.start_error}")
            container.crashes.next(self._now)
            self._wait(container, "RunContainerError", image.start_error, self._now + container.crashes.delay)
            return
        self._begin(container, env)

    def _begin(self, container: Container, env: dict[str, str]) -> None:
        if container.run is not None:
            container.last, container.restarts = container.run, container.restarts + 1
        if container.last is not None:
            container.crashes.next(self._now)
        identity = self._world.names.hex(64, "container", uid_of(self._pod), container.name)
        image = self._world.images.of(container.spec["image"])
        container.run = runs.begin(f"containerd://{identity}", image, container.spec, env, self._now)
        container.waiting, container.probed, container.killing = None, None, False
        self._say("Normal", container, "Started", "Container started")
        self._watch(container)

    def _image_there(self, container: Container) -> bool:
        name, policy = container.spec["image"], container.spec.get("imagePullPolicy", "IfNotPresent")
        if container.pull_ends is not None:
            return self._pull_done(container)
        if policy != "Always" and name in self._node.pulled:
            self._say("Normal", container, "Pulled", f'Container image "{name}" already present on machine')
            return True
        if policy == "Never":
            self._say("Warning", container, "ErrImageNeverPull", f'Container image "{name}" is not present with pull policy of Never')
            self._wait(
                container, "ErrImageNeverPull", f'Container image "{name}" is not present with pull policy of Never', self._now + _RESYNC
            )
            return False
        if container.pull_failed is not None and (ends := container.pulls.ends(container.pull_failed)) > self._now:
            self._pull_backs_off(container, ends)
            return False
        self._say("Normal", container, "Pulling", f'Pulling image "{name}"')
        seconds = self._world.images.of(name).pull_seconds
        container.pull_ends = container.wakes = self._now + timedelta(seconds=seconds)
        return self._pull_done(container) if seconds <= 0 else False

    def _pull_done(self, container: Container) -> bool:
        if container.pull_ends is None or container.pull_ends > self._now:
            return False
        container.pull_ends = None
        name = container.spec["image"]
        image = self._world.images.of(name)
        if not image.exists:
            self._pull_fails(container, image.pull_error or _not_found(name))
            return False
        self._node.pulled.add(name)
        container.pull_failed = None
        took = f"{int(image.pull_seconds * 1000)}ms" if image.pull_seconds < 1 else f"{image.pull_seconds:g}s"
        text = f'Successfully pulled image "{name}" in {took} ({took} including waiting). Image size: {image.size_bytes} bytes.'
        self._say("Normal", container, "Pulled", text)
        return True

    def _pull_fails(self, container: Container, why: str) -> None:
        name = container.spec["image"]
        self._say("Warning", container, "Failed", f'Failed to pull image "{name}": {why}')
        self._say("Warning", container, "Failed", "Error: ErrImagePull")
        container.pulls.next(self._now)
        container.pull_failed = self._now
        self._wait(container, "ErrImagePull", why, self._now + _PLEG)

    def _pull_backs_off(self, container: Container, ends: datetime) -> None:
        name = container.spec["image"]
        image = self._world.images.of(name)
        text = f'Back-off pulling image "{name}": ErrImagePull: {image.pull_error or _not_found(name)}'
        self._say("Normal", container, "BackOff", f'Back-off pulling image "{name}"')
        self._say("Warning", container, "Failed", "Error: ImagePullBackOff")
        self._wait(container, "ImagePullBackOff", text, ends)

    def _after_end(self, container: Container) -> None:
        """It ended. Whether it is started again is the restart policy's; when, the back-off's."""
        run = container.run
        assert run is not None and run.ends is not None
        policy = self._pod["spec"]["restartPolicy"]
        if policy == "Never" or (run.exit_code == 0 and (policy == "OnFailure" or container.init)):
            container.wakes = None
            return
        noticed = run.ends + _PLEG
        if noticed > self._now:
            container.wakes = noticed
            return
        ends = container.crashes.ends(run.ends)
        if ends > self._now:
            self._crash_backs_off(container, ends)
        else:
            container.wakes = None
            self._start(container)

    def _crash_backs_off(self, container: Container, ends: datetime) -> None:
        already = container.waiting is not None and container.waiting[0] == "CrashLoopBackOff"
        pod = f"{name_of(self._pod)}_{namespace_of(self._pod)}({uid_of(self._pod)})"
        wait = timestamps.go_duration(container.crashes.delay)
        if not already:
            self._say("Warning", container, "BackOff", f"Back-off restarting failed container {container.name} in pod {pod}")
        said = f"back-off {wait} restarting failed container={container.name} pod={pod}"
        self._wait(container, "CrashLoopBackOff", said, ends)

    def _watch(self, container: Container) -> None:
        """It runs: look at its probes and plan when to look again."""
        run = container.run
        assert run is not None
        dues = [run.ends, *(self._probes(container, run) if not container.killing else ())]
        container.wakes = min((due for due in dues if due is not None and due > self._now), default=None)

    def _probes(self, container: Container, run: Run) -> list[datetime | None]:
        live = self._liveness(container, run)
        probe = container.spec.get("readinessProbe") or container.spec.get("startupProbe")
        if probe is None:
            run.ready = True
            return [live]
        first = run.started + timedelta(seconds=max(probe.get("initialDelaySeconds", 0), run.image.ready_after))
        if not run.image.never_ready and first <= self._now:
            run.ready = True
            return [live]
        return [live, None if run.image.never_ready else first, self._fail_probe(container, run, probe)]

    def _fail_probe(self, container: Container, run: Run, probe: Obj) -> datetime:
        """Say that it is not ready, as often as the spam filter lets an event through; the result is the next time."""
        period = timedelta(seconds=probe["periodSeconds"]) if run.failed_probes < _PROBE_BURST else _PROBE_SLOW
        due = (
            container.probed + period if container.probed else run.started + timedelta(seconds=max(1, probe.get("initialDelaySeconds", 0)))
        )
        if due > self._now:
            return due
        self._say("Warning", container, "Unhealthy", f"Readiness probe failed: {run.image.probe_failure}")
        container.probed, run.failed_probes = self._now, run.failed_probes + 1
        return self._now + period

    def _liveness(self, container: Container, run: Run) -> datetime | None:
        probe = container.spec.get("livenessProbe")
        if probe is None or run.image.live_until is None:
            return None
        begins = max(run.image.live_until, probe.get("initialDelaySeconds", 0))
        kills = run.started + timedelta(seconds=begins + probe["periodSeconds"] * (probe["failureThreshold"] - 1))
        if kills > self._now:
            return kills
        self._say("Warning", container, "Unhealthy", f"Liveness probe failed: {run.image.probe_failure}")
        self._say("Normal", container, "Killing", f"Container {container.name} failed liveness probe, will be restarted")
        self.kill(container, timedelta(seconds=self._pod["spec"].get("terminationGracePeriodSeconds", 30)))
        return run.ends

    def kill(self, container: Container, grace: timedelta) -> None:
        """SIGTERM now, SIGKILL when the grace is over."""
        run = container.run
        if run is None or not container.running(self._now):
            return
        wanted = timedelta(seconds=run.image.stop_seconds)
        if wanted <= grace:
            code = run.image.stop_exit_code
            run.stop(self._now + wanted, code, "Completed" if code == 0 else "Error")
        else:
            run.stop(self._now + grace, 137, "Error")
        container.killing = True


def _not_found(name: str) -> str:
    reference = name if ":" in name.rpartition("/")[2] or "@" in name else f"{name}:latest"
    return (
        f'rpc error: code = NotFound desc = failed to pull and unpack image "{reference}": failed to resolve reference '
        f'"{reference}": {reference}: not found'
    )
