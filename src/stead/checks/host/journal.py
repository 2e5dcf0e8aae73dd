"""The journal of a host, as the checks that read it see it: entries, and what could not be read."""

from __future__ import annotations

import json
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, cast

from stead.checks.host.common import SECONDS, ask, refused
from stead.domain.errors import BlindError
from stead.ports import HostCommands

LINES = 1500
"""Entries that are read at most, the newest. With their cursors they are below the megabyte that a command may say."""

_FIELDS = "MESSAGE,SYSLOG_IDENTIFIER,_SYSTEMD_UNIT,UNIT,_TRANSPORT"
_NOTHING = ("No journal files were found", "not been booted with systemd", "Failed to open runtime directory")
_NO_RIGHT = ("not seeing messages from other users", "insufficient permissions", "Permission denied")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of the journal. `about` is the unit that systemd speaks of, `unit` the one that speaks itself; "" where there is none."""

    at: datetime
    message: str
    identifier: str = ""
    unit: str = ""
    about: str = ""
    transport: str = ""


def command(minutes: int, *wanted: str) -> tuple[str, ...]:
    """What is asked: the newest entries of the last `minutes` that these options and matches choose."""
    since = f"--since=-{minutes}min"
    return ("journalctl", "--no-pager", "-o", "json", f"--output-fields={_FIELDS}", f"-n{LINES}", since, *wanted)


async def entries(commands: HostCommands, minutes: int, *wanted: str) -> tuple[list[Entry], list[str]] | None:
    """What the journal says, and the lines that could not be read. None where there is no journal; BlindError without the right to look."""
    argv = command(minutes, *wanted)
    done = await ask(commands, argv, SECONDS)
    if done is None or any(words in done.stderr for words in _NOTHING):
        return None
    if any(words in done.stderr for words in _NO_RIGHT):
        raise BlindError(
            "this user may not read the whole journal; the group systemd-journal may", reason="Forbidden", command=shlex.join(argv)
        )
    if done.code != 0:
        raise refused(argv, done)
    return parse_entries(done.stdout)


def parse_entries(text: str) -> tuple[list[Entry], list[str]]:
    """`journalctl -o json` (https://systemd.io/JOURNAL_EXPORT_FORMATS/) → entries, and the lines that are none."""
    found: list[Entry] = []
    odd: list[str] = []
    for line in text.split("\n"):
        if not line.strip():
            continue
        entry = _entry(line)
        if entry is None:
            odd.append(line)
        else:
            found.append(entry)
    return found, odd


def _entry(line: str) -> Entry | None:
    try:
        raw = json.loads(line)
        at = datetime.fromtimestamp(int(raw["__REALTIME_TIMESTAMP"]) / 1_000_000, UTC)
    except (ValueError, KeyError, TypeError, OverflowError, OSError, RecursionError):
        return None
    fields = cast(dict[str, Any], raw)
    return Entry(
        at=at,
        message=_text(fields.get("MESSAGE")),
        identifier=_text(fields.get("SYSLOG_IDENTIFIER")),
        unit=_text(fields.get("_SYSTEMD_UNIT")),
        about=_text(fields.get("UNIT")),
        transport=_text(fields.get("_TRANSPORT")),
    )


def _text(value: Any) -> str:
    """A field: text, bytes as a list of numbers, the first of several values, or null where it was too large."""
    if isinstance(value, str):
        return value
    if not isinstance(value, Sequence) or not value:
        return ""
    values = cast("Sequence[Any]", value)
    if all(isinstance(each, int) and 0 <= each <= 255 for each in values):
        return bytes(cast("Sequence[int]", values)).decode("utf-8", "replace")
    return _text(values[0]) if isinstance(values[0], str) else ""
