"""One host as an Estate: its checks run by the clock, through `HostCommands`.

Promise: a check that could not look is blind, and what it had found before stays until it can look again.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from stead.declare import HostCheck
from stead.domain.errors import BlindError, PermanentError
from stead.domain.evidence import Evidence
from stead.domain.finding import Finding, FindingState, merge
from stead.domain.scan import Scan
from stead.domain.subject import Subject
from stead.domain.trigger import Sightings
from stead.estate.host.objects import HOST, UNIT, read_unit
from stead.ports import Clock, Hands, HostCommands, Object, Observation, Seen

Findings = dict[str, Finding]
"""By fingerprint."""


class HostEstate:
    """The host that `commands` reaches, called `estate_id`."""

    def __init__(self, estate_id: str, commands: HostCommands, checks: Iterable[HostCheck], clock: Clock) -> None:
        self.id = estate_id
        self._commands = commands
        self._checks = {check.name: check for check in sorted(checks, key=lambda c: c.name)}
        self._clock = clock
        self._stopped = asyncio.Event()

    async def close(self) -> None:
        """End the watch."""
        self._stopped.set()

    async def sightings(self) -> AsyncIterator[Sightings]:
        """Run each check when it is due, first all of them at once; say what is new, differs or has gone."""
        known = await self._look(self._checks)
        due = {name: self._clock.now() + check.every for name, check in self._checks.items()}
        yield self._sightings(known, {}, complete=True)
        while due and await self._sleep_until(min(due.values())):
            now = self._clock.now()
            names = [name for name, when in due.items() if when <= now]
            fresh = await self._look(names)
            due |= {name: now + self._checks[name].every for name in names}
            before, known = known, {**known, **_keeping(known, fresh)}
            found = self._sightings(known, before, complete=_recovered(before, known))
            if found.seen or found.gone or found.complete:
                yield found

    async def scan(self) -> Scan:
        """Run every check once, all at the same time."""
        began = self._clock.now()
        said = _merged(await self._look(self._checks))
        now = self._clock.now()
        return Scan(
            now=now,
            findings=tuple(f for f in said.values() if f.state is not FindingState.BLIND),
            blind=tuple(f for f in said.values() if f.state is FindingState.BLIND),
            counts={"Host": 1},
            seconds=(now - began).total_seconds(),
        )

    async def observe(self, check: str, fingerprint: str, subject: Subject) -> Observation:
        """Run that one check now. A host is always present: it is where the commands run."""
        if check not in self._checks:
            return Observation(seen=Seen.BLIND, present=False, note=f"there is no check `{check}`")
        said = (await self._look([check]))[check]
        if (finding := said.get(fingerprint)) is not None and finding.state is not FindingState.BLIND:
            seen = Seen.PROGRESSING if finding.state is FindingState.PROGRESSING else Seen.FIRING
            return Observation(seen=seen, present=True, note=finding.summary)
        if (blind := next((f for f in said.values() if f.state is FindingState.BLIND), None)) is not None:
            return Observation(seen=Seen.BLIND, present=False, note=blind.summary)
        try:
            present = await self.read(subject) is not None
        except BlindError as error:
            return Observation(seen=Seen.BLIND, present=False, note=str(error))
        return Observation(seen=Seen.QUIET if present else Seen.ABSENT, present=present)

    async def read(self, subject: Subject) -> Object | None:
        """The host itself, or one of its systemd units."""
        if subject.kind == HOST and subject.api_version == "host.stead/v1":
            return self._itself()
        if subject.kind == UNIT and subject.api_version == "host.stead/v1":
            return await read_unit(self._commands, subject.name)
        raise BlindError(f"a host has no {subject.kind} in {subject.api_version}", reason="Malformed")

    async def list(self, api_version: str, kind: str, namespace: str = "", labels: Mapping[str, str] | None = None) -> Sequence[Object]:
        """The one host. It has neither namespaces nor labels."""
        if (api_version, kind) != ("host.stead/v1", HOST):
            raise BlindError(f"a host cannot list {kind} in {api_version}", reason="Malformed")
        return [] if namespace or labels else [self._itself()]

    def hands(self) -> Hands:
        raise PermanentError(f"estate `{self.id}` has no write identity for a host")

    def _itself(self) -> Object:
        return {"apiVersion": "host.stead/v1", "kind": HOST, "metadata": {"name": self.id}}

    async def _look(self, names: Iterable[str]) -> dict[str, Findings]:
        """What each of these checks says, blind findings included."""
        chosen = [self._checks[name] for name in names]
        said = await asyncio.gather(*(self._ask(check) for check in chosen))
        return {check.name: found for check, found in zip(chosen, said, strict=True)}

    async def _ask(self, check: HostCheck) -> Findings:
        now = self._clock.now()
        try:
            return _by_fingerprint(await check.run(self._commands, self.id, now))
        except BlindError as error:
            blind = self._blind(check, now, error.reason, str(error), error.command)
        except Exception as error:  # an odd host must cost no more than the check that stumbled over it
            blind = self._blind(check, now, "CheckFailed", f"the check failed: {type(error).__name__}: {error}", "")
        return {blind.fingerprint: blind}

    def _blind(self, check: HostCheck, now: datetime, reason: str, message: str, command: str) -> Finding:
        return Finding(
            check=check.name,
            subject=Subject(estate=self.id, api_version="stead/v1", kind="Probe", name=check.name),
            reason=reason,
            summary=f"`{check.name}` could not look: {message}",
            class_=check.class_,
            state=FindingState.BLIND,
            evidence=(Evidence(what="the answer", value=message[:1000], command=command, tainted=True),),
            since=now,
        )

    def _sightings(self, known: Mapping[str, Findings], before: Mapping[str, Findings], *, complete: bool) -> Sightings:
        after, earlier = _merged(known), {} if complete else _merged(before)
        return Sightings(
            estate=self.id,
            at=self._clock.now(),
            seen=tuple(f for fingerprint, f in after.items() if earlier.get(fingerprint) != f),
            gone=tuple(fingerprint for fingerprint in earlier if fingerprint not in after),
            complete=complete,
            blind_checks=frozenset(name for name, said in known.items() if _is_blind(said)),
        )

    async def _sleep_until(self, when: datetime) -> bool:
        """True when the time has come, False when the estate was closed."""
        waits: list[asyncio.Future[Any]] = [
            asyncio.ensure_future(self._stopped.wait()),
            asyncio.ensure_future(self._clock.sleep_until(when)),
        ]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
            await asyncio.gather(*waits, return_exceptions=True)
        return not self._stopped.is_set()


def _by_fingerprint(findings: Iterable[Finding]) -> Findings:
    found: Findings = {}
    for one in findings:
        known = found.get(one.fingerprint)
        found[one.fingerprint] = one if known is None else merge(known, one)
    return found


def _is_blind(said: Findings) -> bool:
    return any(f.state is FindingState.BLIND for f in said.values())


def _keeping(known: Mapping[str, Findings], fresh: Mapping[str, Findings]) -> dict[str, Findings]:
    """A check that is blind now still says what it said when it could see; one that stays blind keeps its first words."""
    kept: dict[str, Findings] = {}
    for name, said in fresh.items():
        before = known.get(name, {})
        if not _is_blind(said):
            kept[name] = said
            continue
        earlier = {p: f for p, f in before.items() if f.state is FindingState.BLIND}
        kept[name] = {**{p: f for p, f in before.items() if f.state is not FindingState.BLIND}, **(earlier or said)}
    return kept


def _recovered(before: Mapping[str, Findings], known: Mapping[str, Findings]) -> bool:
    """Whether a check sees again: what was remembered of it from before the start has to be compared with the world."""
    return any(_is_blind(said) and not _is_blind(known[name]) for name, said in before.items())


def _merged(said: Mapping[str, Findings]) -> Findings:
    merged: Findings = {}
    for found in said.values():
        merged |= found
    return merged
