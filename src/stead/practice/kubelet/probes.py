"""What a probe of a container finds, and when it finds something else.

Source: `pkg/kubelet/prober/prober.go`, `pkg/probe/http/http.go` (messages), `pkg/kubelet/prober/worker.go` (thresholds).
"""

from __future__ import annotations

from datetime import datetime, timedelta

from stead.practice.kubelet.runs import Run, Tick
from stead.practice.objects import Obj, each, inside

FIELDS = {"Startup": "startupProbe", "Liveness": "livenessProbe", "Readiness": "readinessProbe"}

_BURST = 25  # events of one source about one object, before the spam filter lets one through every 5 minutes
_SLOW = timedelta(minutes=5)


def failure(kind: str, container: Obj, run: Run, now: datetime, address: str) -> str:
    """Why the probe fails at this moment; empty when it succeeds."""
    probe = container[FIELDS[kind]]
    astray = _astray(probe, container, run, address)
    if astray:
        return astray
    return "" if _well(kind, probe, run, (now - run.started).total_seconds()) else run.image.probe_failure


def _well(kind: str, probe: Obj, run: Run, age: float) -> bool:
    image = run.image
    match kind:
        case "Startup":
            return age >= image.starts_after
        case "Liveness":
            return age >= image.starts_after and (image.live_until is None or age < image.live_until)
        case _:
            cut_off = bool(run.lacks) and image.when_cut_off == "unready"
            return not image.never_ready and not cut_off and age >= max(image.ready_after, probe.get("initialDelaySeconds", 0))


def _astray(probe: Obj, container: Obj, run: Run, address: str) -> str:
    """The probe asks where nobody answers: a port that is not listened on, a path that is not served."""
    asked: Obj = probe.get("httpGet") or probe.get("tcpSocket") or {}
    port = _number(asked.get("port"), container)
    path = asked.get("path", "/")
    if port is not None and run.image.listens and port not in run.image.listens:
        refused = f"dial tcp {address}:{port}: connect: connection refused"
        return f'Get "http://{address}:{port}{path}": {refused}' if "httpGet" in probe else refused
    if "httpGet" in probe and run.image.paths and path not in run.image.paths:
        return "HTTP probe failed with statuscode: 404"
    return ""


def _number(port: int | str | None, container: Obj) -> int | None:
    if isinstance(port, str):
        named = {item.get("name"): item["containerPort"] for item in each(container, "ports")}
        return named.get(port)
    return port


def next_failure(kind: str, probe: Obj, run: Run, tick: Tick) -> datetime:
    """When a probe that fails is to fail next; what is not ready says so only as often as the spam filter lets it through."""
    if tick.failed is None:
        return run.started + timedelta(seconds=max(1, probe.get("initialDelaySeconds", 0)))
    slow = kind == "Readiness" and tick.failures >= _BURST
    return tick.failed + (_SLOW if slow else timedelta(seconds=probe["periodSeconds"]))


def turns(run: Run, container: Obj) -> list[datetime]:
    """The moments at which an image's behaviour under its probes changes by itself."""
    delay = inside(container, "readinessProbe").get("initialDelaySeconds", 0)
    ages = [max(run.image.ready_after, delay), run.image.starts_after, run.image.live_until]
    return [run.started + timedelta(seconds=age) for age in ages if age]
