"""`/metrics`: what Stead knows of itself, in Prometheus' text format. Counted when it is asked for."""

from __future__ import annotations

from collections.abc import Iterator

from prometheus_client import CollectorRegistry, Counter, ProcessCollector, generate_latest
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.registry import Collector

from stead import __version__
from stead.app.wiring import Stead
from stead.store.counts import Counts, count

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class Metrics:
    """`requests` counts what the gateway answered; everything else is read from the store at each scrape."""

    def __init__(self, stead: Stead) -> None:
        self.stead = stead
        self.registry = CollectorRegistry()
        self.requests = Counter("stead_http_requests", "Requests answered.", ("method", "route", "status"), registry=self.registry)
        ProcessCollector(registry=self.registry)

    def count(self, method: str, route: str, status: int) -> None:
        # A made-up method would be a label of its own, so anybody could fill the memory with them.
        known = method if method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS") else "other"
        self.requests.labels(known, route, str(status)).inc()

    async def text(self) -> bytes:
        counts = await self.stead.store.look(count)
        once = CollectorRegistry()
        once.register(_Once(list(families(counts, ready=self.stead.ready))))
        return generate_latest(self.registry) + generate_latest(once)


class _Once(Collector):
    def __init__(self, found: list[Metric]) -> None:
        self.found = found

    def collect(self) -> list[Metric]:
        return self.found


def families(counts: Counts, *, ready: bool) -> Iterator[Metric]:
    """The counts as metric families."""
    yield InfoMetricFamily("stead_build", "The running version.", value={"version": __version__})
    yield GaugeMetricFamily("stead_ready", "1 when the service watches, 0 while it starts or stops.", value=float(ready))
    yield _by("stead_incidents", "Incidents by state.", counts.incidents)
    yield _by("stead_deliveries", "Messages by state.", counts.deliveries)
    yield _by("stead_approvals", "Approvals by state.", counts.approvals)
    findings = GaugeMetricFamily("stead_findings", "Open findings by state and severity.", labels=("state", "severity"))
    for labels, number in sorted(counts.findings.items()):
        findings.add_metric(labels, number)
    yield findings
    yield CounterMetricFamily("stead_events", "Events ever recorded.", value=counts.events)


def _by(name: str, text: str, numbers: dict[str, int]) -> Metric:
    family = GaugeMetricFamily(name, text, labels=("state",))
    for state, number in sorted(numbers.items()):
        family.add_metric((state,), number)
    return family
