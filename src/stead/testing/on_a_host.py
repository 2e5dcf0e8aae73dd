"""A host that may be changed, and an action on it as decided: for authors of verbs of hosts."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from stead.app.discover import shelves
from stead.clocks import SteppedClock
from stead.domain.action import Action, ActionRequest
from stead.domain.subject import Subject
from stead.estate.host.estate import HostEstate
from stead.estate.host.hands import HostHands
from stead.estate.host.sudo import SudoCommands
from stead.estate.kubernetes.live import precondition
from stead.ports import HostCommands


def acting_host(commands: HostCommands, clock: SteppedClock | None = None) -> HostEstate:
    """The estate `nas` over these commands, with all checks, and hands that run what the shipped verbs name, by sudo."""
    found = shelves()
    programs = sorted({line for verb in found.verbs.values() for line in verb.programs})
    hands = HostHands("nas", SudoCommands(commands, sorted({line.split()[0] for line in programs})), programs)
    now = clock or SteppedClock(datetime(2026, 3, 1, 3, 0, tzinfo=UTC))
    return HostEstate("nas", commands, found.host_checks.values(), now, hands=hands)


async def decided(host: HostEstate, verb: str, kind: str, name: str, **parameters: Any) -> Action:
    """The action as decided on what the host is now."""
    subject = Subject(estate=host.id, api_version="host.stead/v1", kind=kind, name=name)
    live = await host.read(subject)
    if live is None:
        raise AssertionError(f"there is no {kind} {name}")
    request = ActionRequest(
        verb=verb,
        subject=subject,
        precondition=precondition(live),
        check="failed_units",
        fingerprint="f",
        reason="it is broken",
        proposer="a test",
        parameters=parameters,
    )
    return Action(id="41.1.1.1", incident=41, request=request)
