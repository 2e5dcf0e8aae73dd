"""Durations as people write them in a configuration: `500ms`, `3s`, `30m`, `1h30m`, `7d`."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema

_UNITS = {"d": 86_400_000, "h": 3_600_000, "m": 60_000, "s": 1000, "ms": 1}
"""Milliseconds in each unit, largest first: the order in which they may follow each other."""

_PART = r"(?:(\d{1,9})d)?(?:(\d{1,9})h)?(?:(\d{1,9})m(?!s))?(?:(\d{1,9})s)?(?:(\d{1,9})ms)?"
_DURATION = re.compile(_PART, re.ASCII)

PATTERN = r"^(\d+d)?(\d+h)?(\d+m)?(\d+s)?(\d+ms)?$"


def parse_duration(given: object) -> timedelta:
    """`1h30m` → 90 minutes. ValueError for anything else; 0 must carry a unit too (`0s`)."""
    if isinstance(given, timedelta):
        return given
    found = _DURATION.fullmatch(given) if isinstance(given, str) and given else None
    if found is None:
        raise ValueError("is not a duration; write 500ms, 3s, 30m, 1h30m or 7d")
    milliseconds = sum(int(number or 0) * unit for number, unit in zip(found.groups(), _UNITS.values(), strict=True))
    try:
        return timedelta(milliseconds=milliseconds)
    except OverflowError as error:
        raise ValueError("is longer than Stead can count") from error


def duration_text(value: timedelta) -> str:
    """The shortest text that `parse_duration` reads as `value` again (to the millisecond)."""
    left = round(value.total_seconds() * 1000)
    parts: list[str] = []
    for name, unit in _UNITS.items():
        number, left = divmod(left, unit)
        if number:
            parts.append(f"{number}{name}")
    return "".join(parts) or "0s"


Duration = Annotated[
    timedelta,
    BeforeValidator(parse_duration),
    PlainSerializer(duration_text, return_type=str),
    WithJsonSchema({"type": "string", "pattern": PATTERN, "examples": ["3s", "30m", "1h30m"]}),
]
