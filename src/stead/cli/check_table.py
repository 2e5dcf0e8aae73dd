"""How `stead check` looks to a person: the cause first, its symptoms folded, a line to paste for each piece of evidence."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from stead.app.report import Report, order, since
from stead.app.shown import count
from stead.cli.output import COLOURS, is_terminal, line
from stead.domain.change import sentence
from stead.domain.finding import Finding, Severity
from stead.domain.grouping import Group
from stead.domain.subject import Subject

MOST_NAMES = 4
MOST_COVERED = 12
VALUE_WIDTH = 300


@dataclass(frozen=True, slots=True)
class Line:
    """One line: `mark` stands before the text and is not wrapped over; a `paste` line is never broken, so that it can be copied."""

    text: str
    mark: str = ""
    style: str = ""
    paste: bool = False


def show(report: Report, *, judged: bool) -> None:
    """Print the report to stdout. `judged` says that a dump was looked at, so that its time is worth telling."""
    lines = list(_lines(report, judged=judged))
    if is_terminal():
        _rich(lines)
        return
    sys.stdout.write("".join(f"{one.mark}{line(one.text)}".rstrip() + "\n" for one in lines))


def _lines(report: Report, *, judged: bool) -> Iterator[Line]:
    now = report.scan.now
    for one in report.groups:
        yield from _incident(one, now)
    if report.scan.blind:
        yield Line("Could not be seen", style="bold magenta")
        for finding in sorted(report.scan.blind, key=order):
            yield from _blind(finding)
        yield Line("")
    if report.progressing:
        yield Line("May still come right", style="bold cyan")
        for finding in report.progressing:
            yield Line(_counted(finding), mark="  · ", style="cyan")
        yield Line("")
    yield from _scanned(report, judged=judged)


def _incident(one: Group, now: datetime) -> Iterator[Line]:
    cause, severity = one.cause, one.severity
    yield Line(_counted(cause), mark=f"{severity.value.upper():<9} ", style=COLOURS.get(severity.value, ""))
    began = since(one)
    when = f" since {_when(began)} ({_ago(now - began)})" if began is not None else ""
    yield Line(f"{cause.check}: {cause.reason}{when}", mark="  ", style="dim")
    for change in cause.changes:
        yield Line(sentence(change, began), mark="  ± ")
    for seen in cause.evidence:
        value = f"{seen.what}: {seen.value}"
        yield Line(value[:VALUE_WIDTH] + ("…" if len(value) > VALUE_WIDTH else ""), mark="  · ")
        if seen.command:
            yield Line(seen.command, mark="    $ ", style="green", paste=True)
    if one.symptoms:
        yield Line(f"explains {sum(map(count, one.symptoms))} more:", mark="  ")
        for text in _folded(one.symptoms):
            yield Line(text, mark="    └ ", style="dim")
    yield Line("")


def _folded(symptoms: tuple[Finding, ...]) -> Iterator[str]:
    """The symptoms by check, each with how many and the first few names."""
    for check in dict.fromkeys(finding.check for finding in sorted(symptoms, key=lambda f: f.check)):
        same = [finding for finding in symptoms if finding.check == check]
        names = sorted({_name(finding.top or finding.subject) for finding in same})
        more = f" and {len(names) - MOST_NAMES} more" if len(names) > MOST_NAMES else ""
        yield f"{sum(map(count, same))} × {check}: {', '.join(names[:MOST_NAMES])}{more}"


def _blind(finding: Finding) -> Iterator[Line]:
    yield Line(finding.summary, mark="  ? ", style="magenta")
    for seen in finding.evidence:
        if seen.command:
            yield Line(seen.command, mark="    $ ", style="green", paste=True)


def _scanned(report: Report, *, judged: bool) -> Iterator[Line]:
    scan = report.scan
    if scan.not_covered:
        shown = ", ".join(scan.not_covered[:MOST_COVERED])
        more = f" and {len(scan.not_covered) - MOST_COVERED} more" if len(scan.not_covered) > MOST_COVERED else ""
        yield Line(f"not covered: {shown}{more}", style="dim")
    total = sum(scan.counts.values())
    kinds = sum(1 for number in scan.counts.values() if number)
    looked = f"looked at {_many(total, 'object')} of {_many(kinds, 'kind')} in {scan.seconds:.1f} s"
    yield Line(f"{looked}{f', as of {_when(scan.now)}' if judged else ''}", style="dim")
    yield _verdict(report)


def _verdict(report: Report) -> Line:
    """Never green while something could not be seen."""
    incidents, critical = len(report.groups), sum(1 for one in report.groups if one.severity is Severity.CRITICAL)
    said = [f"{_many(incidents, 'incident')}{f' ({critical} critical)' if critical else ''}"] if incidents else []
    said += [f"{len(report.progressing)} may still come right"] if report.progressing else []
    said += [f"{_many(len(report.scan.blind), 'thing')} could not be seen"] if report.scan.blind else []
    if incidents:
        style = COLOURS["critical" if critical else "warning"]
    else:
        style = COLOURS["blind"] if report.scan.blind else COLOURS["green"]
        said.insert(0, "no fault in what was seen" if report.scan.blind else "no fault found")
    return Line(", ".join(said), style=f"bold {style}".replace("bold bold", "bold"))


def _counted(finding: Finding) -> str:
    number = count(finding)
    if number == 1:
        return finding.summary
    top = f" of {finding.top.kind} {finding.top.name}" if finding.top is not None else ""
    return f"{finding.summary} (and {number - 1} more{top})"


def _name(subject: Subject) -> str:
    return f"{subject.kind.lower()} {subject.path}"


def _many(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def _when(when: datetime) -> str:
    return f"{when.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def _ago(passed: timedelta) -> str:
    minutes = int(passed.total_seconds() // 60)
    if minutes < 1:
        return "just now"
    if minutes < 120:
        return f"{minutes} min"
    return f"{minutes // 60} h" if minutes < 48 * 60 else f"{minutes // (24 * 60)} days"


def _rich(lines: list[Line]) -> None:
    from rich.console import Console
    from rich.padding import Padding
    from rich.text import Text

    console = Console(highlight=False)
    for one in lines:
        text = line(one.text)
        if one.paste:
            # Longer than the window is left to the terminal, which copies it as the one line that it is.
            console.print(Text(f"{one.mark}{text}", style=one.style), soft_wrap=True)
        elif one.mark:
            wrapped = Text(text, style=one.style).wrap(console, max(20, console.width - len(one.mark)))
            for index, part in enumerate(wrapped):
                lead = Text(one.mark if index == 0 else " " * len(one.mark), style=one.style)
                console.print(Text.assemble(lead, part), soft_wrap=True)
        else:
            console.print(Padding(Text(text, style=one.style), 0))
