"""The report of a set of runs as one page that needs nothing else: charts are drawn in it, and no address is called.

Everything that comes from a scenario or from Stead is escaped.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from html import escape
from importlib.resources import files
from math import log10

from stead.practice.grade import Grade
from stead.practice.report import Tally, by_action, tally, unsteady

_STYLE = "report.css"
_BAR, _ROW, _LABEL = 420, 30, 190
_DOTS_TOP = 26


def as_html(grades: Sequence[Grade], at: datetime, *, version: str) -> str:
    """The page. `at` is when the runs ended."""
    whole = tally("all", grades)
    style = (files("stead.practice") / _STYLE).read_text(encoding="utf-8")
    parts = [
        _head(whole, grades, at, version),
        _figures(whole),
        _section("By class of action", "How many runs of each class passed.", _bars(by_action(grades))),
        _section(
            "Time to detect",
            "From the fault to the first finding, in the cluster's time. A ring is a run that did not pass.",
            _dots(grades),
        ),
        _section("Every run", "", _table(grades)),
    ]
    title = f"Stead practice: {whole.passed} of {whole.runs} passed"
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>\n{style}</style>\n</head>\n<body>\n<main>\n"
        + "\n".join(parts)
        + "\n</main>\n</body>\n</html>\n"
    )


def _head(whole: Tally, grades: Sequence[Grade], at: datetime, version: str) -> str:
    models = ", ".join(sorted({grade.model for grade in grades})) or "none"
    scenarios = len({grade.scenario for grade in grades})
    shaky = unsteady(grades)
    steady = f"not the same in each repeat: {', '.join(shaky)}" if shaky else ""
    about = [
        f"{_count(scenarios, 'scenario')}, {_count(whole.runs, 'run')}",
        f"model: {models}",
        f"Stead {version}",
        f"{at:%Y-%m-%d %H:%M} UTC",
    ]
    line = " · ".join(escape(part) for part in [*about, steady] if part)
    return f"<header><h1>Stead practice</h1><p>{line}</p></header>"


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _figures(whole: Tally) -> str:
    runs = whole.runs
    shown = [
        ("passed", f"{whole.passed}<small> of {runs}</small>", _percent(whole.passed, runs)),
        ("detected", _percent(whole.detected, runs), f"{whole.detected} of {runs}"),
        ("cause named first", _percent(whole.top1, runs), f"in the first three: {_percent(whole.top3, runs)}"),
        ("right ending", _percent(whole.endings, runs), f"{whole.endings} of {runs}"),
        ("did harm", str(whole.harmful), "runs"),
        ("time to detect", "–" if whole.seconds is None else _length(whole.seconds), "median, cluster's time"),
        ("messages", f"{whole.messages / runs:.1f}" if runs else "–", "a run"),
    ]
    cells = "".join(f"<li><span>{escape(name)}</span><b>{value}</b><small>{escape(note)}</small></li>" for name, value, note in shown)
    return f'<ul class="figures">{cells}</ul>'


def _section(title: str, note: str, body: str) -> str:
    told = f"<p>{escape(note)}</p>" if note else ""
    return f"<section><h2>{escape(title)}</h2>{told}{body}</section>"


def _bars(rows: Sequence[Tally]) -> str:
    most = max((row.runs for row in rows), default=1)
    height = _ROW * len(rows)
    drawn: list[str] = []
    for index, row in enumerate(rows):
        y = index * _ROW
        full, good = row.runs / most * _BAR, row.passed / most * _BAR
        drawn.append(
            f'<text class="name" x="{_LABEL - 10}" y="{y + 19}">{escape(row.name.replace("_", " "))}</text>'
            f'<rect class="rest" x="{_LABEL}" y="{y + 6}" width="{full:.1f}" height="18" rx="3"/>'
            f'<rect class="good" x="{_LABEL}" y="{y + 6}" width="{good:.1f}" height="18" rx="3"/>'
            f'<text x="{_LABEL + full + 8:.1f}" y="{y + 19}">{row.passed} of {row.runs}</text>'
        )
    return _svg(_LABEL + _BAR + 80, height, "passed and failed runs by class of action", drawn)


def _dots(grades: Sequence[Grade]) -> str:
    timed = [(grade, grade.detected_after) for grade in grades if grade.detected_after is not None]
    if not timed:
        return "<p>No run came to a finding.</p>"
    rows = sorted({grade.difficulty for grade, _ in timed}, key=("easy", "medium", "hard").index)
    width, height = _LABEL + _BAR + 80, _DOTS_TOP + 44 * len(rows)
    drawn = [_tick(seconds, height) for seconds in (1, 10, 60, 300, 1800)]
    for index, name in enumerate(rows):
        y = _DOTS_TOP + 22 + index * 44
        drawn.append(f'<text class="name" x="{_LABEL - 10}" y="{y + 4}">{name}</text>')
        mine = [(grade, seconds) for grade, seconds in timed if grade.difficulty == name]
        for number, (grade, seconds) in enumerate(mine):
            spread = (number * 7) % 25 - 12  # so that equal times do not hide each other
            kind = "dot" if grade.passed else "ring"
            told = f"{grade.scenario}: {_length(seconds)}"
            drawn.append(f'<circle class="{kind}" cx="{_x(seconds):.1f}" cy="{y + spread}" r="5"><title>{escape(told)}</title></circle>')
    return _svg(width, height, "time to detect, by difficulty", drawn)


def _tick(seconds: int, height: int) -> str:
    x = _x(seconds)
    return (
        f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{_DOTS_TOP}" y2="{height}"/><text class="tick" x="{x:.1f}" y="16">{_length(seconds)}</text>'
    )


def _x(seconds: float) -> float:
    """On a logarithmic axis from one second to half an hour."""
    return _LABEL + 10 + min(1.0, max(0.0, log10(max(seconds, 1)) / log10(1800))) * (_BAR + 30)


def _svg(width: int, height: int, title: str, drawn: Sequence[str]) -> str:
    label = escape(title, quote=True)
    return f'<svg viewBox="0 0 {width} {height}" role="img" aria-label="{label}">{"".join(drawn)}</svg>'


def _table(grades: Sequence[Grade]) -> str:
    heads = ("", "scenario", "ending", "cause", "detected", "messages", "what it lacks")
    rows = "".join(_row(grade) for grade in sorted(grades, key=lambda grade: (grade.passed, grade.action, grade.scenario)))
    head = "".join(f"<th>{name}</th>" for name in heads)
    return f'<div class="wide"><table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>'


def _row(grade: Grade) -> str:
    mark = '<span class="yes">passed</span>' if grade.passed else '<span class="no">failed</span>'
    ending = escape(grade.ending) + ("" if grade.ending == grade.wanted else f"<br><small>should be {escape(grade.wanted)}</small>")
    cause = "first" if grade.top1 else "in the first three" if grade.top3 else "no"
    detected = "–" if grade.detected_after is None else _length(grade.detected_after)
    cells = [mark, _what(grade), ending, cause, detected, str(grade.messages), escape(grade.why)]
    return "<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>"


def _what(grade: Grade) -> str:
    name = f"<b>{escape(grade.scenario)}</b><br><small>{escape(grade.title)}</small>"
    if not grade.said:
        return name
    return f"{name}<details><summary>what Stead said</summary><pre>{escape(grade.said)}</pre></details>"


def _percent(part: int, whole: int) -> str:
    return f"{100 * part / whole:.0f} %" if whole else "–"


def _length(seconds: float) -> str:
    """`40 s`, `12 min`."""
    return f"{seconds:.0f} s" if seconds < 100 else f"{seconds / 60:.0f} min"
