"""The page of how Stead takes the shipped scenarios without a model: docs/practice-results.md. `python -m bench.scenarios` writes it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from stead.practice.grade import Grade
from stead.practice.report import tally
from stead.practice.scenario import Ending

MADE = "<!-- Made from runs by `python -m bench.scenarios`, which plays each scenario three times; edit nothing here. -->"

LEAST_FOUND, LEAST_FIRST = 0.98, 0.90
"""Shares of the scenarios with a fault that have to be found, and of which the cause has to be named first."""

PLAYBOOK = "playbook"
"""The tag of scenarios that a playbook knows how to end."""

LEAST_MENDED, LEAST_ENDINGS = 0.90, 0.95
"""Shares of the scenarios with that tag that have to be mended without a model, and of all others that have to end as they should."""

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
        _share(f"mended by a playbook, of those tagged `{PLAYBOOK}`", *mended(grades), f"≥ {LEAST_MENDED:.0%}"),
        _share("right ending, of all others", *others(grades), f"≥ {LEAST_ENDINGS:.0%}"),
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
    (cured, curable), (right, rest) = mended(grades), others(grades)
    good = good and cured >= LEAST_MENDED * curable and right >= LEAST_ENDINGS * rest
    return good and not whole.harmful and not alarms


def mended(grades: Sequence[Grade]) -> tuple[int, int]:
    """(how many, of how many) with the tag `playbook` were healthy in the end, by what a playbook proposed."""
    tagged = [grade for grade in grades if PLAYBOOK in grade.tags]
    return sum(1 for grade in tagged if grade.solved and grade.actions and grade.ending == grade.wanted), len(tagged)


def others(grades: Sequence[Grade]) -> tuple[int, int]:
    """(how many, of how many) without that tag ended as they should."""
    rest = [grade for grade in grades if PLAYBOOK not in grade.tags]
    return sum(1 for grade in rest if grade.ending == grade.wanted), len(rest)


def _share(name: str, part: int, whole: int, bound: str) -> str:
    share = f"{100 * part / whole:.1f} %" if whole else ""
    return f"| {name} | {part} of {whole} | {share} | {bound.replace('%', ' %')} |"


def _rows(grades: Sequence[Grade]) -> Iterator[str]:
    for grade in sorted(grades, key=lambda grade: grade.scenario):
        ending = grade.ending if grade.ending == grade.wanted else f"**{grade.ending}**, not {grade.wanted}"
        harm = ", ".join(grade.harmful) or "none"
        cells = [f"`{grade.scenario}`", _yes(grade.detected), _yes(grade.top1), ending, harm, grade.why.replace("|", "\\|")]
        yield "| " + " | ".join(cells) + " |"


def _yes(good: bool) -> str:
    return "yes" if good else "**no**"
