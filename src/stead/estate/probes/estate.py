"""Probes as an Estate: each target asked at its own pace from this machine, told as a fault after several failures in a row."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from stead.declare import ProbeCheck
from stead.domain.errors import BlindError
from stead.domain.finding import Finding, FindingState
from stead.domain.subject import Subject
from stead.estate.probes import dns, http, ping, tcp, tls
from stead.estate.probes.targets import DnsTarget, HttpTarget, PingTarget, Target, TcpTarget, TlsTarget
from stead.estate.timed import Look, TimedEstate
from stead.ports import Clock, HostCommands, Object

PROBE, API = "Probe", "stead/v1"

BETWEEN = timedelta(seconds=1)
"""Between the tries of a first look, which cannot wait for the next ones in their own time."""


class ProbeEstate(TimedEstate):
    """`targets` judged by the one of `checks` that is for their type; a target without one is not probed. `commands` sends pings."""

    def __init__(
        self, estate_id: str, targets: Sequence[Target], checks: Sequence[ProbeCheck], commands: HostCommands, clock: Clock
    ) -> None:
        super().__init__(estate_id, clock)
        judges = {check.target: check for check in checks}
        self._targets = {target.name: target for target in targets if type(target) in judges}
        self._probes: dict[type[Target], Callable[[Any], Awaitable[Any]]] = {
            HttpTarget: http.probe,
            TcpTarget: tcp.probe,
            TlsTarget: tls.probe,
            DnsTarget: dns.probe,
            PingTarget: partial(ping.probe, commands=commands),
        }
        self._looks = {name: self._look_of(target, judges[type(target)]) for name, target in self._targets.items()}
        self._in_a_row: dict[str, dict[str, int]] = {}

    def looks(self) -> Mapping[str, Look]:
        return self._looks

    def counts(self) -> Mapping[str, int]:
        return {PROBE: len(self._targets)}

    def itself(self) -> Subject:
        """This machine as the place from which probes are sent."""
        return Subject(estate=self.id, api_version=API, kind="Probes", name=self.id)

    async def ask(self, look: Look, *, patient: bool) -> Sequence[Finding]:
        """One try; with `patient` as many as it takes to know. What has not failed often enough is progressing."""
        target = self._targets[look.name]
        found = self._count(target, await look.run(self._clock.now()))
        while patient and any(finding.state is FindingState.PROGRESSING for finding in found):
            await self._clock.sleep_until(self._clock.now() + BETWEEN)
            found = self._count(target, await look.run(self._clock.now()))
        return found

    async def read(self, subject: Subject) -> Object | None:
        """A probe, as it is configured."""
        if subject.kind != PROBE or subject.api_version != API:
            raise BlindError(f"probes have no {subject.kind} in {subject.api_version}", reason="Malformed")
        return self._object(subject.name) if subject.name in self._targets else None

    async def list(self, api_version: str, kind: str, namespace: str = "", labels: Mapping[str, str] | None = None) -> Sequence[Object]:
        """The probes. They have neither namespaces nor labels."""
        if (api_version, kind) != (API, PROBE):
            raise BlindError(f"probes cannot list {kind} in {api_version}", reason="Malformed")
        return [] if namespace or labels else [self._object(name) for name in self._targets]

    def _object(self, name: str) -> Object:
        return {"apiVersion": API, "kind": PROBE, "metadata": {"name": name}}

    def _count(self, target: Target, found: Sequence[Finding]) -> list[Finding]:
        before = self._in_a_row.get(target.name, {})
        self._in_a_row[target.name] = counts = {f.fingerprint: before.get(f.fingerprint, 0) + 1 for f in found}
        return [f if counts[f.fingerprint] >= target.failures else replace(f, state=FindingState.PROGRESSING) for f in found]

    def _look_of(self, target: Target, check: ProbeCheck) -> Look:
        subject = Subject(estate=self.id, api_version=API, kind=PROBE, name=target.name)

        async def run(now: datetime) -> Sequence[Finding]:
            return check.judge(subject, target, await self._probes[type(target)](target), now)

        return Look(name=target.name, check=check.name, every=target.every, run=run)
