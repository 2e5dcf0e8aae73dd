"""What the checks of pods share: their containers, their nodes, and how much a broken one hurts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from stead.checks.kubernetes.common import after, condition, is_true, joined
from stead.checks.kubernetes.nodes import unwell
from stead.domain.evidence import Evidence
from stead.domain.finding import Severity
from stead.domain.subject import Subject
from stead.estate.kubernetes.kinds import kind_named
from stead.estate.kubernetes.slices import (
    Container,
    ContainerStatus,
    DaemonSet,
    Deployment,
    Pod,
    ReplicaSet,
    ReplicationController,
    StatefulSet,
    Terminated,
)
from stead.estate.kubernetes.view import View

STEADY = timedelta(minutes=10)
"""A container that has run this long no longer loops: the kubelet resets its back-off then (Pod lifecycle, container restarts)."""

LOOPS_FROM = 3
"""Restarts, each after a short run, from which a container that happens to be running is still taken for a looping one."""

CONTENT = timedelta(hours=6)
"""A container that ran longer than this before it failed is not said to fail often: fewer than four times a day."""

FORGIVEN = timedelta(hours=1)
"""How long a container that fails now and then must hold out at least, until its last failure is history."""

PULL_REASONS = frozenset(
    {
        "ErrImagePull",
        "ImagePullBackOff",
        "ImageInspectError",
        "ErrImageNeverPull",
        "InvalidImageName",
        "RegistryUnavailable",
        "SignatureValidationFailed",
    }
)
"""Waiting reasons of a kubelet that has no image (kubelet, pkg/kubelet/images/types.go)."""

CONFIG_REASON = "CreateContainerConfigError"
LOOP_REASONS = frozenset({"CrashLoopBackOff", "RunContainerError", "PostStartHookError"})
START_REASONS = frozenset({"CreateContainerError", "PreCreateHookError", "PreStartHookError"})
OTHERS = PULL_REASONS | LOOP_REASONS | START_REASONS | {CONFIG_REASON}
"""Waiting reasons that a check of their own tells of."""


_UNASKED = Container()

MOST_STARTING = timedelta(hours=6)
"""A probe that gives a container longer than this to start, or to become ready, is not believed."""


@dataclass(frozen=True, slots=True)
class Part:
    """One container of a pod: how it is, and what was asked for."""

    status: ContainerStatus
    pod: Pod
    init: bool

    @property
    def spec(self) -> Container:
        """What was asked for; an empty one where the status names a container that the spec does not have."""
        asked = self.pod.spec
        # As a pod's names are its own, the last of a name speaks for it, and an ordinary container before an init container.
        for one in (*reversed(asked.containers), *reversed(asked.init_containers)):
            if one.name == self.status.name:
                return one
        return _UNASKED

    @property
    def path(self) -> str:
        """Its place in the pod's status."""
        return f'.status.{"initContainerStatuses" if self.init else "containerStatuses"}[?(@.name=="{self.status.name}")]'

    @property
    def name(self) -> str:
        return self.status.name

    @property
    def sidecar(self) -> bool:
        """An init container that stays (restartPolicy Always)."""
        return self.init and self.spec.restart_policy == "Always"

    @property
    def allowed(self) -> timedelta:
        """How long its startup or, once it has started, its readiness probe lets it take until it first says no."""
        probe = self.spec.startup_probe if self.status.started is False else self.spec.readiness_probe
        if probe is None:
            return timedelta(0)
        seconds = max(0, probe.initial_delay_seconds) + max(1, probe.period_seconds) * max(1, probe.failure_threshold)
        return min(MOST_STARTING, timedelta(seconds=min(seconds, MOST_STARTING.total_seconds())))

    @property
    def waiting(self) -> str:
        """Why it waits; "" when it does not."""
        return self.status.state.waiting.reason if self.status.state.waiting else ""

    @property
    def message(self) -> str:
        return self.status.state.waiting.message if self.status.state.waiting else ""

    @property
    def last(self) -> Terminated | None:
        """How it ended last, be it a moment ago or before the present run."""
        return self.status.state.terminated or self.status.last_state.terminated

    @property
    def image(self) -> str:
        return self.spec.image


def judged(pod: Pod) -> bool:
    """Whether a pod is meant to run: it is not being deleted and has not ended."""
    return pod.metadata.deletion_timestamp is None and pod.status.phase not in ("Succeeded", "Failed")


def calm(pod: Pod) -> bool:
    """Whether a pod does what it is meant to, by its own word: ready, not being deleted, and no container of it ever ended or waits.

    Nothing that a check of a pod's state could say is true of such a pod, so it need not be asked (`Check.unless`). An init container
    that ended well is as it should be.
    """
    status = pod.status
    if status.phase != "Running" or pod.metadata.deletion_timestamp is not None or not status.container_statuses:
        return False
    for one in status.container_statuses:
        if not one.ready or one.restart_count or one.state.running is None or one.last_state.terminated is not None:
            return False
    for one in status.init_container_statuses:
        if one.restart_count or one.state.waiting is not None or not (one.ready or one.started):
            return False
    return is_true(status.conditions, "Ready")


def parts(pod: Pod) -> Iterator[Part]:
    """Init containers first, then the others; ephemeral containers are a person's own and are left alone."""
    for status in pod.status.init_container_statuses:
        yield Part(status, pod, init=True)
    for status in pod.status.container_statuses:
        yield Part(status, pod, init=False)


