"""The report of a set of runs as one page that needs nothing else: charts are drawn in it, no script runs, and no address is called.

Everything that comes from a scenario or from Stead is escaped.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from html import escape
from importlib.resources import files

from stead.practice.grade import Grade
from stead.practice.report import Tally, by_action, tally, unsteady
from stead.practice.report_charts import bars, dots, length, ring, squares

_STYLE = "report.css"

_ABOUT = (
    "Faults were made on purpose in a practice cluster, each in a scenario of its own among healthy neighbours, and Stead met them over "
    "the cluster's real API. A run passes when Stead found the fault, named the object at fault, said the facts, did nothing harmful, and "
    "ended as it should: put right, a person asked, a person told, or silence where nothing was wrong."
)


def as_html(grades: Sequence[Grade], at: datetime, *, version: str) -> str:
    """The page. `at` is when the runs ended."""
    whole = tally("all", grades)
    style = (files("stead.practice") / _STYLE).read_text(encoding="utf-8")
    parts = [
        _head(whole, grades, at, version),
        _figures(whole),
        _section("Every run at a glance", "", squares(grades)),
        _section("By class of action", "How many runs passed, by what would put the fault right.", bars(by_action(grades))),
        _section("Time to detect", "From the fault to the first finding, in the cluster's time; open circles did not pass.", dots(grades)),
        _runs(grades),
        f"<footer>Made by <code>stead practice run -o html</code>, Stead {escape(version)}.</footer>",
    ]
    title = f"Stead practice: {whole.passed} of {whole.runs} passed"
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n<meta name="color-scheme" content="light dark">\n'
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
    return f"<header><h1>Stead practice</h1><p>{line}</p><p>{_ABOUT}</p></header>"


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _figures(whole: Tally) -> str:
    runs = whole.runs
    shown = [
        ("found", _percent(whole.detected, runs), f"{whole.detected} of {runs}"),
        ("cause first", _percent(whole.top1, runs), f"in the first three: {_percent(whole.top3, runs)}"),
        ("right ending", _percent(whole.endings, runs), f"{whole.endings} of {runs}"),
        ("did harm", str(whole.harmful), f"of {_count(runs, 'run')}"),
        ("time to detect", "–" if whole.seconds is None else length(whole.seconds), "median, cluster's time"),
        ("messages", f"{whole.messages / runs:.1f}" if runs else "–", "a run"),
    ]
    cells = "".join(
        f"<li><span>{escape(name)}</span><b>{escape(value)}</b><small>{escape(note)}</small></li>" for name, value, note in shown
    )
    card = f"<span>passed</span><b>{whole.passed}<small> of {runs}</small></b>"
    passed = f'<li class="passed-card">{ring(whole.passed, runs)}<div>{card}</div></li>'
    return f'<ul class="figures">{passed}{cells}</ul>'


def _section(title: str, note: str, body: str) -> str:
    told = f"<p>{escape(note)}</p>" if note else ""
    return f"<section><h2>{escape(title)}</h2>{told}{body}</section>"


def _runs(grades: Sequence[Grade]) -> str:
    """The table, which the reader may narrow to what failed or passed: radio buttons and a rule of style, no script."""
    failed = sum(1 for grade in grades if not grade.passed)
    choices = (
        ("all", f"all {len(grades)}", " checked"),
        ("failed", f"{failed} failed", ""),
        ("passed", f"{len(grades) - failed} passed", ""),
    )
    shown = "".join(
        f'<input type="radio" name="shown" id="show-{name}"{checked}><label for="show-{name}">{label}</label>'
        for name, label, checked in choices
    )
    return f'<section class="runs"><h2>Every run</h2>{shown}{_table(grades)}</section>'


_HEADS = ("", "scenario", "ending", "cause", "found after", "messages", "what it lacks")


def _table(grades: Sequence[Grade]) -> str:
    once: dict[Grade, int] = {}
    for grade in sorted(grades, key=lambda grade: (grade.passed, grade.action, grade.scenario)):
        once[grade] = once.get(grade, 0) + 1
    rows = "".join(_row(grade, times) for grade, times in once.items())
    head = "".join(f"<th>{name}</th>" for name in _HEADS)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"


def _row(grade: Grade, times: int) -> str:
    word = "passed" if grade.passed else "failed"
    mark = f'<span class="{word}-mark">{word}</span>' + (f" <small>× {times}</small>" if times > 1 else "")
    ending = escape(grade.ending) + ("" if grade.ending == grade.wanted else f"<br><small>should be {escape(grade.wanted)}</small>")
    cause = "first" if grade.top1 else "in the first three" if grade.top3 else "no"
    found = "–" if grade.detected_after is None else length(grade.detected_after)
    cells = [mark, _what(grade), ending, cause, found, str(grade.messages), escape(grade.why)]
    made = "".join(f'<td data-head="{head}"><div>{cell}</div></td>' for head, cell in zip(_HEADS, cells, strict=True))
    return f'<tr class="{word}-row">{made}</tr>'


def _what(grade: Grade) -> str:
    name = f"<b>{escape(grade.scenario)}</b><br><small>{escape(grade.title)}</small>"
    if not grade.said:
        return name
    return f"{name}<details><summary>what Stead said</summary><pre>{escape(grade.said)}</pre></details>"


def _percent(part: int, whole: int) -> str:
    return f"{100 * part / whole:.0f} %" if whole else "–"
