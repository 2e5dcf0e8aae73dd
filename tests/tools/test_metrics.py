"""Metrics as a model reads them: a value, or a span in numbers and a picture; from a server at the wire, and from Prometheus itself."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError
from tests.estate.kubernetes.test_gauges import START, Wire, wire
from tests.estate.kubernetes.test_prometheus import kubelet, prometheus

from stead.clocks import SteppedClock, SystemClock
from stead.declare import Toolset
from stead.domain.redaction import redact
from stead.domain.run import Seen, ToolCall
from stead.engine.toolbox import Toolbox
from stead.estate.host.commands import LocalCommands
from stead.estate.host.estate import HostEstate
from stead.estate.promql import PrometheusTarget
from stead.ports import Clock, Estate
from stead.testing.bare_cluster import BareCluster
from stead.tools.metrics import MetricsSettings, metrics

__all__ = ["kubelet", "prometheus", "wire"]


def tools(clock: Clock, tmp_path: Path, **keys: Any) -> Toolset:
    return metrics.open(MetricsSettings(**keys), clock, tmp_path)


async def look(toolset: Toolset, estate: Estate, tool: str = "metrics_query", **arguments: Any) -> Seen:
    call = ToolCall(id="c", tool=tool, arguments=json.dumps(arguments))
    return await Toolbox.of(estate, [toolset], redact, "n", 12_000).look(call, "E1", {})


@pytest.fixture
def host() -> Estate:
    return HostEstate("attic", LocalCommands(), (), SystemClock())


def minutes(*values: float | str, metric: dict[str, str] | None = None) -> dict[str, Any]:
    """A series with a sample each minute until START."""
    times = [START.timestamp() - 60 * n for n in range(len(values))][::-1]
    return {"metric": metric or {"__name__": "up"}, "values": [[at, str(value)] for at, value in zip(times, values, strict=True)]}


async def test_a_span_is_told_in_numbers_and_a_picture(wire: tuple[Wire, str], host: Estate, tmp_path: Path) -> None:
    fake, url = wire
    fake.series["up"] = [
        minutes(*range(31), metric={"__name__": "queue_length", "job": "mail"}),
        minutes(*([5] * 15), "NaN", *([5] * 15), metric={"job": "web"}),
    ]
    seen = await look(tools(SteppedClock(START), tmp_path, url=url), host, query="up", minutes=30)
    head, mail, bars, web, flat = seen.text.splitlines()
    assert head.startswith("2026-01-05 08:30 to 2026-01-05 09:00 UTC")
    assert mail == 'queue_length{job="mail"} min 0, median 15, max 30, last 30, slope 60/h, 31 samples'
    assert bars.strip()[0] == "▁" and bars.strip()[-1] == "█" and len(bars.strip()) == 40
    assert web == '{job="web"} min 5, median 5, max 5, last 5, slope 0/h, 30 samples'
    assert "█" not in flat and "·" in flat
    asked = fake.asked[0]
    assert (asked["step"], float(asked["end"]) - float(asked["start"])) == ("15", 1800)
    assert seen.tainted and seen.command == f"curl -sG {url}api/v1/query --data-urlencode query=up"


async def test_a_span_may_end_before_now_and_no_step_is_wasted(wire: tuple[Wire, str], host: Estate, tmp_path: Path) -> None:
    fake, url = wire
    seen = await look(tools(SteppedClock(START), tmp_path, url=url), host, query="up", minutes=1440, ago=60)
    asked = fake.asked[0]
    assert float(asked["end"]) == (START - timedelta(hours=1)).timestamp() and asked["step"] == "360"
    assert seen.text == "no series has a sample in that time"


async def test_many_series_are_cut_and_it_is_told(wire: tuple[Wire, str], host: Estate, tmp_path: Path) -> None:
    fake, url = wire
    fake.series["up"] = [minutes(1, 2, 3, metric={"pod": f"p{n}"}) for n in range(50)]
    seen = await look(tools(SteppedClock(START), tmp_path, url=url), host, query="up", minutes=10)
    assert seen.text.endswith("… and 30 series more: aggregate (sum by, topk)")


async def test_the_estates_own_server_is_asked_first(wire: tuple[Wire, str], tmp_path: Path, clock: SteppedClock) -> None:
    fake, url = wire
    async with BareCluster(tmp_path, clock) as cluster:
        estate = cluster.estate()
        assert not tools(clock, tmp_path).fits(estate), "without a server there is nothing to offer"
        estate.prometheus = PrometheusTarget(url=url)
        assert tools(clock, tmp_path).fits(estate)
        await look(tools(clock, tmp_path, url="http://127.0.0.1:9"), estate, query="up", minutes=5)
    assert len(fake.asked) == 1


async def test_a_token_goes_to_the_server_and_nowhere_else(
    wire: tuple[Wire, str], host: Estate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PROMETHEUS_TOKEN", "s3cret")
    fake, url = wire
    seen = await look(tools(SteppedClock(START), tmp_path, url=url, token="env:PROMETHEUS_TOKEN"), host, query="up", minutes=5)
    assert fake.headers == ["Bearer s3cret"] and "s3cret" not in repr(seen)


def test_an_address_holds_no_password() -> None:
    with pytest.raises(ValidationError, match="holds a user or a password") as refused:
        MetricsSettings(url="https://me:hunter2@prometheus.example.com")
    assert "hunter2" not in str(refused.value)


# Prometheus itself


@pytest.fixture
async def real(prometheus: str, tmp_path: Path) -> AsyncIterator[Toolset]:
    yield tools(SystemClock(), tmp_path, url=prometheus)


async def test_prometheus_itself_answers(real: Toolset, host: Estate) -> None:
    now = await look(real, host, query="kubelet_volume_stats_used_bytes")
    assert 'persistentvolumeclaim="spare"} 1e+09' in now.text and "9.7e+09" in now.text
    assert (await look(real, host, query="1 + 1")).text == "{} 2"
    assert (await look(real, host, query="absent_thing")).text == "no series has a value"
    names = await look(real, host, tool="metrics_names", like="volume_stats_inodes")
    assert names.text.split() == ["kubelet_volume_stats_inodes", "kubelet_volume_stats_inodes_used"]

    async with asyncio.timeout(30):
        while "samples" not in (over := await look(real, host, query="max(kubelet_volume_stats_used_bytes)", minutes=2)).text:
            await asyncio.sleep(0.1)
    assert "min 9.7e+09, median 9.7e+09, max 9.7e+09, last 9.7e+09" in over.text

    for query, told in (("rate(up[", "bad_data"), ('"words"', "answered with a string, not with series")):
        wrong = await look(real, host, query=query)
        assert wrong.failed and told in wrong.text, "its own words about a wrong query are passed on"
