"""The jobs that come with Stead: on where what they look at is watched. Each can be edited, paused and deleted, and stays so."""

from __future__ import annotations

from collections.abc import Iterator

from stead.app.jobs import declared
from stead.app.settings import Settings
from stead.domain.job import Job, JobKind, Origin
from stead.engine.scheduling import Declared

SOURCE = "stead"
PODS = ("container_crash", "container_oom", "image_pull", "pod_failed")
VOLUMES = ("volume_filling", "pvc_resize_failed", "disk", "btrfs", "zfs")
CERTIFICATES = ("certificate_expiry", "disk_certificates", "probe_tls", "probe_http")
NODES = ("node_version_skew", "node_not_ready", "node_pressure", "node_problem", "node_cordoned", "node_cpu_high", "node_memory_high")
APPLICATIONS = ("custom_resource/Application",)
DAILY = "daily"
"""The report that is always sent."""


def stock(settings: Settings) -> list[Declared]:
    """Those that fit the configured estates. The thresholds are the checks' own (node disk over 85 %, CPU or memory over 90 % sustained,
    certificates under 21 days): a job asks the very checks that watch all the time."""
    if not settings.jobs.stock:
        return []
    kinds = frozenset(estate.kind for estate in settings.estates)
    zone = settings.jobs.timezone
    return [Declared(job=job, origin=Origin.STOCK, source=SOURCE) for job, needs in _jobs(zone) if kinds & needs]


def wanted_jobs(settings: Settings, broken: dict[str, str] | None = None) -> list[Declared]:
    """Every job that is to be there: those of the configuration, and stock ones that it has not under the same name. See jobs.declared."""
    own = declared(settings.jobs, broken)
    names = {each.job.name for each in own}
    return [*own, *(each for each in stock(settings) if each.job.name not in names)]


CLUSTER, HOST, PROBES = "kubernetes", "host", "probes"
ANY = frozenset({CLUSTER, HOST, PROBES})


def _jobs(zone: str) -> Iterator[tuple[Job, frozenset[str]]]:
    cluster = frozenset({CLUSTER})
    yield _check("cluster-health", "every 15m", zone, (), "Everything that is watched."), cluster
    yield _check("pod-restart-loop", "every 10m", zone, PODS, "Pods that crash again and again."), cluster
    yield _check("volume-pressure", "every 30m", zone, VOLUMES, "Volumes and disks that fill up."), frozenset({CLUSTER, HOST})
    yield _check("argocd-sync", "every 1h", zone, APPLICATIONS, "Argo CD's applications."), cluster
    yield _check("certificate-expiry", "every 1d at 09:00", zone, CERTIFICATES, "Certificates that end within 21 days."), ANY
    yield _check("node-drift", "every 30m", zone, NODES, "Nodes that are not as the others, or not well."), cluster
    report = Job(name="daily-report", kind=JobKind.REPORT, schedule="every 1d at 08:00", timezone=zone, report=DAILY)
    yield report, ANY


def _check(name: str, schedule: str, zone: str, checks: tuple[str, ...], description: str) -> Job:
    return Job(name=name, kind=JobKind.CHECK, schedule=schedule, timezone=zone, checks=checks, description=description)
