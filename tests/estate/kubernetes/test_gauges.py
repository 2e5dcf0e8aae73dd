"""Measures of a cluster: read, remembered, judged; blind when lost, not covered where there are none."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st

from stead.checks.metrics.container_memory_high import container_memory_high
from stead.checks.metrics.container_throttled import container_throttled
from stead.checks.metrics.node_cpu_high import node_cpu_high
from stead.checks.metrics.node_memory_high import node_memory_high
from stead.checks.metrics.volume_filling import volume_filling
from stead.clocks import SteppedClock
from stead.domain.finding import FindingState
from stead.domain.gauge import Measure
from stead.domain.scan import Scan
from stead.estate.kubernetes.connection import connect
from stead.estate.kubernetes.estate import KubernetesEstate
from stead.estate.kubernetes.gauges.prometheus import CONTAINERS, NODES, QUERIES
from stead.estate.kubernetes.gauges.quantity import parse_quantity
from stead.estate.promql import PrometheusTarget
from stead.ports import Seen
from stead.practice.cluster import PracticeCluster
from stead.practice.images import Image
from stead.secrets import SecretRef

START = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
CHECKS = (node_cpu_high, node_memory_high, volume_filling, container_memory_high, container_throttled)
BUSY = Image(cpu_millis=3_950)
LEAKY = Image(memory_bytes=98 * 2**20)


class House:
    """A practice cluster, and an estate that looks at it once a minute."""

    def __init__(self, cluster: PracticeCluster, clock: SteppedClock) -> None:
        self.cluster, self.clock = cluster, clock
        self.estates: list[KubernetesEstate] = []

    def estate(self, **options: Any) -> KubernetesEstate:
        connection = connect(self.clock, kubeconfig=str(self.cluster.kubeconfig()), environ={})
        made = KubernetesEstate("home", connection, (), self.clock, gauge_checks=CHECKS, **options)
        self.estates.append(made)
        return made

    async def run(self, image: str, **container: Any) -> None:
        container = {"name": "work", "image": image, **container}
        self.cluster.apply(
            {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "work", "namespace": "default"}, "spec": {"containers": [container]}}
        )
        await self.pass_time(minutes=1)

    async def pass_time(self, **span: float) -> None:
        end = self.clock.now() + timedelta(**span)
        await self.cluster.settle()
        while (due := self.cluster.next_due()) is not None and due <= end:
            self.clock.advance_to(due)
            await self.cluster.settle()
        self.clock.advance_to(end)
        await self.cluster.settle()

    async def look(self, estate: KubernetesEstate, minutes: int) -> Scan:
        """Look once a minute, so many times; what the last look said."""
        for _ in range(minutes):
            await self.pass_time(minutes=1)
            said = await estate.scan()
        return said


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    clock = SteppedClock(START)
    cluster = PracticeCluster(clock)
    cluster.add_node("node-1", cpu="4", memory="8Gi")
    cluster.image("busy", BUSY)
    cluster.image("leaky", LEAKY)
    await cluster.start(tmp_path)
    made = House(cluster, clock)
    yield made
    for estate in made.estates:
        await estate.close()
    await cluster.stop()


async def test_a_node_that_stays_busy_is_a_fault_and_one_that_calms_down_is_none(house: House) -> None:
    await house.run("busy")
    estate = house.estate()
    early = await house.look(estate, 3)
    assert [(f.check, f.state) for f in early.findings] == [("node_cpu_high", FindingState.PROGRESSING)]
    (late,) = (await house.look(estate, 15)).findings
    assert (late.state, late.subject.name, late.reason) == (FindingState.FIRING, "node-1", "CPUHigh")
    assert (await estate.observe("node_cpu_high", late.fingerprint, late.subject)).seen is Seen.FIRING
    house.cluster.delete("Pod", "default", "work")
    await house.pass_time(minutes=2)
    assert (await estate.observe("node_cpu_high", late.fingerprint, late.subject)).seen is Seen.QUIET


async def test_a_container_that_stays_near_its_limit_is_a_fault_by_one_request_a_look(house: House) -> None:
    await house.run("leaky", resources={"limits": {"memory": "100Mi"}})
    estate = house.estate()
    early = await house.look(estate, 3)
    assert [(f.check, f.state) for f in early.findings] == [("container_memory_high", FindingState.PROGRESSING)]
    before = len(house.cluster.requests)
    (late,) = (await house.look(estate, 15)).findings
    assert (late.state, late.subject.path, late.container, late.reason) == (FindingState.FIRING, "default/work", "work", "MemoryNearLimit")
    asked = [request.path for request in list(house.cluster.requests)[before:] if "metrics.k8s.io" in request.path]
    assert asked.count("/apis/metrics.k8s.io/v1beta1/pods") == 15 == len(asked) / 2
    assert (await estate.observe("container_memory_high", late.fingerprint, late.subject)).seen is Seen.FIRING
    house.cluster.delete("Pod", "default", "work")
    await house.pass_time(minutes=2)
    assert (await estate.observe("container_memory_high", late.fingerprint, late.subject)).seen is Seen.ABSENT


@pytest.mark.parametrize("limits", [{}, {"memory": "1Gi"}])
async def test_a_container_that_is_far_from_its_limit_or_has_none_is_silence(house: House, limits: dict[str, str]) -> None:
    await house.run("leaky", resources={"limits": limits})
    assert (await house.look(house.estate(), 3)).findings == ()


async def test_the_watch_tells_it_once_and_says_when_it_is_over(house: House) -> None:
    await house.run("busy")
    estate = house.estate()
    seen: list[tuple[str, FindingState]] = []
    gone: list[str] = []

    async def listen() -> None:
        async for sightings in estate.sightings():
            seen.extend((f.check, f.state) for f in sightings.seen)
            gone.extend(sightings.gone)

    async def minutes(count: int) -> None:
        for _ in range(count):
            await _rest(house, estate)
            assert not listening.done()
            await house.pass_time(minutes=1)
        await _rest(house, estate)

    listening = asyncio.create_task(listen())
    await minutes(20)
    assert seen == [("node_cpu_high", FindingState.PROGRESSING), ("node_cpu_high", FindingState.FIRING)]
    assert gone == []
    house.cluster.delete("Pod", "default", "work")
    await minutes(3)
    assert len(gone) == 1
    await estate.close()
    await listening


async def _rest(house: House, estate: KubernetesEstate) -> None:
    """Until the cluster and the watch have done all that can be done at this moment."""
    quiet = 0
    while quiet < 3:
        for _ in range(20):
            await asyncio.sleep(0)
        quiet = quiet + 1 if house.cluster.quiescent and await estate.caught_up() else 0


async def test_without_metrics_server_nothing_is_claimed(house: House, aiohttp_404: None) -> None:
    """metrics.k8s.io of a cluster that has none: not covered, and no colour changes."""
    del aiohttp_404
    estate = house.estate()
    said = await estate.scan()
    assert "nodes.metrics.k8s.io" in said.not_covered
    assert (said.findings, said.blind) == ((), ())


@pytest.fixture
def aiohttp_404(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("stead.estate.kubernetes.gauges.resource_metrics.PATH", "/apis/metrics.example.com/v1/nodes")


# Prometheus


class Wire:
    """Prometheus' query API as its documentation has it; `series` by metric, `fail` what it answers instead."""

    def __init__(self) -> None:
        self.series: dict[str, list[dict[str, Any]]] = {}
        self.fail: web.Response | None = None
        self.asked: list[dict[str, str]] = []
        self.headers: list[str] = []

    async def answer(self, request: web.Request) -> web.Response:
        self.asked.append(dict(request.query))
        self.headers.append(request.headers.get("Authorization", ""))
        if self.fail is not None:
            return web.Response(status=self.fail.status, body=self.fail.body, content_type="application/json")
        query = request.query["query"]
        result = self.series.get(query, self.series.get(query.rpartition("(")[2].rstrip(")"), []))
        return web.json_response({"status": "success", "data": {"resultType": "matrix", "result": result}})

    def volume(self, *parts: float, size: float = 10e9) -> None:
        """A claim that was so full, every five minutes until START."""
        metric = {"namespace": "payments", "persistentvolumeclaim": "data-db-0"}
        times = [START.timestamp() - 300 * n for n in range(len(parts))][::-1]
        used, capacity = QUERIES[volume_measure()]
        self.series[used] = [{"metric": metric, "values": [[at, str(part * size)] for at, part in zip(times, parts, strict=True)]}]
        self.series[capacity] = [{"metric": metric, "values": [[at, str(size)] for at in times]}]

    def share(self, query: str, labels: dict[str, str], *parts: float) -> None:
        """What a query for parts answers, every five minutes until START."""
        times = [START.timestamp() - 300 * n for n in range(len(parts))][::-1]
        self.series[query] = [{"metric": labels, "values": [[at, str(part)] for at, part in zip(times, parts, strict=True)]}]


