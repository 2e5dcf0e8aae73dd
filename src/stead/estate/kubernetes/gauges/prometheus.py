"""Prometheus' query API: the fill of volumes over the last hours, as every kubelet exports it.

Source: "HTTP API" of the Prometheus documentation (`query_range`); `kubelet_volume_stats_*` of `k8s.io/kubernetes/pkg/kubelet/metrics`.
"""

from __future__ import annotations

import math
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import msgspec

from stead.domain.errors import BlindError, UserError
from stead.domain.gauge import Measure
from stead.domain.series import Sample
from stead.estate.kubernetes.gauges.reading import Reading
from stead.estate.kubernetes.slices import PersistentVolumeClaim
from stead.estate.kubernetes.view import View
from stead.ports import Clock
from stead.secrets import SecretRef

SPAN, STEP = timedelta(hours=6), timedelta(minutes=5)
PATIENCE = 15.0
"""Seconds that an answer may take."""
MOST_BYTES = 32 * 1024 * 1024
QUERIES = {
    Measure.VOLUME_BYTES: ("kubelet_volume_stats_used_bytes", "kubelet_volume_stats_capacity_bytes"),
    Measure.VOLUME_INODES: ("kubelet_volume_stats_inodes_used", "kubelet_volume_stats_inodes"),
}
"""What is in use, and how much there is. A claim that several nodes mount is told by each of them: the largest counts."""
_BY_CLAIM = "max by (namespace, persistentvolumeclaim) ({})"

_Claim = tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class PrometheusTarget:
    """`url` without `/api/v1` at its end; `token` a bearer token by reference, `ca_file` an authority of one's own."""

    url: str
    token: SecretRef | None = None
    ca_file: str = ""


class _Result(msgspec.Struct):
    metric: dict[str, str]
    values: list[tuple[float, str]]


class _Data(msgspec.Struct, rename={"result_type": "resultType"}):
    result_type: str = ""
    result: list[_Result] = []


class _Answer(msgspec.Struct, rename={"error_type": "errorType"}):
    status: str
    data: _Data | None = None
    error: str = ""
    error_type: str = ""


class Prometheus:
    """One server. Opens its connection at the first read."""

    measures = frozenset(QUERIES)
    every = STEP.total_seconds()
    remembers = True
    wanted = True

    def __init__(self, target: PrometheusTarget, clock: Clock) -> None:
        self.name = "prometheus"
        self._target = target
        self._clock = clock
        self._session: aiohttp.ClientSession | None = None

    async def read(self, view: View) -> Sequence[Reading]:
        found: list[Reading] = []
        for measure, (used, capacity) in QUERIES.items():
            sizes = {claim: samples[-1].value for claim, samples in (await self._range(capacity)).items() if samples}
            command = self._command(used)
            for claim, samples in (await self._range(used)).items():
                if samples and sizes.get(claim, 0.0) > 0:
                    subject = view.named(PersistentVolumeClaim, *claim)
                    found.append(Reading(measure=measure, subject=subject, samples=samples, capacity=sizes[claim], command=command))
        return found

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def _range(self, metric: str) -> Mapping[_Claim, tuple[Sample, ...]]:
        now = self._clock.now()
        params = {
            "query": _BY_CLAIM.format(metric),
            "start": f"{(now - SPAN).timestamp():.3f}",
            "end": f"{now.timestamp():.3f}",
            "step": f"{STEP.total_seconds():.0f}",
        }
        answer = await self._get("/api/v1/query_range", params, self._command(metric))
        results = answer.data.result if answer.data is not None else []
        return {claim: tuple(_samples(one)) for one in results if (claim := _claim(one)) is not None}

    async def _get(self, path: str, params: Mapping[str, str], command: str) -> _Answer:
        url = f"{self._target.url.rstrip('/')}{path}"
        try:
            headers = {"Authorization": f"Bearer {self._target.token.resolve()}"} if self._target.token is not None else {}
            async with self._open().get(url, params=params, headers=headers) as response:
                body = await response.content.read(MOST_BYTES)
        except TimeoutError as error:
            raise self._blind(f"did not answer within {PATIENCE:.0f} s", "Timeout", command) from error
        except UserError as error:
            raise self._blind(f"cannot be asked: {error}", "Unauthorized", command) from error
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise self._blind(f"cannot be reached: {' '.join(str(error).split())[:200]}", "Unreachable", command) from error
        return self._judged(response.status, body, command)

    def _judged(self, status: int, body: bytes, command: str) -> _Answer:
        if status in (401, 403):
            raise self._blind(f"refuses to answer ({status})", "Unauthorized" if status == 401 else "Forbidden", command)
        try:
            answer = msgspec.json.decode(body, type=_Answer)
        except (ValueError, RecursionError) as error:
            raise self._blind(f"answered {status} with something that is no query result", "Malformed", command) from error
        if answer.status != "success":
            said = f"{answer.error_type}: {answer.error}"[:200]
            raise self._blind(f"could not answer ({said})", "Timeout" if answer.error_type == "timeout" else "Malformed", command)
        return answer

    def _blind(self, what: str, reason: str, command: str) -> BlindError:
        return BlindError(f"Prometheus at {self._target.url} {what}", reason=reason, command=command)

    def _command(self, metric: str) -> str:
        url = f"{self._target.url.rstrip('/')}/api/v1/query"
        return shlex.join(["curl", "-sG", url, "--data-urlencode", f"query={_BY_CLAIM.format(metric)}"])

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            timeout = aiohttp.ClientTimeout(total=PATIENCE)
            connector = aiohttp.TCPConnector(ssl=_context(self._target.ca_file), limit=2)
            self._session = aiohttp.ClientSession(timeout=timeout, connector=connector)
        return self._session


def _context(ca_file: str) -> Any:
    if not ca_file:
        return True
    import ssl

    return ssl.create_default_context(cafile=ca_file)


def _claim(one: _Result) -> _Claim | None:
    namespace, name = one.metric.get("namespace", ""), one.metric.get("persistentvolumeclaim", "")
    return (namespace, name) if namespace and name else None


def _samples(one: _Result) -> Iterator[Sample]:
    """Values are numbers in quotes; `NaN` and `+Inf` are none."""
    for at, text in one.values:
        try:
            value = float(text)
            when = datetime.fromtimestamp(at, UTC)
        except (ValueError, OverflowError, OSError):
            continue
        if math.isfinite(value):
            yield Sample(when, value)
