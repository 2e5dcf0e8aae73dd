"""Prometheus' query API, as Prometheus and what speaks like it (VictoriaMetrics, Thanos, Mimir) answer it.

Promise: it asks with GET only, for queries and names; each failure is a BlindError with a line to paste that asks the same.

Source: "HTTP API" of the Prometheus documentation (`query`, `query_range`, `label/…/values`).
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
from stead.domain.series import Sample
from stead.secrets import SecretRef

PATIENCE = 15.0
"""Seconds that an answer may take."""
MOST_BYTES = 32 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class PrometheusTarget:
    """`url` without `/api/v1` at its end; `token` a bearer token by reference, `ca_file` an authority of one's own."""

    url: str
    token: SecretRef | None = None
    ca_file: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """One series: its labels, and its samples in the order of their times. Values that are no finite number are left out."""

    labels: Mapping[str, str]
    samples: tuple[Sample, ...]


class _Series(msgspec.Struct):
    metric: dict[str, str]
    value: tuple[float, str] | None = None
    values: list[tuple[float, str]] = []


class _Data(msgspec.Struct, rename={"result_type": "resultType"}):
    result_type: str = ""
    result: msgspec.Raw = msgspec.Raw(b"[]")


class _Answer(msgspec.Struct, rename={"error_type": "errorType"}):
    status: str
    data: msgspec.Raw = msgspec.Raw(b"null")
    error: str = ""
    error_type: str = ""


class PromQl:
    """One server. Opens its connection at the first question."""

    def __init__(self, target: PrometheusTarget) -> None:
        self._target = target
        self._session: aiohttp.ClientSession | None = None

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def instant(self, query: str, at: datetime, command: str = "") -> Sequence[Measured]:
        """The value of each series at that moment."""
        return await self._query("/api/v1/query", {"query": query, "time": _moment(at)}, command or self.command(query))

    async def range(self, query: str, start: datetime, end: datetime, step: timedelta, command: str = "") -> Sequence[Measured]:
        """Each series between two moments, a sample each `step`."""
        params = {"query": query, "start": _moment(start), "end": _moment(end), "step": f"{step.total_seconds():.0f}"}
        return await self._query("/api/v1/query_range", params, command or self.command(query))

    async def names(self, matching: str, start: datetime, end: datetime) -> Sequence[str]:
        """Names of the metrics that this regular expression matches somewhere in, and that had samples between two moments."""
        quoted = matching.replace("\\", "\\\\").replace('"', '\\"')
        selector = f'{{__name__=~".*(?:{quoted}).*"}}'
        params = {"match[]": selector, "start": _moment(start), "end": _moment(end)}
        command = shlex.join(["curl", "-sG", f"{self._url}/api/v1/label/__name__/values", "--data-urlencode", f"match[]={selector}"])
        raw = await self._get("/api/v1/label/__name__/values", params, command)
        return self._decoded(raw, list[str], command)

    def command(self, query: str) -> str:
        """The line to paste that asks for the present value."""
        return shlex.join(["curl", "-sG", f"{self._url}/api/v1/query", "--data-urlencode", f"query={query}"])

    async def _query(self, path: str, params: Mapping[str, str], command: str) -> Sequence[Measured]:
        data = self._decoded(await self._get(path, params, command), _Data, command)
        if data.result_type == "scalar":
            return [Measured(labels={}, samples=tuple(_samples([self._decoded(data.result, tuple[float, str], command)])))]
        if data.result_type not in ("vector", "matrix"):
            raise self._blind(f"answered with a {data.result_type or 'result'}, not with series", "Malformed", command)
        found = self._decoded(data.result, list[_Series], command)
        return [Measured(labels=one.metric, samples=tuple(_samples([one.value] if one.value else one.values))) for one in found]

    async def _get(self, path: str, params: Mapping[str, str], command: str) -> msgspec.Raw:
        try:
            headers = {"Authorization": f"Bearer {self._target.token.resolve()}"} if self._target.token is not None else {}
            async with self._open().get(f"{self._url}{path}", params=params, headers=headers, allow_redirects=False) as response:
                body = await response.content.read(MOST_BYTES)
        except TimeoutError as error:
            raise self._blind(f"did not answer within {PATIENCE:.0f} s", "Timeout", command) from error
        except UserError as error:
            raise self._blind(f"cannot be asked: {error}", "Unauthorized", command) from error
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise self._blind(f"cannot be reached: {' '.join(str(error).split())[:200]}", "Unreachable", command) from error
        return self._judged(response.status, body, command)

    def _judged(self, status: int, body: bytes, command: str) -> msgspec.Raw:
        if status in (401, 403):
            raise self._blind(f"refuses to answer ({status})", "Unauthorized" if status == 401 else "Forbidden", command)
        try:
            answer = msgspec.json.decode(body, type=_Answer)
        except (ValueError, RecursionError) as error:
            raise self._blind(f"answered {status} with something that is no query result", "Malformed", command) from error
        if answer.status != "success":
            said = f"{answer.error_type}: {answer.error}"[:300]
            raise self._blind(f"could not answer ({said})", "Timeout" if answer.error_type == "timeout" else "Malformed", command)
        return answer.data

    def _decoded(self, raw: msgspec.Raw, kind: Any, command: str) -> Any:
        try:
            return msgspec.json.decode(raw, type=kind)
        except (ValueError, RecursionError) as error:
            raise self._blind("answered with something that is no query result", "Malformed", command) from error

    def _blind(self, what: str, reason: str, command: str) -> BlindError:
        return BlindError(f"Prometheus at {self._target.url} {what}", reason=reason, command=command)

    @property
    def _url(self) -> str:
        return self._target.url.rstrip("/")

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


def _moment(at: datetime) -> str:
    return f"{at.timestamp():.3f}"


def _samples(values: Sequence[tuple[float, str]]) -> Iterator[Sample]:
    """Values are numbers in quotes; `NaN` and `+Inf` are none."""
    for at, text in values:
        try:
            value = float(text)
            when = datetime.fromtimestamp(at, UTC)
        except (ValueError, OverflowError, OSError):
            continue
        if math.isfinite(value):
            yield Sample(when, value)