def restarts(pod: Pod, part: Part) -> bool:
    """Whether the kubelet starts this container again when it fails. A `Never` pod is its Job's business."""
    return policy(pod, part) != "Never"


def policy(pod: Pod, part: Part) -> str:
    """When the kubelet starts it again: a container may have a policy of its own (Pod lifecycle, container restart policies)."""
    return part.spec.restart_policy or pod.spec.restart_policy


def looping(pod: Pod, part: Part, now: datetime) -> bool:
    """Whether a container ends again and again, whichever moment of the loop was caught."""
    if not restarts(pod, part):
        return False
    if part.waiting in LOOP_REASONS:
        return True
    last, running = part.last, part.status.state.running
    if last is None or part.status.restart_count < LOOPS_FROM or not _short(last) or _finished(pod, part, last):
        return False
    if running is None:
        return part.status.state.terminated is not None
    return running.started_at is not None and now < after(running.started_at, STEADY)


def recovering(pod: Pod, part: Part, now: datetime) -> datetime | None:
    """Until when a container that runs again after it crashed has yet to show that it stays up; None where nothing is to be shown."""
    last, running = part.last, part.status.state.running
    if last is None or running is None or running.started_at is None or not restarts(pod, part):
        return None
    if last.exit_code == 0 or not _short(last):
        return None
    until = after(running.started_at, STEADY)
    return until if now < until else None


def often(pod: Pod, part: Part, now: datetime) -> bool:
    """Whether a container that runs now fails again and again after long runs, none long enough to be content with: the last one ended
    badly within hours of its start, and this one has not outlived it yet."""
    last, running = part.last, part.status.state.running
    if last is None or running is None or part.status.restart_count < LOOPS_FROM or last.exit_code == 0 or not restarts(pod, part):
        return False
    if last.started_at is None or last.finished_at is None or last.finished_at < last.started_at:
        return False
    ran = last.finished_at - last.started_at
    return not _short(last) and ran <= CONTENT and now < after(last.finished_at, max(ran, FORGIVEN))


def _finished(pod: Pod, part: Part, ended: Terminated) -> bool:
    """Whether exit code 0 means that the work is done, rather than that a service has left."""
    stays = part.sidecar or (not part.init and policy(pod, part) == "Always")
    return ended.exit_code == 0 and not stays


def _short(ended: Terminated) -> bool:
    """A run whose length is not told was cut off, or never began: short."""
    if ended.started_at is None or ended.finished_at is None:
        return True
    return ended.finished_at < after(ended.started_at, STEADY)


def ready(pod: Pod) -> bool:
    return is_true(pod.status.conditions, "Ready")


def ready_changed(pod: Pod) -> datetime | None:
    """When the pod last became ready or unready; when it was made, where it has not said."""
    found = condition(pod.status.conditions, "Ready")
    return (found.last_transition_time if found else None) or pod.metadata.creation_timestamp


def started(pod: Pod) -> datetime | None:
    """When the pod came to its node; when it was made, where that is not told."""
    scheduled = condition(pod.status.conditions, "PodScheduled")
    bound = scheduled.last_transition_time if scheduled is not None and scheduled.status == "True" else None
    return bound or pod.status.start_time or pod.metadata.creation_timestamp


def lost_node(pod: Pod, view: View) -> tuple[Subject, ...]:
    """The pod's node, where it is gone or not ready: then what the pod says of itself is old. Nothing where the node is well."""
    return unwell(pod.spec.node_name, view)


def harm(pod: Pod, view: View) -> Severity:
    """CRITICAL when nobody else does this pod's work; WARNING when others of its workload are ready, and for jobs, which try again."""
    top = view.top(pod)
    if top is None:
        return Severity.CRITICAL
    if top.kind in ("Job", "CronJob"):
        return Severity.WARNING
    others = ready_of(top, view) - (1 if ready(pod) else 0)
    return Severity.WARNING if others > 0 else Severity.CRITICAL


def ready_of(top: Subject, view: View) -> int:
    """How many pods of a workload are ready, by its own status; 0 where that is not known."""
    kind = kind_named(top.api_version, top.kind)
    workload = view.get(kind.struct, top.namespace, top.name) if kind else None
    if isinstance(workload, (Deployment, ReplicaSet, ReplicationController, StatefulSet)):
        return workload.status.ready_replicas
    return workload.status.number_ready if isinstance(workload, DaemonSet) else 0


def state_seen(pod: Pod, part: Part) -> tuple[Evidence, ...]:
    """How the container ended last and how often it was started again."""
    shown = [Evidence(what="restarts", value=str(part.status.restart_count), command=pod_get(pod, f"{part.path}.restartCount"))]
    if (last := part.last) is not None:
        where = "state" if part.status.state.terminated else "lastState"
        how = f"exit code {last.exit_code}" + (f" ({last.reason})" if last.reason else "")
        shown.insert(0, Evidence(what="last termination", value=how, command=pod_get(pod, f"{part.path}.{where}.terminated")))
    return tuple(shown)


def pod_get(pod: Pod, jsonpath: str) -> str:
    return joined("kubectl", "-n", pod.metadata.namespace, "get", "pod", pod.metadata.name, "-o", f"jsonpath={{{jsonpath}}}")
