"""What is probed, and what was seen there. Plain values: a probe makes the second from the first, a check judges the pair."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from stead.domain.finding import Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """`every` how often, `timeout` for one try, `failures` how many tries in a row must fail before it is told as a fault.

    `latency` the longest that an answer may take, None for any · `severity` of a target that does not do what it should.
    """

    name: str
    every: timedelta = timedelta(minutes=1)
    timeout: timedelta = timedelta(seconds=10)
    failures: int = 3
    latency: timedelta | None = None
    severity: Severity = Severity.CRITICAL


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpTarget(Target):
    """`redirect` where it must lead, instead of following it · `days` of its certificate that must be left, 0 for any."""

    url: str
    method: str = "GET"
    status: tuple[int, ...] = ()
    body: re.Pattern[str] | None = None
    redirect: str = ""
    verify: bool = True
    ca: Path | None = None
    days: int = 21


@dataclass(frozen=True, slots=True, kw_only=True)
class TcpTarget(Target):
    host: str
    port: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsTarget(Target):
    """`server_name` is asked for and checked, "" for `host`."""

    host: str
    port: int
    server_name: str = ""
    verify: bool = True
    ca: Path | None = None
    days: int = 21


@dataclass(frozen=True, slots=True, kw_only=True)
class DnsTarget(Target):
    """`answer` exactly these records, in any order; empty for any. `server` an address, "" for the system's resolver."""

    query: str
    type: str = "A"
    answer: tuple[str, ...] = ()
    server: str = ""
    port: int = 53


@dataclass(frozen=True, slots=True, kw_only=True)
class PingTarget(Target):
    """`loss` per cent of packets that may be lost."""

    host: str
    loss: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Unanswered:
    """The target was asked, and did not answer as its protocol wants. `reason` is a stable CamelCase code."""

    reason: str
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """`not_after` its end · `invalid` why it is not trusted, "" when it is, or when nobody wanted to know."""

    not_after: datetime
    invalid: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpSeen:
    """`location` where a redirect leads, "" for none · `body` the part that was read, as text."""

    status: int
    seconds: float
    location: str = ""
    body: str = ""
    certificate: Certificate | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TcpSeen:
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsSeen:
    seconds: float
    certificate: Certificate


@dataclass(frozen=True, slots=True, kw_only=True)
class DnsSeen:
    seconds: float
    answer: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PingSeen:
    """`loss` in per cent; `seconds` the mean way there and back, None when nothing came back."""

    loss: int
    seconds: float | None
