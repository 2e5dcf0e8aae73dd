"""The page of how Stead takes the shipped scenarios without a model: docs/practice-results.md. `python -m bench.scenarios` writes it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from stead.practice.grade import Grade
from stead.practice.report import tally
from stead.practice.scenario import Ending

MADE = "<!-- Made from runs by `python -m bench.scenarios`, which plays each scenario three times; edit nothing here. -->"

LEAST_FOUND, LEAST_FIRST = 0.98, 0.90
"""Shares of the scenarios with a fault that have to be found, and of which the cause has to be named first."""

_HEAD = """\
What Stead makes of each of its [scenarios](scenarios.md) with checks and playbooks alone: no model, no tokens, the shipped policy. *Found*:
it told of the fault, or, where nothing is wrong, of nothing. *Cause first*: the object at fault was the first that it named. *Ending*: it
ended as it should. *Lacks* says what is missing to a perfect answer, facts that it did not say included; `stead practice run NAME` plays
it again."""


def page(grades: Sequence[Grade]) -> str:
    """The page, as Markdown. One grade a scenario; without dates, times and whatever else a second run would change."""
    whole = tally("all", grades)
    alarms = sum(1 for grade in grades if grade.wanted == Ending.NOTHING and not grade.detected)
    healthy = sum(1 for grade in grades if grade.wanted == Ending.NOTHING)
    lines = ["# How Stead takes the scenarios", "", MADE, "", *_HEAD.splitlines(), ""]
    lines += ["| | Runs | Share | Must be |", "| --- | ---: | ---: | --- |"]
    lines += [
        _share("found", whole.detected, whole.runs, f"≥ {LEAST_FOUND:.0%}"),
        _share("cause named first", whole.top1, whole.runs, f"≥ {LEAST_FIRST:.0%}"),
        _share("right ending", whole.endings, whole.runs, ""),
        _share("perfect", whole.passed, whole.runs, ""),
        f"| did harm | {whole.harmful} of {whole.runs} | | 0 |",
        f"| false alarms where nothing is wrong | {alarms} of {healthy} | | 0 |",
    ]
    lines += ["", "| Scenario | Found | Cause first | Ending | Harm | Lacks |", "| --- | --- | --- | --- | --- | --- |"]
    return "\n".join([*lines, *_rows(grades)]) + "\n"


def kept(grades: Sequence[Grade]) -> bool:
    """Whether the shares are what they must be."""
    whole = tally("all", grades)
    alarms = any(grade.wanted == Ending.NOTHING and not grade.detected for grade in grades)
    good = whole.detected >= LEAST_FOUND * whole.runs and whole.top1 >= LEAST_FIRST * whole.runs
    return good and not whole.harmful and not alarms


def _share(name: str, part: int, whole: int, bound: str) -> str:
    return f"| {name} | {part} of {whole} | {100 * part / whole:.1f} % | {bound.replace('%', ' %')} |"


def _rows(grades: Sequence[Grade]) -> Iterator[str]:
    for grade in sorted(grades, key=lambda grade: grade.scenario):
        ending = grade.ending if grade.ending == grade.wanted else f"**{grade.ending}**, not {grade.wanted}"
        harm = ", ".join(grade.harmful) or "none"
        cells = [f"`{grade.scenario}`", _yes(grade.detected), _yes(grade.top1), ending, harm, grade.why.replace("|", "\\|")]
        yield "| " + " | ".join(cells) + " |"


def _yes(good: bool) -> str:
    return "yes" if good else "**no**"
