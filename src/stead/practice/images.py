"""The image catalogue: what a container of an image does when it runs.

Promise: an image that nobody described exists and runs for ever, so that a manifest from anywhere works; a fault is said
by describing its image.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True, slots=True)
class Image:
    """Times are seconds after the container's start, on the cluster's clock."""

    exists: bool = True
    pull_seconds: float = 1.0
    pull_error: str = ""
    """The registry's answer when it does not exist; empty for the usual `not found`."""
    size_bytes: int = 29_126_484
    needs_env: tuple[str, ...] | list[str] = ()
    """Without one of these it writes `missing_env_log` and exits with 1 after `fail_seconds`."""
    missing_env_log: str = "error: required environment variable {name} is not set"
    fail_seconds: float = 1.0
    chokes_on: Mapping[str, str] = field(default_factory=dict[str, str])
    """Words in its environment or its mounted files that end it as `needs_env` does, and the line that it then writes."""
    needs_access: tuple[str, ...] | list[str] = ()
    """What its service account must be allowed, as `list configmaps` or `create leases.coordination.k8s.io`; looked at now and then."""
    needs_service: tuple[str, ...] | list[str] = ()
    """What it must reach, as `db.shop:5432`: by name, Service, ready endpoint, open port and network policies; looked at now and then."""
    when_cut_off: Literal["crash", "unready"] = "crash"
    """What becomes of it when it lacks access or reach: it ends with 1 after `patience` seconds, or its readiness probe fails."""
    patience: float = 10.0
    listens: tuple[int, ...] | list[int] = ()
    """The ports on which it answers; empty for every port."""
    paths: tuple[str, ...] | list[str] = ()
    """The paths on which an HTTP probe is answered with 200; empty for every path."""
    exit_code: int | None = None
    """None: runs until it is stopped."""
    failing_runs: int | None = None
    """How many runs of a container end by `exit_code` before one stays; None for all."""
    exit_after: float = 1.0
    logs: tuple[str, ...] | list[str] = ("starting, pid 1", "listening on :8080")
    exit_logs: tuple[str, ...] | list[str] = ()
    memory_bytes: int = 0
    """What it comes to use; above the container's memory limit it is OOMKilled after `oom_after`."""
    oom_after: float = 2.0
    cpu_millis: int = 3
    """Thousandths of a processor that it uses, as `kubectl top` shows them; a cpu limit cuts them."""
    ready_after: float = 0.0
    """When the readiness probe begins to succeed; for one that never does there is `never_ready`."""
    starts_after: float = 0.0
    """When the startup and liveness probes begin to succeed."""
    never_ready: bool = False
    probe_failure: str = "HTTP probe failed with statuscode: 503"
    live_until: float | None = None
    """From when on the liveness probe fails."""
    stop_seconds: float = 0.5
    """How long it takes to exit after SIGTERM; longer than the grace period means SIGKILL and 137."""
    stop_exit_code: int = 0
    start_error: str = ""
    """Set: the container cannot be started (RunContainerError), with this message."""
    termination_message: str = ""


@dataclass(slots=True)
class Catalogue:
    _images: dict[str, Image] = field(default_factory=dict[str, Image])

    def describe(self, name: str, image: Image) -> None:
        self._images[name] = image

    def of(self, name: str) -> Image:
        """The image of exactly this reference, else the one described without a tag, else one that just runs."""
        found = self._images.get(name) or self._images.get(_without_tag(name))
        return found or Image()


def _without_tag(name: str) -> str:
    head, slash, tail = name.rpartition("/")
    return head + slash + tail.partition("@")[0].partition(":")[0]