def volume_measure() -> Any:
    return next(iter(QUERIES))


@pytest.fixture
async def wire() -> AsyncIterator[tuple[Wire, str]]:
    made = Wire()
    app = web.Application()
    app.router.add_get("/prom/api/v1/query_range", made.answer)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    yield made, f"http://127.0.0.1:{port}/prom/"
    await runner.cleanup()


async def test_a_volume_that_fills_is_foretold_by_the_first_look(
    house: House, wire: tuple[Wire, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PROMETHEUS_TOKEN", "s3cret")
    fake, url = wire
    fake.volume(*(0.60 + 0.12 * n / 72 for n in range(73)))
    said = await house.estate(prometheus=PrometheusTarget(url=url, token=SecretRef("env:PROMETHEUS_TOKEN"))).scan()
    assert [f.summary for f in said.findings] == [
        "volume payments/data-db-0 has used 72 % of its space, and is full in 14 hours if that goes on"
    ]
    asked = fake.asked[0]
    assert float(asked["end"]) - float(asked["start"]) == 6 * 3600
    assert set(fake.headers) == {"Bearer s3cret"}
    assert "s3cret" not in repr(said)


async def test_nodes_and_containers_are_judged_by_what_it_remembers(house: House, wire: tuple[Wire, str]) -> None:
    await house.run("leaky")
    fake, url = wire
    worker = {"namespace": "default", "pod": "work", "container": "work"}
    fake.share(NODES[Measure.NODE_MEMORY], {"instance": "192.0.2.7:9100", "nodename": "node-1"}, 0.5, *[0.96] * 5)
    fake.share(NODES[Measure.NODE_CPU], {"instance": "192.0.2.9:9100", "nodename": "nas"}, *[0.99] * 6)
    fake.share(CONTAINERS[Measure.CONTAINER_THROTTLED], worker, *[0.8] * 5)
    fake.share(CONTAINERS[Measure.CONTAINER_MEMORY], {**worker, "pod": "gone"}, *[0.99] * 5)
    estate = house.estate(prometheus=PrometheusTarget(url=url))
    said = await estate.scan()
    assert {(f.check, f.subject.name, f.state) for f in said.findings} == {
        ("node_memory_high", "node-1", FindingState.FIRING),
        ("container_throttled", "work", FindingState.FIRING),
    }
    fake.share(NODES[Measure.NODE_MEMORY], {"nodename": "node-1"}, 0.5, *[0.96] * 5, 0.4)
    fake.share(CONTAINERS[Measure.CONTAINER_THROTTLED], worker)
    assert (await estate.scan()).findings == ()


async def test_what_prometheus_told_ends_also_where_there_is_no_metrics_server(
    house: House, wire: tuple[Wire, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("resource_metrics", "pod_metrics"):
        monkeypatch.setattr(f"stead.estate.kubernetes.gauges.{module}.PATH", "/apis/metrics.example.com/v1/nodes")
    fake, url = wire
    fake.share(NODES[Measure.NODE_CPU], {"nodename": "node-1"}, *[0.99] * 6)
    estate = house.estate(prometheus=PrometheusTarget(url=url))
    assert [f.check for f in (await estate.scan()).findings] == ["node_cpu_high"]
    fake.share(NODES[Measure.NODE_CPU], {"nodename": "node-1"}, *[0.1] * 6)
    said = await estate.scan()
    assert (said.findings, said.blind) == ((), ())


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (web.Response(status=401), "Unauthorized"),
        (web.Response(status=403), "Forbidden"),
        (web.Response(status=200, text="<html>hello</html>"), "Malformed"),
        (web.Response(status=503, text='{"status":"error","errorType":"timeout","error":"query timed out"}'), "Timeout"),
        (web.Response(status=400, text='{"status":"error","errorType":"bad_data","error":"parse error"}'), "Malformed"),
    ],
)
async def test_a_server_that_does_not_tell_is_blind(house: House, wire: tuple[Wire, str], answer: web.Response, reason: str) -> None:
    fake, url = wire
    fake.fail = answer
    said = await house.estate(prometheus=PrometheusTarget(url=url)).scan()
    assert [(f.subject.name, f.reason) for f in said.blind] == [("prometheus", reason)]
    assert url in said.blind[0].summary


async def test_a_server_that_is_not_there_is_blind_in_one_sentence(house: House) -> None:
    said = await house.estate(prometheus=PrometheusTarget(url="http://127.0.0.1:9")).scan()
    assert [f.reason for f in said.blind] == ["Unreachable"]
    assert "Prometheus at http://127.0.0.1:9 cannot be reached" in said.blind[0].summary


async def test_what_was_said_stays_while_the_server_is_away_and_is_asked_anew_afterwards(house: House, wire: tuple[Wire, str]) -> None:
    fake, url = wire
    fake.volume(0.97)
    estate = house.estate(prometheus=PrometheusTarget(url=url))
    (full,) = (await estate.scan()).findings
    fake.fail = web.Response(status=502, text="bad gateway")
    away = await estate.scan()
    assert [f.fingerprint for f in away.findings] == [full.fingerprint]
    assert len(away.blind) == 1
    assert (await estate.observe("volume_filling", full.fingerprint, full.subject)).seen is Seen.BLIND
    fake.fail = None
    fake.volume(0.50)
    back = await estate.scan()
    assert (back.findings, back.blind) == ((), ())


@given(st.text(max_size=20) | st.from_regex(r"\A[+-]?\d{1,6}(\.\d{1,3})?([numkMGTPE]|[KMGTPE]i|e\d)?\Z"))
def test_any_text_is_a_quantity_or_a_value_error(text: str) -> None:
    try:
        assert isinstance(parse_quantity(text), float)
    except ValueError as error:
        assert "is no quantity" in str(error)


@pytest.mark.parametrize(
    ("text", "value"), [("250m", 0.25), ("1.5Gi", 1.5 * 2**30), ("129e6", 129e6), ("128974848", 128974848), ("100n", 1e-7)]
)
def test_quantities_are_read_as_kubernetes_writes_them(text: str, value: float) -> None:
    assert parse_quantity(text) == pytest.approx(value)
