"""What a check in the manner of Nagios says: an exit code, a line, and measures behind a bar.

Source: https://nagios-plugins.org/doc/guidelines.html, "Plugin Output for Nagios" and "Plugin Return Codes".
"""

from __future__ import annotations

import re
from dataclasses import dataclass

OK, WARNING, CRITICAL, UNKNOWN = 0, 1, 2, 3
"""The exit codes, and what they mean. No other means anything."""

MOST = 20
"""Measures that are kept."""

_MEASURE = re.compile(
    r"(?P<label>'(?:[^']|''){1,100}'|[^\s='|;]{1,100})=(?P<value>-?\d{1,20}(?:\.\d{1,20})?|U)(?P<unit>[A-Za-z%]{0,4})"
    r"(?:;(?P<warn>[^;\s]{0,40}))?(?:;(?P<crit>[^;\s]{0,40}))?(?:;[^;\s]{0,40}){0,2}(?=\s|$)",
    re.ASCII,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """One number. `warn` and `crit` are ranges as the check wrote them, "" for none; `value` is `U` where it could not be measured."""

    label: str
    value: str
    unit: str = ""
    warn: str = ""
    crit: str = ""

    def __str__(self) -> str:
        limits = [f"{name} {limit}" for name, limit in (("warning", self.warn), ("critical", self.crit)) if limit]
        return f"{self.label} {self.value}{self.unit}" + (f" ({', '.join(limits)})" if limits else "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """`line` the first line, `more` what follows it, `measures` from every bar."""

    line: str
    more: str
    measures: tuple[Measure, ...]


def parse(text: str) -> Said:
    """What a check wrote on stdout. Whatever it is, something comes out."""
    lines = text.strip("\n").split("\n")
    first, bar, behind = lines[0].partition("|")
    long, second, rest = "\n".join(lines[1:]).partition("|")
    measures = [*parse_measures(behind if bar else ""), *parse_measures(rest if second else "")]
    return Said(line=" ".join(first.split())[:300], more=long.strip()[:2000], measures=tuple(measures[:MOST]))


def parse_measures(text: str) -> list[Measure]:
    """`'label'=value[unit];[warn];[crit];[min];[max] …` → measures; what is none is left out."""
    return [
        Measure(
            label=found["label"].removeprefix("'").removesuffix("'").replace("''", "'"),
            value=found["value"],
            unit=found["unit"],
            warn=found["warn"] or "",
            crit=found["crit"] or "",
        )
        for found in _MEASURE.finditer(text)
    ]
