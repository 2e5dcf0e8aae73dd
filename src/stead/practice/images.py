"""The image catalogue: what a container of an image does when it runs.

Promise: an image that nobody described exists and runs for ever, so that a manifest from anywhere works; a fault is said
by describing its image.
"""

from __future__ import annotations

from dataclasses import dataclass, field


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
    exit_code: int | None = None
    """None: runs until it is stopped."""
    exit_after: float = 1.0
    logs: tuple[str, ...] | list[str] = ("starting, pid 1", "listening on :8080")
    exit_logs: tuple[str, ...] | list[str] = ()
    memory_bytes: int = 0
    """What it comes to use; above the container's memory limit it is OOMKilled after `oom_after`."""
    oom_after: float = 2.0
    ready_after: float = 0.0
    """When the readiness probe begins to succeed; None-like behaviour is `never_ready`."""
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
