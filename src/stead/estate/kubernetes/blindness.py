"""What cannot be seen, as findings: never green, and quiet about details that alternate.

One finding for each kind that is refused or fails, unless no connection comes about at all: that is one finding for the API server.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from stead.declare import Check
from stead.domain.errors import SteadError, UserError
from stead.domain.evidence import Evidence
from stead.domain.finding import Finding, FindingState
from stead.domain.subject import Subject
from stead.estate.kubernetes.errors import ApiUnavailableError, as_blind
from stead.estate.kubernetes.kinds import Kind

CHECK = "estate"
"""The name under which an estate reports that it is blind."""
SERVER = "kubernetes-api"
"""The name of the probe that is the API server itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Blindness:
    """Why a kind cannot be seen, and since when. `whole` says that no kind can, for the same reason."""

    reason: str
    message: str
    command: str
    since: datetime
    whole: bool = False

    def continues(self, earlier: Blindness) -> bool:
        """Whether this is only the next face of the same trouble: a server that is down may be slow, cut off and unreachable in turn."""
        return self.whole == earlier.whole and (self.reason in _REFUSED) == (earlier.reason in _REFUSED)


_REFUSED = ("Forbidden", "Unauthorized")


def blindness(error: SteadError, since: datetime, command: str) -> Blindness:
    """What a failed look means."""
    whole = isinstance(error, UserError) or (isinstance(error, ApiUnavailableError) and error.whole)
    blind = as_blind(error, command)
    reason = "Unauthorized" if isinstance(error, UserError) else blind.reason
    whole = whole or reason == "Unauthorized"
    return Blindness(reason=reason, message=str(blind), command=blind.command or command, since=since, whole=whole)


def findings(estate: str, server: str, kinds: Mapping[Kind, Blindness], whole: Blindness | None, asked: int) -> list[Finding]:
    """One finding for the server if it cannot be reached (`whole`) or shows nothing of what was `asked` for one and the same reason; else
    one for each kind that is blind by itself."""
    apart = {kind: blind for kind, blind in kinds.items() if not blind.whole}
    if whole is None and len(apart) == asked > 1 and len({blind.reason for blind in apart.values()}) == 1:
        return [_nothing_finding(estate, server, min(apart.values(), key=lambda b: (b.since, b.message)), asked)]
    found = [_kind_finding(estate, kind, blind) for kind, blind in apart.items()]
    if whole is not None:
        first = replace(whole, command="kubectl version")
        found.append(_finding(estate, SERVER, f"nothing of {server} can be seen: {first.message}", first))
    return found


def of_the_server(kinds: Mapping[Kind, Blindness], earlier: Blindness | None = None) -> Blindness | None:
    """Why nothing of the server can be seen; None when it is not so. It keeps the words it began with until it is over."""
    whole = [blind for blind in kinds.values() if blind.whole]
    if not whole:
        return None
    refused = {blind.reason in _REFUSED for blind in whole}
    return earlier if earlier is not None and (earlier.reason in _REFUSED) in refused else min(whole, key=lambda b: (b.since, b.message))


def blind_checks(checks: Iterable[Check], kinds: Mapping[Kind, Blindness]) -> frozenset[str]:
    """The checks that look at a kind which cannot be seen: their silence proves nothing."""
    structs = {kind.struct for kind in kinds}
    whole = any(blind.whole for blind in kinds.values())
    return frozenset(check.name for check in checks if whole or structs.intersection(check.watches))


def _nothing_finding(estate: str, server: str, first: Blindness, asked: int) -> Finding:
    why = f"this identity may read none of the {asked} kinds that are looked at" if first.reason == "Forbidden" else first.message
    return _finding(estate, SERVER, f"nothing of {server} can be seen: {why}", first)


def _kind_finding(estate: str, kind: Kind, blind: Blindness) -> Finding:
    why = "this identity may not read them" if blind.reason == "Forbidden" else blind.message
    return _finding(estate, kind.resource, f"{kind.plural} cannot be seen: {why}", blind)


def _finding(estate: str, name: str, summary: str, blind: Blindness) -> Finding:
    return Finding(
        check=CHECK,
        subject=Subject(estate=estate, api_version="stead/v1", kind="Probe", name=name),
        reason=blind.reason,
        summary=summary,
        state=FindingState.BLIND,
        evidence=(Evidence(what="the answer", value=blind.message, command=blind.command),),
        since=blind.since,
    )
