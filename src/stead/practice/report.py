"""What runs came to: counted by class of action, for programs (JSON, JUnit) and kept for the next day's question."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from statistics import median
from typing import Any
from xml.etree import ElementTree

from stead.domain.errors import UserError
from stead.practice.grade import Grade, of_plain

SCORES = "practice-scores.json"
"""The file in the state folder that keeps the newest grades of each scenario."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """What a group of runs came to. `seconds` is the median of the cluster's time from fault to first finding; None without any."""

    name: str
    runs: int
    passed: int
    detected: int
    top1: int
    top3: int
    endings: int
    harmful: int
    messages: int
    seconds: float | None


def tally(name: str, grades: Sequence[Grade]) -> Tally:
    def count(good: Callable[[Grade], bool]) -> int:
        return sum(1 for grade in grades if good(grade))

    seconds = [grade.detected_after for grade in grades if grade.detected_after is not None]
    return Tally(
        name=name,
        runs=len(grades),
        passed=count(lambda grade: grade.passed),
        detected=count(lambda grade: grade.detected),
        top1=count(lambda grade: grade.top1),
        top3=count(lambda grade: grade.top3),
        endings=count(lambda grade: grade.ending == grade.wanted),
        harmful=count(lambda grade: bool(grade.harmful)),
        messages=sum(grade.messages for grade in grades),
        seconds=median(seconds) if seconds else None,
    )


def by_action(grades: Iterable[Grade]) -> list[Tally]:
    """One row for each class of action, in the order of their names."""
    groups: dict[str, list[Grade]] = {}
    for grade in grades:
        groups.setdefault(grade.action, []).append(grade)
    return [tally(name, groups[name]) for name in sorted(groups)]


def unsteady(grades: Sequence[Grade]) -> list[str]:
    """Scenarios whose repeats were graded differently; none when every run is the same each time."""
    first: dict[str, Grade] = {}
    return sorted({grade.scenario for grade in grades if first.setdefault(grade.scenario, grade) != grade})


def as_json(grades: Sequence[Grade]) -> str:
    whole = tally("all", grades)
    summary = {name: getattr(whole, name) for name in Tally.__slots__ if name != "name"}
    told = {"summary": summary | {"unsteady": unsteady(grades)}, "runs": [grade.plain() for grade in grades]}
    return json.dumps(told, indent=2, ensure_ascii=False)


def as_junit(grades: Sequence[Grade]) -> str:
    """JUnit's XML: a test case for each run, a failure with what it lacks."""
    bad = sum(1 for grade in grades if not grade.passed)
    took = sum(grade.took for grade in grades)
    suite = ElementTree.Element("testsuite", name="stead practice", tests=str(len(grades)), failures=str(bad), time=f"{took:.2f}")
    for grade in grades:
        case = ElementTree.SubElement(suite, "testcase", classname=grade.action, name=grade.scenario, time=f"{grade.took:.2f}")
        if not grade.passed:
            ElementTree.SubElement(case, "failure", message=printable(grade.why))
    ElementTree.indent(suite)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(suite, encoding="unicode")


def printable(text: str) -> str:
    """Without what XML cannot hold: control characters (https://www.w3.org/TR/xml/#charsets)."""
    return "".join(c if c in "\t\n" or " " <= c < "\ufffe" else "\ufffd" for c in text)


def keep(folder: Path, grades: Sequence[Grade], at: datetime) -> Path:
    """Put the grades into the folder's file of scores, in place of older ones of the same scenarios. UserError when that cannot be."""
    path = folder / SCORES
    played = {grade.scenario for grade in grades}
    older = [row for row in _rows(path) if row["scenario"] not in played]
    rows = older + [grade.plain() | {"at": at.isoformat()} for grade in grades]
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        fresh = path.with_suffix(".new")
        fresh.write_text(json.dumps({"version": 1, "runs": rows}, indent=1), encoding="utf-8")
        fresh.replace(path)
    except OSError as error:
        raise UserError(f"{path} cannot be written: {(error.strerror or str(error)).lower()}", hint="name a folder with --state") from error
    return path


def kept(folder: Path) -> list[Grade]:
    """The newest grades of each scenario; none where nothing was played yet. UserError for a file that is not ours."""
    return [of_plain(row) for row in _rows(folder / SCORES)]


def _rows(path: Path) -> list[dict[str, Any]]:
    try:
        rows: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))["runs"]
        for row in rows:
            of_plain(row)
    except FileNotFoundError:
        return []
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise UserError(f"{path} does not hold scores", hint="move it away, and run the scenarios again") from error
    return rows
