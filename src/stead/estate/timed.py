"""What is looked at by the clock rather than followed: hosts, probes, own checks. Each look has its own pace.

Promise: a look that could not be made is blind, and what it had found before stays until it can be made again. What cannot be reached at
all is one blind finding, however many looks it fails.
"""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from stead.domain.errors import BlindError, PermanentError, UnreachableError
from stead.domain.evidence import Evidence
from stead.domain.finding import Finding, FindingClass, FindingState, merge
from stead.domain.scan import Account, Scan
from stead.domain.subject import Subject
from stead.domain.trigger import Sightings
from stead.estate.timed_account import account
from stead.ports import Clock, Hands, Object, Observation, Seen

Findings = dict[str, Finding]
"""By fingerprint."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """One thing to look at, `every` so often. `run(now)` returns what is wrong; BlindError when it could not look.

    `check` names who looks, in findings; `name` tells two looks of one check apart; a new `version` is looked at without waiting.
    """

    name: str
    check: str
    every: timedelta
    run: Callable[[datetime], Awaitable[Sequence[Finding]]]
    class_: FindingClass = FindingClass.FAULT
    version: str = ""

    @property
    def key(self) -> tuple[str, str]:
        return (self.name, self.version)


class TimedEstate(ABC):
    """An estate of looks. Who inherits says which looks there are, and what it is made of."""

    def __init__(self, estate_id: str, clock: Clock) -> None:
        self.id = estate_id
        self._clock = clock
        self._stopped = asyncio.Event()
        self._last: tuple[Mapping[str, Look], Mapping[str, Findings]] | None = None

    @abstractmethod
    def looks(self) -> Mapping[str, Look]:
        """The looks by name, as of now: they may come and go."""

    @abstractmethod
    def counts(self) -> Mapping[str, int]:
        """How many objects of which kind there are to look at."""

    @abstractmethod
    def itself(self) -> Subject:
        """Who is meant when nothing at all can be reached."""

    @abstractmethod
    async def read(self, subject: Subject) -> Object | None:
        """See ports.Estate."""

    @abstractmethod
    async def list(self, api_version: str, kind: str, namespace: str = "", labels: Mapping[str, str] | None = None) -> Sequence[Object]:
        """See ports.Estate."""

    def hands(self) -> Hands:
        raise PermanentError(f"estate `{self.id}` has no write identity")

    async def close(self) -> None:
        """End the watch."""
        self._stopped.set()

    async def sightings(self) -> AsyncIterator[Sightings]:
        """Run each look when it is due, first all of them at once; say what is new, differs or has gone."""
        looks = self.looks()
        known = await self._look(looks.values(), patient=True)
        due = {look.key: self._clock.now() + look.every for look in looks.values()}
        self._last = (looks, known)
        yield self._sightings(known, {}, looks, complete=True)
        while await self._sleep_until(self._next(due)):
            looks, now = self.looks(), self._clock.now()
            wanted = [look for look in looks.values() if due.get(look.key, now) <= now]
            fresh = await self._look(wanted)
            if any(not _unreached(said) for said in fresh.values()):
                # It answers again: whoever could not reach it looks now, whenever they would have been due.
                wanted = [look for name, look in looks.items() if name not in fresh and _unreached(known.get(name, {}))]
                fresh |= await self._look(wanted)
            due = {look.key: now + look.every if name in fresh else due[look.key] for name, look in looks.items()}
            before, known = known, {**{name: said for name, said in known.items() if name in looks}, **_keeping(known, fresh)}
            self._last = (looks, known)
            found = self._sightings(known, before, looks, complete=_recovered(before, known))
            if found.seen or found.gone or found.complete:
                yield found

    def account(self, kind: str, namespace: str, name: str) -> Account | None:
        """See ports.Witness. Nothing here has a namespace."""
        if self._last is None:
            return None
        if namespace:
            return Account()
        return account(self.itself(), frozenset(self.counts()), *self._last, (kind.lower(), name))

    async def scan(self) -> Scan:
        """Look at everything once, all at the same time."""
        began = self._clock.now()
        said = _merged(await self._look(self.looks().values(), patient=True))
        now = self._clock.now()
        return Scan(
            now=now,
            findings=tuple(f for f in said.values() if f.state is not FindingState.BLIND),
            blind=tuple(f for f in said.values() if f.state is FindingState.BLIND),
            counts=self.counts(),
            seconds=(now - began).total_seconds(),
        )

    async def observe(self, check: str, fingerprint: str, subject: Subject) -> Observation:
        """Make that check's look at the subject now; where the look is not named after it, all of that check's."""
        every = [look for look in self.looks().values() if look.check == check]
        if not every:
            return Observation(seen=Seen.BLIND, present=False, note=f"there is no check `{check}`")
        looks = [look for look in every if look.name == subject.name] or every
        said = _merged(await self._look(looks))
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

    async def ask(self, look: Look, *, patient: bool) -> Sequence[Finding]:  # noqa: ARG002 - for those who ask more than once
        """What one look says. `patient` means that nobody looked before: an answer now is worth more than an early one."""
        return await look.run(self._clock.now())

    def _next(self, due: Mapping[tuple[str, str], datetime]) -> datetime:
        """When to wake: for what is due first, or to see whether there are looks by then."""
        return min(due.values(), default=self._clock.now() + timedelta(minutes=1))

    async def _look(self, looks: Iterable[Look], *, patient: bool = False) -> dict[str, Findings]:
        """What each of these says, blind findings included."""
        chosen = list(looks)
        said = await asyncio.gather(*(self._ask(look, patient=patient) for look in chosen))
        return {look.name: found for look, found in zip(chosen, said, strict=True)}

    async def _ask(self, look: Look, *, patient: bool) -> Findings:
        now = self._clock.now()
        try:
            return _by_fingerprint(await self.ask(look, patient=patient))
        except UnreachableError as error:
            blind = self._unreachable(now, error)
        except BlindError as error:
            blind = self._blind(look, now, error.reason, str(error), error.command)
        except Exception as error:  # what is odd must cost no more than the look that stumbled over it
            blind = self._blind(look, now, "CheckFailed", f"the check failed: {type(error).__name__}: {error}", "")
        return {blind.fingerprint: blind}

    def _unreachable(self, now: datetime, error: UnreachableError) -> Finding:
        return Finding(
            check=REACH,
            subject=self.itself(),
            reason=error.reason,
            summary=f"{self.id} cannot be looked at: {error}",
            state=FindingState.BLIND,
            evidence=(Evidence(what="the answer", value=str(error)[:1000], command=error.command, tainted=True),),
            since=now,
        )

    def _blind(self, look: Look, now: datetime, reason: str, message: str, command: str) -> Finding:
        return Finding(
            check=look.check,
            subject=Subject(estate=self.id, api_version="stead/v1", kind="Probe", name=look.name),
            reason=reason,
            summary=f"`{look.name}` could not look: {message}",
            class_=look.class_,
            state=FindingState.BLIND,
            evidence=(Evidence(what="the answer", value=message[:1000], command=command, tainted=True),),
            since=now,
        )

    def _sightings(
        self, known: Mapping[str, Findings], before: Mapping[str, Findings], looks: Mapping[str, Look], *, complete: bool
    ) -> Sightings:
        after, earlier = _merged(known), {} if complete else _merged(before)
        return Sightings(
            estate=self.id,
            at=self._clock.now(),
            seen=tuple(f for fingerprint, f in after.items() if earlier.get(fingerprint) != f),
            gone=tuple(fingerprint for fingerprint in earlier if fingerprint not in after),
            complete=complete,
            blind_checks=frozenset(looks[name].check for name, said in known.items() if _is_blind(said)),
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


REACH = "reach"
"""The check that finds what cannot be reached at all."""


def _by_fingerprint(findings: Iterable[Finding]) -> Findings:
    found: Findings = {}
    for one in findings:
        known = found.get(one.fingerprint)
        found[one.fingerprint] = one if known is None else merge(known, one)
    return found


def _is_blind(said: Findings) -> bool:
    return any(f.state is FindingState.BLIND for f in said.values())


def _unreached(said: Mapping[str, Finding]) -> bool:
    return any(f.check == REACH and f.state is FindingState.BLIND for f in said.values())


def _keeping(known: Mapping[str, Findings], fresh: Mapping[str, Findings]) -> dict[str, Findings]:
    """A check that is blind now still says what it said when it could see; one that stays blind keeps its first words."""
    kept: dict[str, Findings] = {}
    for name, said in fresh.items():
        before = known.get(name, {})
        if not _is_blind(said):
            kept[name] = said
            continue
        same = _unreached(before) == _unreached(said)
        earlier = {p: f for p, f in before.items() if f.state is FindingState.BLIND and same}
        kept[name] = {**{p: f for p, f in before.items() if f.state is not FindingState.BLIND}, **(earlier or said)}
    return kept


def _recovered(before: Mapping[str, Findings], known: Mapping[str, Findings]) -> bool:
    """Whether a check sees again: what was remembered of it from before the start has to be compared with the world."""
    return any(_is_blind(said) and not _is_blind(known.get(name, {})) for name, said in before.items())


def _merged(said: Mapping[str, Findings]) -> Findings:
    merged: Findings = {}
    for found in said.values():
        merged |= found
    return merged
