"""One run of a container: when it began, what it will do, what it has written.

Promise: a run's whole course is fixed when it begins, from its image, its environment and its limits.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from stead.practice import quantity, timestamps
from stead.practice.images import Image
from stead.practice.objects import Obj, inside


@dataclass(slots=True)
class Tick:
    """How one probe of a run does: when it failed last, and how often in a row."""

    failed: datetime | None = None
    failures: int = 0


@dataclass(slots=True)
class Run:
    id: str
    image: Image
    started: datetime
    ends: datetime | None = None
    exit_code: int = 0
    reason: str = ""
    message: str = ""
    lines: list[tuple[datetime, str]] = field(default_factory=list[tuple[datetime, str]])
    ready: bool = False
    up: bool = False
    """Past its startup probe."""
    ticks: dict[str, Tick] = field(default_factory=dict[str, "Tick"])
    lacks: str = ""
    """What it needs of the cluster and does not have, in its own words; found out at `looked`."""
    lacks_since: datetime | None = None
    looked: datetime | None = None

    def log(self, now: datetime) -> list[str]:
        return [f"{timestamps.micros(at)} {text}" for at, text in self.lines if at <= now]

    def stop(self, at: datetime, code: int, reason: str) -> None:
        """End it from outside at `at`, unless it ends by itself before."""
        if self.ends is None or at < self.ends:
            self.ends, self.exit_code, self.reason, self.message = at, code, reason, ""

    def running_state(self) -> Obj:
        return {"running": {"startedAt": timestamps.seconds(self.started)}}

    def ended_state(self) -> Obj:
        assert self.ends is not None
        ended: Obj = {"exitCode": self.exit_code, "reason": self.reason}
        if self.message:
            ended["message"] = self.message
        times = {"startedAt": timestamps.seconds(self.started), "finishedAt": timestamps.seconds(self.ends)}
        return {"terminated": {**ended, **times, "containerID": self.id}}


@dataclass(frozen=True, slots=True)
class Given:
    """What a container is started with: variables, the texts of its mounted files, and how many runs came before."""

    env: dict[str, str]
    files: list[str]
    earlier_runs: int = 0


def begin(run_id: str, image: Image, container: Obj, given: Given, now: datetime) -> Run:
    """Start a run now and settle its course."""
    run = Run(run_id, image, now)
    run.lines = [(now, line) for line in image.logs]
    trouble = _trouble(image, given)
    limit = inside(container, "resources", "limits").get("memory")
    if trouble:
        _end(run, image.fail_seconds, 1, [trouble])
    elif limit is not None and image.memory_bytes > quantity.whole(limit):
        _end(run, image.oom_after, 137, [])
        run.reason = "OOMKilled"
    elif image.exit_code is not None and (image.failing_runs is None or given.earlier_runs < image.failing_runs):
        _end(run, image.exit_after, image.exit_code, list(image.exit_logs))
    return run


def _trouble(image: Image, given: Given) -> str:
    """The line with which it gives up at once because of what it was given; empty when it is content."""
    missing = next((name for name in image.needs_env if name not in given.env), None)
    if missing is not None:
        return image.missing_env_log.format(name=missing)
    texts = [*given.env.values(), *given.files]
    return next((line for word, line in image.chokes_on.items() if any(word in text for text in texts)), "")


def give_up(run: Run, now: datetime) -> None:
    """It ends by itself for want of something that the cluster does not give it."""
    run.lines.append((now, f"fatal: giving up: {run.lacks}"))
    run.stop(now, 1, "Error")


def _end(run: Run, after: float, code: int, lines: list[str]) -> None:
    run.ends = run.started + timedelta(seconds=after)
    run.exit_code = code
    run.reason = "Completed" if code == 0 else "Error"
    run.message = run.image.termination_message
    run.lines += [(run.ends, line) for line in lines]
