"""Disks that say of themselves that they fail."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

from stead.checks.host.common import ask, host
from stead.declare import host_check
from stead.domain.errors import BlindError
from stead.domain.evidence import Evidence
from stead.domain.finding import Finding, Severity
from stead.ports import HostCommands

SCAN = ("smartctl", "--scan", "--json")

SECTORS = {5: "reallocated sectors", 197: "pending sectors", 198: "uncorrectable sectors"}
"""ATA attributes whose raw value counts sectors that are lost: what best foretells that a disk dies."""

MANY = {5: 50, 197: 1, 198: 1}
"""From how many on it is told: disks live long with some reallocated sectors, and a pending one is data that cannot be read."""

MOST = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Disk:
    """What a disk says. `passed` its own verdict, None where it gives none; `troubles` in words."""

    passed: bool | None
    troubles: tuple[str, ...] = ()


@host_check(every=timedelta(hours=1))
async def smart(commands: HostCommands, estate: str, now: datetime) -> Sequence[Finding]:  # noqa: ARG001
    """A disk fails its own SMART test, has lost sectors, or (NVMe) has errors, or no spare left. Where smartctl is installed."""
    done = await ask(commands, SCAN)
    if done is None:
        return ()
    found: list[Finding] = []
    for name, kind in parse_scan(done.stdout)[:MOST]:
        argv = ("smartctl", "--json", "--health", "--attributes", "--device", kind, name)
        answer = await ask(commands, argv)
        disk = None if answer is None else parse_disk(answer.stdout)
        if disk is None:
            raise _why(answer.stdout if answer else "", name, argv)
        if disk.passed is False or disk.troubles:
            found.append(_finding(name, disk, estate, argv))
    return found


def parse_scan(text: str) -> list[tuple[str, str]]:
    """`smartctl --scan --json` → devices and their types."""
    devices = _object(text).get("devices")
    found: list[tuple[str, str]] = []
    for device in cast("Sequence[Any]", devices) if isinstance(devices, list) else ():
        fields = cast(dict[str, Any], device) if isinstance(device, dict) else {}
        name, kind = fields.get("name"), fields.get("type")
        if isinstance(name, str) and isinstance(kind, str) and name.startswith("/dev/") and kind:
            found.append((name, kind))
    return found


def parse_disk(text: str) -> Disk | None:
    """`smartctl --json -H -A` → what it means; None when the disk could not be asked (its messages say why)."""
    said = _object(text)
    status, nvme = _dict(said.get("smart_status")), _dict(said.get("nvme_smart_health_information_log"))
    table = _dict(said.get("ata_smart_attributes")).get("table")
    if not status and not nvme and not table:
        return None if _messages(said) or not said else Disk(passed=None)
    passed = status.get("passed")
    troubles = [*_sectors(table), *_nvme(nvme)]
    return Disk(passed=passed if isinstance(passed, bool) else None, troubles=tuple(troubles))


def _sectors(table: Any) -> list[str]:
    found: list[str] = []
    for row in cast("Sequence[Any]", table) if isinstance(table, list) else ():
        fields = _dict(row)
        number, raw = fields.get("id"), _dict(fields.get("raw")).get("value")
        if isinstance(number, int) and number in SECTORS and isinstance(raw, int) and raw >= MANY[number]:
            found.append(f"{raw} {SECTORS[number]}")
    return found


def _nvme(log: Mapping[str, Any]) -> list[str]:
    """NVM Express base specification, SMART / Health Information log."""
    found: list[str] = []
    warning, errors = log.get("critical_warning"), log.get("media_errors")
    spare, least = log.get("available_spare"), log.get("available_spare_threshold")
    if isinstance(warning, int) and warning:
        found.append(f"critical warning {warning:#04x}")
    if isinstance(errors, int) and errors:
        found.append(f"{errors} media errors")
    if isinstance(spare, int) and isinstance(least, int) and spare < least:
        found.append(f"{spare} % spare left")
    return found


def _why(text: str, name: str, argv: Sequence[str]) -> BlindError:
    words = "; ".join(_messages(_object(text)))[:200] or "smartctl does not say why"
    denied = "Permission denied" in words or "Operation not permitted" in words
    reason = "Forbidden" if denied else "Unreachable"
    return BlindError(f"{name} cannot be asked: {words}", reason=reason, command=shlex.join(argv))


def _messages(said: Mapping[str, Any]) -> list[str]:
    messages = _dict(said.get("smartctl")).get("messages")
    each = [_dict(message) for message in cast("Sequence[Any]", messages)] if isinstance(messages, list) else []
    return [str(message.get("string", "")) for message in each if message.get("severity") == "error"]


def _object(text: str) -> dict[str, Any]:
    try:
        return _dict(json.loads(text))
    except (ValueError, RecursionError):
        return {}


def _dict(value: Any) -> dict[str, Any]:
    return cast(dict[str, Any], value) if isinstance(value, dict) else {}


def _finding(name: str, disk: Disk, estate: str, argv: Sequence[str]) -> Finding:
    failing = disk.passed is False
    words = "says that it is failing; copy what is on it" if failing else "shows signs of wear"
    return Finding(
        check="smart",
        subject=host(estate),
        reason="DiskFailing" if failing else "DiskWearing",
        summary=f"disk {name} {words}: {', '.join(disk.troubles) or 'its own test failed'}",
        severity=Severity.CRITICAL if failing else Severity.WARNING,
        container=name,
        evidence=(Evidence(what="SMART", value=", ".join(disk.troubles) or "failed", command=shlex.join([argv[0], "-a", name])),),
    )
