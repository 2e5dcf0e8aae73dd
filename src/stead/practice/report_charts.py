"""The charts of the report, drawn as plain elements with percentages: they keep their text size on a phone, and need no script."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from math import log10

from stead.practice.grade import Grade
from stead.practice.report import Tally

_LONGEST = 1800.0
_TICKS = (1, 10, 60, 300, 1800)
_DIFFICULTIES = ("easy", "medium", "hard")
_LANES = 7
"""Heights at which dots of about the same time stand, so that they do not hide each other."""
_NEAR = 2.0
"""Percent of the axis within which two dots would."""


def ring(part: int, whole: int) -> str:
    """A ring that is filled as far as `part` of `whole`."""
    share = 100 * part / whole if whole else 0.0
    label = f'role="img" aria-label="{share:.0f} percent" style="--share:{share:.1f}%"'
    return f'<div class="ring-chart" {label}><b>{share:.0f}<small>%</small></b></div>'


def squares(grades: Sequence[Grade]) -> str:
    """One square a run: what passed, what fell short, what did harm."""
    ordered = sorted(grades, key=lambda grade: (not grade.passed, bool(grade.harmful), not grade.detected, grade.scenario))
    drawn = "".join(f'<i class="{_kind(grade)}" title="{escape(_told(grade), quote=True)}"></i>' for grade in ordered)
    return f'<div class="squares" role="img" aria-label="one square for each run">{drawn}</div>{_legend(grades)}'


_KINDS = (("passed", "passed"), ("short", "fell short"), ("missed", "not found, or a false alarm"), ("harm", "did harm"))


def _kind(grade: Grade) -> str:
    if grade.passed:
        return "passed"
    return "harm" if grade.harmful else "short" if grade.detected else "missed"


def _told(grade: Grade) -> str:
    return f"{grade.scenario}: {grade.why or 'passed'}"


def _legend(grades: Sequence[Grade]) -> str:
    counts = {kind: sum(1 for grade in grades if _kind(grade) == kind) for kind, _ in _KINDS}
    entries = "".join(f'<li><i class="{kind}"></i>{counts[kind]} {words}</li>' for kind, words in _KINDS if counts[kind])
    return f'<ul class="legend">{entries}</ul>'


def bars(rows: Sequence[Tally]) -> str:
    """For each class the share that passed; the row says of how many."""
    drawn = "".join(
        f"<li><span>{escape(row.name.replace('_', ' '))}</span>"
        f'<div class="track"><i style="width:{100 * row.passed / row.runs:.1f}%"></i></div>'
        f"<b>{row.passed}<small> of {row.runs}</small></b></li>"
        for row in rows
        if row.runs
    )
    return f'<ul class="bars">{drawn}</ul>'


def dots(grades: Sequence[Grade]) -> str:
    """From fault to finding on a logarithmic axis, one line a difficulty."""
    timed = [(grade, grade.detected_after) for grade in grades if grade.detected_after is not None]
    if not timed:
        return "<p>No run came to a finding.</p>"
    ticks = "".join(f'<span style="left:{_at(seconds):.1f}%">{length(seconds)}</span>' for seconds in _TICKS)
    lines = "".join(f'<i style="left:{_at(seconds):.1f}%"></i>' for seconds in _TICKS)
    rows = "".join(
        f'<div class="lane"><span>{name}</span><div>{lines}{_lane([(g, s) for g, s in timed if g.difficulty == name])}</div></div>'
        for name in _DIFFICULTIES
        if any(grade.difficulty == name for grade, _ in timed)
    )
    axis = f'<div class="axis"><span></span><div>{ticks}</div></div>'
    return f'<div class="dots" role="img" aria-label="time to detect, by difficulty">{axis}{rows}</div>'


def _lane(timed: Sequence[tuple[Grade, float]]) -> str:
    drawn: list[str] = []
    newest = [-100.0] * _LANES  # for each height, where its last dot stands
    for grade, seconds in sorted(timed, key=lambda one: (one[1], one[0].scenario)):
        x = _at(seconds)
        height = next((n for n in _FROM_THE_MIDDLE if x - newest[n] >= _NEAR), min(range(_LANES), key=lambda n: newest[n]))
        newest[height] = x
        kind = "dot" if grade.passed else "dot open"
        told = escape(f"{grade.scenario}: {length(seconds)}", quote=True)
        drawn.append(f'<b class="{kind}" style="left:{x:.1f}%;top:{(height + 1) * 100 / (_LANES + 1):.0f}%" title="{told}"></b>')
    return "".join(drawn)


_FROM_THE_MIDDLE = sorted(range(_LANES), key=lambda n: abs(n - _LANES // 2))


def _at(seconds: float) -> float:
    """Percent of the axis, which goes from one second to half an hour."""
    return 2 + 96 * min(1.0, max(0.0, log10(max(seconds, 1.0)) / log10(_LONGEST)))


def length(seconds: float) -> str:
    """`40 s`, `12 min`."""
    return f"{seconds:.0f} s" if seconds < 100 else f"{seconds / 60:.0f} min"
