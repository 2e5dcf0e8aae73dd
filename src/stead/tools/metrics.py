"""Metrics of a Prometheus server: a PromQL query now, or over a span of time in numbers and a line of bars; names of metrics.

Asked is the server of the estate (`estates[].prometheus`), else the one of `tools: metrics`. Labels are what exporters wrote:
other people's words.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta

from stead.declare import Looked, Tool, Toolset, ToolsetKind
from stead.domain.curve import Curve, sparkline
from stead.domain.errors import BlindError
from stead.estate.kubernetes.estate import KubernetesEstate
from stead.estate.promql import Measured, PrometheusTarget, PromQl
from stead.ports import Clock, Estate
from stead.secrets import SecretRef
from stead.tools.section import LocalFile, ServerUrl, ToolSection

MOST_SERIES, MOST_CURVES, MOST_NAMES = 100, 20, 200
POINTS = 240
"""Samples that a span is asked for in; a step is a quarter of a minute at least."""
LONGEST = timedelta(days=31)


class MetricsSettings(ToolSection):
    """`url` of a server for estates that name none · `token`, by reference · `ca_file` an authority of one's own."""

    url: ServerUrl | None = None
    token: SecretRef | None = None
    ca_file: LocalFile | None = None


class Query(msgspec.Struct, forbid_unknown_fields=True):
    query: Annotated[str, Meta(description="PromQL")]
    minutes: Annotated[float, Meta(description="Over so many minutes; 0: the present value")] = 0.0
    ago: Annotated[float, Meta(description="Ending so many minutes ago")] = 0.0


class Names(msgspec.Struct, forbid_unknown_fields=True):
    like: Annotated[str, Meta(description="Regular expression, like node_filesystem")]


class Metrics:
    """Asks one server a question each time: looks are rare, and hold no connection open."""

    def __init__(self, own: PrometheusTarget | None, clock: Clock) -> None:
        self._own = own
        self._clock = clock

    def target(self, estate: Estate) -> PrometheusTarget | None:
        return (estate.prometheus if isinstance(estate, KubernetesEstate) else None) or self._own

    async def query(self, estate: Estate, asked: Query) -> Looked:
        async with closing(self._server(estate)) as server:
            end = self._clock.now() - timedelta(minutes=max(asked.ago, 0.0))
            command = server.command(asked.query)
            if asked.minutes <= 0:
                found = await server.instant(asked.query, end)
                return Looked(text=_values(found), command=command, tainted=True)
            start = max(end - timedelta(minutes=asked.minutes), end - LONGEST)
            step = timedelta(seconds=max(15, round((end - start).total_seconds() / POINTS)))
            found = await server.range(asked.query, start, end, step)
            return Looked(text=_curves(found, start, end), command=command, tainted=True)

    async def names(self, estate: Estate, asked: Names) -> Looked:
        now = self._clock.now()
        async with closing(self._server(estate)) as server:
            found = await server.names(asked.like, now - timedelta(hours=1), now)
        shown = "\n".join(found[:MOST_NAMES]) or f"no metric is like `{asked.like[:80]}`"
        more = f"\n… and {len(found) - MOST_NAMES} more" if len(found) > MOST_NAMES else ""
        return Looked(text=shown + more, tainted=True)

    def _server(self, estate: Estate) -> PromQl:
        target = self.target(estate)
        if target is None:
            raise BlindError(f"no Prometheus is named for `{estate.id}`", reason="Absent")
        return PromQl(target)


@asynccontextmanager
async def closing(server: PromQl) -> AsyncGenerator[PromQl]:
    try:
        yield server
    finally:
        await server.close()


def _values(found: Sequence[Measured]) -> str:
    lines = [f"{_labels(one.labels)} {_number(one.samples[-1].value)}" for one in found if one.samples]
    more = [f"… and {len(lines) - MOST_SERIES} series more: aggregate (sum by, topk)"] if len(lines) > MOST_SERIES else []
    return "\n".join([*lines[:MOST_SERIES], *more]) or "no series has a value"


def _curves(found: Sequence[Measured], start: datetime, end: datetime) -> str:
    told = [one for one in found if one.samples]
    lines = [f"{start:%Y-%m-%d %H:%M} to {end:%Y-%m-%d %H:%M} UTC, bars from each series' own least to its most"]
    for one in told[:MOST_CURVES]:
        lines += _curve(one, start, end)
    if len(told) > MOST_CURVES:
        lines.append(f"… and {len(told) - MOST_CURVES} series more: aggregate (sum by, topk)")
    return "\n".join(lines) if told else "no series has a sample in that time"


def _curve(one: Measured, start: datetime, end: datetime) -> Iterator[str]:
    curve = Curve.of(one.samples)
    slope = "" if curve.slope is None else f", slope {_number(curve.slope)}/h"
    figures = {"min": curve.least, "median": curve.median, "max": curve.most, "last": curve.last}
    yield f"{_labels(one.labels)} {', '.join(f'{name} {_number(value)}' for name, value in figures.items())}{slope}, {curve.count} samples"
    yield f"  {sparkline(one.samples, start, end)}"


def _labels(labels: Mapping[str, str]) -> str:
    inner = ",".join(f'{name}="{value}"' for name, value in sorted(labels.items()) if name != "__name__")
    return labels.get("__name__", "") + f"{{{inner}}}"


def _number(value: float) -> str:
    """As many digits as tell something: 1234567, 0.0312, 1.5e+12."""
    return f"{value:.0f}" if value.is_integer() and abs(value) < 1e9 else f"{value:.4g}"


def _open(settings: MetricsSettings, clock: Clock, _: Path) -> Toolset:
    own = None
    if settings.url is not None:
        own = PrometheusTarget(url=settings.url, token=settings.token, ca_file=str(settings.ca_file or ""))
    asking = Metrics(own, clock)
    return Toolset(
        name="metrics",
        fits=lambda estate: asking.target(estate) is not None,
        tools=(
            Tool(
                name="metrics_query",
                arguments=Query,
                run=asking.query,
                page="PromQL now, or over a time as min, median, max, last, slope and a picture.",
            ),
            Tool(name="metrics_names", arguments=Names, run=asking.names, page="Names of metrics."),
        ),
        page="Metrics of Prometheus.",
    )


metrics = ToolsetKind(name="metrics", settings=MetricsSettings, open=_open, page=(__doc__ or "").strip(), by_default=True)
