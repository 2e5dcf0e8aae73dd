"""Software RAID that has lost a disk."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from stead.checks.host.common import host, odd_output, read_file
from stead.declare import host_check
from stead.domain.evidence import Evidence
from stead.domain.finding import Finding, Severity
from stead.ports import HostCommands

MDSTAT = "/proc/mdstat"

_ARRAY = re.compile(r"(?P<name>md\S*) : (?P<state>active|inactive|broken)\b(?P<rest>.*)")
_UP = re.compile(r"\[(?P<wanted>\d{1,4})/(?P<have>\d{1,4})\] \[(?P<map>[U_]+)\]")
_FAILED = re.compile(r"(\S+)\[\d+\]\(F\)")
_BUSY = re.compile(r"(?P<what>recovery|resync|reshape|check)\s*=\s*(?P<done>\d{1,3}\.\d)%")


@dataclass(frozen=True, slots=True, kw_only=True)
class Array:
    """`missing` how many disks it lacks · `failed` which are marked so · `busy` what it does about it, with its progress."""

    name: str
    active: bool
    missing: int
    failed: tuple[str, ...]
    busy: str


@host_check(every=timedelta(minutes=2))
async def raid(commands: HostCommands, estate: str, now: datetime) -> Sequence[Finding]:
    """An md array lacks a disk, holds one that failed, or does not run. A rebuild that is under way is said."""
    text = await read_file(commands, MDSTAT)
    if text is None:
        return ()
    arrays, odd = parse_mdstat(text)
    found = [_finding(array, estate) for array in arrays if array.missing or array.failed or not array.active]
    return [*found, odd_output("raid", estate, ("cat", MDSTAT), odd[0], now)] if odd else found


def parse_mdstat(text: str) -> tuple[list[Array], list[str]]:
    """/proc/mdstat (md(4)) → its arrays, and the first lines of those that break off."""
    arrays: list[Array] = []
    odd: list[str] = []
    blocks = re.split(r"^(?=md\S* : )", text, flags=re.MULTILINE)[1:]
    for block in blocks:
        first, _, rest = block.partition("\n")
        head = _ARRAY.match(first)
        up, busy = _UP.search(rest), _BUSY.search(rest)
        if head is None or ("blocks" not in rest and head["state"] == "active"):
            odd.append(first)
            continue
        arrays.append(
            Array(
                name=head["name"],
                active=head["state"] == "active",
                missing=0 if up is None else up["map"].count("_"),
                failed=tuple(sorted(_FAILED.findall(head["rest"]))),
                busy="" if busy is None else f"{busy['what']} {busy['done']} %",
            )
        )
    return arrays, odd


def _finding(array: Array, estate: str) -> Finding:
    lacks = f"lacks {array.missing} of its disks" if array.missing else f"holds a failed disk: {', '.join(array.failed)}"
    words = lacks if array.active else "does not run"
    rebuilding = f", {array.busy}" if array.busy else ""
    failed = f"failed: {', '.join(array.failed)}" if array.failed else "none marked as failed"
    return Finding(
        check="raid",
        subject=host(estate),
        reason="ArrayDegraded" if array.active else "ArrayInactive",
        summary=f"RAID array {array.name} {words}{rebuilding}",
        severity=Severity.WARNING if array.busy and array.active else Severity.CRITICAL,
        container=array.name,
        evidence=(Evidence(what="disks", value=failed, command=f"cat {MDSTAT}"),),
    )
