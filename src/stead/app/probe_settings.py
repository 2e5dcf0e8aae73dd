"""What a person may write under an estate of kind `probes`: targets that Stead asks from where it runs."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Sequence
from datetime import timedelta
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import Field, field_validator, model_validator

from stead.app.durations import Duration
from stead.app.sections import NAME, FilePath, HostName, Section
from stead.domain.finding import Severity
from stead.estate.probes.targets import DnsTarget, HttpTarget, PingTarget, Target, TcpTarget, TlsTarget

SEVERITIES = {"warning": Severity.WARNING, "critical": Severity.CRITICAL}


class Probe(Section):
    """What all probes have."""

    name: str = Field(pattern=NAME, description="Its name in findings.")
    every: Duration = Field(default=timedelta(minutes=1), description="How often it is asked.")
    timeout: Duration = Field(default=timedelta(seconds=10), description="How long one try may take.")
    failures: int = Field(default=3, ge=1, le=100, description="Tries in a row that must fail before it is a fault.")
    latency: Duration | None = Field(default=None, description="The longest that an answer may take, in as many tries in a row.")
    severity: Literal["warning", "critical"] = Field(default="critical", description="How bad it is when it does not do what it should.")

    @field_validator("every", "timeout", "latency")
    @classmethod
    def _not_zero(cls, value: timedelta | None) -> timedelta | None:
        if value is not None and value < timedelta(milliseconds=1):
            raise ValueError("must be longer than nothing")
        return value

    @property
    def common(self) -> dict[str, Any]:
        given = {key: getattr(self, key) for key in ("name", "every", "timeout", "failures", "latency")}
        return given | {"severity": SEVERITIES[self.severity]}


class HttpProbe(Probe):
    """A web address: it answers, with the right status, body or redirect, in time, and its certificate does not end soon."""

    kind: Literal["http"]
    url: str = Field(description="`https://example.com/health`. It carries no password.")
    method: Literal["GET", "HEAD"] = Field(default="GET", description="How it is asked.")
    status: tuple[int, ...] = Field(default=(), description="Statuses that are right. Default: any success, after redirects.")
    body: str | None = Field(default=None, description="A regular expression that the body must hold.")
    redirect: str = Field(default="", description="Where it must lead, exactly; the redirect is then not followed.")
    verify: bool = Field(default=True, description="Whether its certificate must be trusted.")
    ca: FilePath | None = Field(default=None, description="Certificates to trust instead of the system's.")
    days: int = Field(default=21, ge=0, le=3650, description="Days that its certificate must have left; 0 for any.")

    @field_validator("url")
    @classmethod
    def _is_url(cls, value: str) -> str:
        try:
            parts = urlsplit(value)
            whole = parts.scheme in ("http", "https") and parts.hostname and (parts.port or 1) and value.isprintable() and " " not in value
        except ValueError:
            whole = False
        if not whole:
            raise ValueError("is not a web address; write https://example.com/")
        if "@" in urlsplit(value).netloc:
            raise ValueError("holds a password; probe an address that needs none")
        return value

    @field_validator("body")
    @classmethod
    def _is_pattern(cls, value: str | None) -> str | None:
        try:
            re.compile(value or "")
        except re.error as error:
            raise ValueError(f"is not a regular expression: {error}") from error
        return value

    @model_validator(mode="after")
    def _body_has_a_body(self) -> HttpProbe:
        if self.body is not None and (self.method == "HEAD" or self.redirect):
            raise ValueError("`body` needs an answer with a body: no `method: HEAD` and no `redirect`")
        return self

    def target(self) -> Target:
        body = None if self.body is None else re.compile(self.body)
        tls = {"verify": self.verify, "ca": self.ca, "days": self.days}
        return HttpTarget(url=self.url, method=self.method, status=self.status, body=body, redirect=self.redirect, **tls, **self.common)


class TcpProbe(Probe):
    """A port: it takes connections, in time."""

    kind: Literal["tcp"]
    host: HostName = Field(description="A name or address.")
    port: int = Field(ge=1, le=65535, description="The port.")

    def target(self) -> Target:
        return TcpTarget(host=self.host, port=self.port, **self.common)


class TlsProbe(Probe):
    """A TLS server: its certificate is trusted, is for this name, and does not end soon."""

    kind: Literal["tls"]
    host: HostName = Field(description="A name or address.")
    port: int = Field(default=443, ge=1, le=65535, description="The port.")
    server_name: HostName | None = Field(default=None, description="The name that is asked for. Default: `host`.")
    verify: bool = Field(default=True, description="Whether the certificate must be trusted.")
    ca: FilePath | None = Field(default=None, description="Certificates to trust instead of the system's.")
    days: int = Field(default=21, ge=0, le=3650, description="Days that the certificate must have left; 0 for any.")

    def target(self) -> Target:
        tls = {"verify": self.verify, "ca": self.ca, "days": self.days}
        return TlsTarget(host=self.host, port=self.port, server_name=self.server_name or "", **tls, **self.common)


class DnsProbe(Probe):
    """A DNS record: it exists, and is the one that is expected."""

    kind: Literal["dns"]
    query: HostName = Field(description="The name that is asked for.")
    type: Literal["A", "AAAA", "CAA", "CNAME", "MX", "NS", "PTR", "SOA", "SRV", "TXT"] = Field(default="A", description="Its type.")
    answer: tuple[str, ...] = Field(default=(), description="Exactly these records, in any order. Default: any.")
    server: str | None = Field(default=None, description="The address of the server to ask. Default: the system's resolver.")
    port: int = Field(default=53, ge=1, le=65535, description="Its port.")

    @field_validator("server")
    @classmethod
    def _is_address(cls, value: str | None) -> str | None:
        if value is not None:
            try:
                ipaddress.ip_address(value)
            except ValueError as error:
                raise ValueError("is not an IP address") from error
        return value

    def target(self) -> Target:
        return DnsTarget(query=self.query, type=self.type, answer=self.answer, server=self.server or "", port=self.port, **self.common)


class PingProbe(Probe):
    """A host that answers ICMP echoes, sent by the system's `ping`."""

    kind: Literal["ping"]
    host: HostName = Field(description="A name or address.")
    loss: int = Field(default=0, ge=0, le=99, description="Per cent of the packets that may be lost.")

    def target(self) -> Target:
        return PingTarget(host=self.host, loss=self.loss, **self.common)


class ProbesEstate(Section):
    """Targets that Stead asks from where it runs."""

    kind: Literal["probes"]
    id: str = Field(pattern=NAME, description="Its name in every finding and message.")
    probes: tuple[Annotated[HttpProbe | TcpProbe | TlsProbe | DnsProbe | PingProbe, Field(discriminator="kind")], ...] = Field(
        description="What is asked."
    )

    @field_validator("probes")
    @classmethod
    def _names_differ(cls, value: Sequence[Probe]) -> Sequence[Probe]:
        names = [probe.name for probe in value]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"names `{twice[0]}` twice")
        return value
