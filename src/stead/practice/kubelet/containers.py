"""One container of a pod on its node: pull, configure, start, probe, end, back off, start again.

Promise: `step` is called at every instant it asked for and does what is due then; everything between is unchanged.
Source: `pkg/kubelet/kuberuntime/kuberuntime_manager.go`, `pkg/kubelet/images/image_manager.go`, `pkg/kubelet/prober`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from stead.practice import timestamps
from stead.practice.kubelet import environment, needs, probes, runs
from stead.practice.kubelet.backoff import BackOff
from stead.practice.kubelet.runs import Given, Run, Tick
from stead.practice.objects import Obj, inside, name_of, namespace_of, uid_of
from stead.practice.world import World

_PLEG = timedelta(seconds=1)  # how long the kubelet takes to notice that a container ended: the relist period
_RESYNC = timedelta(seconds=10)
_LOOK_EVERY = timedelta(seconds=5)  # how often a program notices what the cluster does not give it


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
    killing: bool = False
    was_up: bool = False
    """Some run of it has come past its startup probe."""

    @property
    def name(self) -> str:
        return self.spec["name"]

    @property
    def sidecar(self) -> bool:
        """An init container that stays: the others do not wait for its end, only until it is up (KEP-753)."""
        return self.init and self.spec.get("restartPolicy") == "Always"

    def passed(self, now: datetime) -> bool:
        """An init container that no longer holds up those after it: it is done, or has been up once and is to stay."""
        return self.was_up if self.sidecar else self.done(now)

    def running(self, now: datetime) -> bool:
        return self.run is not None and (self.run.ends is None or self.run.ends > now)

    def ended(self, now: datetime) -> bool:
        return self.run is not None and self.run.ends is not None and self.run.ends <= now

    def done(self, now: datetime) -> bool:
        return self.ended(now) and self.run is not None and self.run.exit_code == 0

    def rests(self, now: datetime) -> bool:
        """Nothing is to be done with it at this instant: it runs, or waits for a later one."""
        return self.running(now) or (self.wakes is not None and self.wakes > now)


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
        files = environment.files(self._world.store, self._pod, container.spec)
        container.run = runs.begin(f"containerd://{identity}", image, container.spec, Given(env, files, container.restarts), self._now)
        container.waiting, container.killing = None, False
        self._say("Normal", container, "Started", "Container started")
        self._watch(container)

    def _image_there(self, container: Container) -> bool:
        name, policy = container.spec["image"], container.spec.get("imagePullPolicy", "IfNotPresent")
        if wrong := _wrong_name(name):
            self._say("Warning", container, "InspectFailed", wrong)
            self._say("Warning", container, "Failed", "Error: InvalidImageName")
            self._wait(container, "InvalidImageName", wrong, self._now + _RESYNC)
            return False
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
        policy = "Always" if container.sidecar else self._pod["spec"]["restartPolicy"]
        if policy == "Never" or (run.exit_code == 0 and (policy == "OnFailure" or (container.init and not container.sidecar))):
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
        """It runs: look at what it needs and at its probes, and plan when to look again."""
        run = container.run
        assert run is not None
        dues = [run.ends]
        if not container.killing:
            dues += [self._look(run), self._probe(container, run), run.ends]
            dues += [run.started + timedelta(seconds=run.image.oom_after)] if run.image.memory_bytes else []
        container.wakes = min((due for due in dues if due is not None and due > self._now), default=None)

    def _look(self, run: Run) -> datetime | None:
        """Now and then: is there what its image needs of the cluster? The result is when to look again."""
        if not (run.image.needs_access or run.image.needs_service):
            return None
        if run.looked is not None and run.looked + _LOOK_EVERY > self._now:
            return run.looked + _LOOK_EVERY
        run.looked = self._now
        found = needs.unmet(self._world, self._pod, run.image)
        if found and found != run.lacks:
            run.lines.append((self._now, f"error: {found}"))
        run.lacks_since = (run.lacks_since or self._now) if found else None
        run.lacks = found
        patience = timedelta(seconds=run.image.patience)
        if run.image.when_cut_off == "crash" and run.lacks_since is not None and run.lacks_since + patience <= self._now:
            runs.give_up(run, self._now)
        return self._now + _LOOK_EVERY

    def _probe(self, container: Container, run: Run) -> datetime | None:
        """Probe it as its spec asks; the result is when the next probe may turn out otherwise, or is to fail again."""
        if not container.running(self._now):
            return run.ends
        turns = [at for at in probes.turns(run, container.spec) if at > self._now]
        if not run.up:
            again = self._one_probe(container, run, "Startup")
            if again is not None:
                return min([again, *turns])
            run.up = container.was_up = True
        live = self._one_probe(container, run, "Liveness")
        ready = None if container.killing else self._one_probe(container, run, "Readiness")
        return min((due for due in (live, ready, run.ends, *turns) if due is not None), default=None)

    def _one_probe(self, container: Container, run: Run, kind: str) -> datetime | None:
        """One kind of probe, now. When it fails, the result is when it fails next; None when it succeeds."""
        probe = container.spec.get(probes.FIELDS[kind])
        if probe is None:
            return self._succeeds(run, kind)
        tick = run.ticks.setdefault(kind, Tick())
        why = probes.failure(kind, container.spec, run, self._now, inside(self._pod, "status").get("podIP", ""))
        if not why:
            run.ticks[kind] = Tick()
            return self._succeeds(run, kind)
        due = probes.next_failure(kind, probe, run, tick)
        if due > self._now:
            return due
        self._say("Warning", container, "Unhealthy", f"{kind} probe failed: {why}")
        tick.failed, tick.failures = self._now, tick.failures + 1
        if tick.failures >= probe["failureThreshold"]:
            self._probe_decides(container, run, kind)
        return run.ends if container.killing else probes.next_failure(kind, probe, run, tick)

    def _succeeds(self, run: Run, kind: str) -> None:
        run.ready = run.ready or kind == "Readiness"

    def _probe_decides(self, container: Container, run: Run, kind: str) -> None:
        """It failed as often as its spec allows: an unready container stays, one that is not alive is replaced."""
        if kind == "Readiness":
            run.ready = False
            return
        self._say("Normal", container, "Killing", f"Container {container.name} failed {kind.lower()} probe, will be restarted")
        self.kill(container, timedelta(seconds=self._pod["spec"].get("terminationGracePeriodSeconds", 30)))

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


def _wrong_name(name: str) -> str:
    """What is wrong with an image's name; empty for a good one. Source: `distribution/reference` (ErrNameNotCanonical and its kin)."""
    path = name.partition("@")[0].rpartition("/")[2].partition(":")[0]
    if not name or any(c.isspace() for c in name):
        return f'Failed to apply default image tag "{name}": couldn\'t parse image name "{name}": invalid reference format'
    if path != path.lower():
        why = f"invalid reference format: repository name ({name.partition('/')[2].partition(':')[0] or path}) must be lowercase"
        return f'Failed to apply default image tag "{name}": couldn\'t parse image name "{name}": {why}'
    return ""


def _not_found(name: str) -> str:
    reference = name if ":" in name.rpartition("/")[2] or "@" in name else f"{name}:latest"
    return (
        f'rpc error: code = NotFound desc = failed to pull and unpack image "{reference}": failed to resolve reference '
        f'"{reference}": {reference}: not found'
    )
