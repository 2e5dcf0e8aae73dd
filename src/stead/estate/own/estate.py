"""Checks of one's own that are programs, as an Estate: each runs in the sandbox at its pace, found anew whenever its folder changes.

Promise: nothing of them runs outside of the sandbox; a broken one is one blind finding, and the others go on.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

from stead.domain.errors import BlindError, UnreachableError
from stead.domain.evidence import Evidence
from stead.domain.finding import Finding, Severity
from stead.domain.subject import Subject
from stead.estate import beyond, sandbox
from stead.estate.own import nagios
from stead.estate.own.scripts import Script, scripts
from stead.estate.timed import Look, TimedEstate
from stead.ports import Clock, Completed, HostCommands, Object

OWN_CHECK, API = "OwnCheck", "stead/v1"

FOLDERS = timedelta(seconds=10)
"""How often the folders are looked at for files that are new, changed or gone."""

SEVERITIES = {nagios.WARNING: Severity.WARNING, nagios.CRITICAL: Severity.CRITICAL}


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """How one of them runs. `arguments` are given to it; for `reads` and `network` see sandbox.Sandbox."""

    every: timedelta = timedelta(minutes=5)
    timeout: timedelta = timedelta(seconds=30)
    arguments: tuple[str, ...] = ()
    reads: tuple[Path, ...] = ()
    network: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Own:
    """Where the checks are, how each runs that has a word of its own (by file name), which are off, and which files are `broken`.

    `broken` gives name → why, of files that are no programs: Python files that failed to load.
    """

    folders: tuple[Path, ...]
    manners: Mapping[str, Manner] = field(default_factory=dict[str, Manner])
    disabled: frozenset[str] = frozenset()
    broken: Callable[[], Mapping[str, str]] = dict[str, str]


class OwnEstate(TimedEstate):
    """The programs in `own.folders`, run by `commands` on this machine."""

    def __init__(self, estate_id: str, own: Own, commands: HostCommands, clock: Clock) -> None:
        super().__init__(estate_id, clock)
        self._own = own
        self._commands = commands
        self._works: set[bool] = set()
        """With which networks (`network` of a program) a sandbox was seen to work."""

    def looks(self) -> Mapping[str, Look]:
        found = scripts(self._own.folders)
        looks = {name: self._look_of(script) for name, script in found.items() if name not in self._own.disabled}
        return looks | {name: self._look_broken(name, why) for name, why in self._own.broken().items()}

    def counts(self) -> Mapping[str, int]:
        return {OWN_CHECK: len(self.looks())}

    def itself(self) -> Subject:
        return Subject(estate=self.id, api_version=API, kind="OwnChecks", name=self.id)

    async def read(self, subject: Subject) -> Object | None:
        """One of the programs."""
        if subject.kind != OWN_CHECK or subject.api_version != API:
            raise BlindError(f"own checks have no {subject.kind} in {subject.api_version}", reason="Malformed")
        return self._object(subject.name) if subject.name in self.looks() else None

    async def list(self, api_version: str, kind: str, namespace: str = "", labels: Mapping[str, str] | None = None) -> Sequence[Object]:
        """The programs. They have neither namespaces nor labels."""
        if (api_version, kind) != (API, OWN_CHECK):
            raise BlindError(f"own checks cannot list {kind} in {api_version}", reason="Malformed")
        return [] if namespace or labels else [self._object(name) for name in self.looks()]

    def _object(self, name: str) -> Object:
        return {"apiVersion": API, "kind": OWN_CHECK, "metadata": {"name": name}}

    def _look_of(self, script: Script) -> Look:
        manner = self._own.manners.get(script.name, Manner())
        run = partial(self._run, script, manner)
        return Look(name=script.name, check=script.name, every=manner.every, run=run, version=script.version)

    async def _run(self, script: Script, manner: Manner, now: datetime) -> Sequence[Finding]:  # noqa: ARG002 - it is told by its clock
        await self._require_sandbox(network=False)
        if manner.network:
            await self._require_sandbox(network=True)
        argv = [str(script.path), *manner.arguments]
        box = sandbox.Sandbox(folder=script.path.parent, reads=manner.reads, network=manner.network)
        done = await self._commands.run(box.command(argv), manner.timeout.total_seconds())
        if manner.network:
            if (own_words := beyond.said(done.stderr)) is None:
                raise BlindError(f"it could not be started: {beyond.trouble(done)}", reason="NotStarted", command="stead doctor")
            done = replace(done, stderr=own_words)
        return self._judge(script, done, shlex.join(argv))

    async def _require_sandbox(self, *, network: bool) -> None:
        """UnreachableError when none works here, for then no program can run; BlindError when none with a network does."""
        if network in self._works:
            return
        if words := await sandbox.trouble(self._commands, network=network):
            if network:
                raise BlindError(f"it is not run, because it wants the network: {words}", reason="NoNetwork", command="stead doctor")
            raise UnreachableError(f"own checks are not run: {words}", reason="NoSandbox", command="stead doctor")
        self._works.add(network)

    def _judge(self, script: Script, done: Completed, command: str) -> Sequence[Finding]:
        """BlindError for an answer that is none: unknown, an exit code that means nothing, a program that could not be started."""
        said = nagios.parse(done.stdout)
        complaint = " ".join(done.stderr.split())[:300]
        # bwrap ends with 1 when it cannot start the program, which would read as a warning.
        if complaint.startswith("bwrap: ") and not said.line:
            raise BlindError(f"it could not be started: {complaint.removeprefix('bwrap: ')}", reason="NotStarted", command=command)
        if done.code == nagios.OK:
            return ()
        if done.code not in SEVERITIES:
            words = said.line or complaint or "it says nothing"
            meaning = "unknown" if done.code == nagios.UNKNOWN else f"exit code {done.code}, which means nothing"
            raise BlindError(f"{meaning}: {words}", reason="Unknown", command=command)
        evidence = [Evidence(what="it says", value=said.line or "(nothing)", command=command, tainted=True)]
        evidence += [Evidence(what="in full", value=said.more, tainted=True)] if said.more else []
        evidence += [Evidence(what="measured", value=", ".join(map(str, said.measures))[:500], tainted=True)] if said.measures else []
        return (
            Finding(
                check=script.name,
                subject=Subject(estate=self.id, api_version=API, kind=OWN_CHECK, name=script.name),
                reason="OwnCheckFails",
                summary=f"{script.name}: {said.line or 'it fails, and does not say why'}",
                severity=SEVERITIES[done.code],
                evidence=tuple(evidence),
            ),
        )

    def _look_broken(self, name: str, why: str) -> Look:
        async def run(now: datetime) -> Sequence[Finding]:  # noqa: ARG001
            raise BlindError(why, reason="Broken", command="stead config check")

        return Look(name=name, check=name, every=timedelta(days=1), run=run, version=why)

    def _next(self, due: Mapping[tuple[str, str], datetime]) -> datetime:
        return min(self._clock.now() + FOLDERS, super()._next(due))
