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
    failed_probes: int = 0

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


def begin(run_id: str, image: Image, container: Obj, env: dict[str, str], now: datetime) -> Run:
    """Start a run now and settle its course."""
    run = Run(run_id, image, now)
    run.lines = [(now, line) for line in image.logs]
    missing = next((name for name in image.needs_env if name not in env), None)
    limit = inside(container, "resources", "limits").get("memory")
    if missing is not None:
        _end(run, image.fail_seconds, 1, [image.missing_env_log.format(name=missing)])
    elif limit is not None and image.memory_bytes > quantity.whole(limit):
        _end(run, image.oom_after, 137, [])
        run.reason = "OOMKilled"
    elif image.exit_code is not None:
        _end(run, image.exit_after, image.exit_code, list(image.exit_logs))
    return run


def _end(run: Run, after: float, code: int, lines: list[str]) -> None:
    run.ends = run.started + timedelta(seconds=after)
    run.exit_code = code
    run.reason = "Completed" if code == 0 else "Error"
    run.message = run.image.termination_message
    run.lines += [(run.ends, line) for line in lines]
