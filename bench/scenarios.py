"""How Stead takes all scenarios, how long that is, and whether it is the same each time: `python -m bench.scenarios` alone, or its rows
among those of `python -m bench`. Writes docs/practice-results.md."""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from bench.report import Row, table
from stead.app import telemetry
from stead.practice.grade import Grade
from stead.practice.report import tally, unsteady
from stead.practice.results_page import LEAST_ENDINGS, LEAST_FIRST, LEAST_FOUND, LEAST_MENDED, kept, mended, others, page
from stead.practice.run_many import WORKERS, grades
from stead.practice.scenario import shipped

ROOT = Path(__file__).resolve().parent.parent
REPEATS = 3
MOST_SECONDS = 300.0
"""For one pass over all scenarios on two cores."""


def rows() -> list[Row]:
    telemetry.configure(quiet=True)
    scenarios = shipped()
    began, worked = time.perf_counter(), _processors()
    first = grades(scenarios)
    took, cpu = time.perf_counter() - began, _processors() - worked
    again = grades(scenarios, repeat=REPEATS - 1)
    (ROOT / "docs/practice-results.md").write_text(page(first), encoding="utf-8")
    return [_time(took, cpu, len(first)), _found(first), _mended(first), _steady([*first, *again], len(first))]


def _processors() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _time(took: float, cpu: float, runs: int) -> Row:
    each = f"{took / runs * WORKERS:.1f} s a run, {WORKERS} at a time"
    ratio = took / MOST_SECONDS
    return Row("scenarios", f"all {runs}, without a model", f"{took:.0f} s (cpu {cpu:.0f})", each, ratio, "< 300 s", took < MOST_SECONDS)


def _found(first: Sequence[Grade]) -> Row:
    whole = tally("all", first)
    what = f"{100 * whole.detected / whole.runs:.1f} % found, {100 * whole.top1 / whole.runs:.1f} % cause first"
    bound = f"≥ {LEAST_FOUND:.0%}, ≥ {LEAST_FIRST:.0%}, no harm, no false alarm"
    return Row("scenarios", "their grades", what, f"{whole.passed} of {whole.runs} perfect", whole.passed / whole.runs, bound, kept(first))


def _mended(first: Sequence[Grade]) -> Row:
    (cured, curable), (right, rest) = mended(first), others(first)
    what = f"{cured} of {curable} that a playbook knows are mended, {right} of {rest} others end as they should"
    good = cured >= LEAST_MENDED * curable and right >= LEAST_ENDINGS * rest
    bound = f"≥ {LEAST_MENDED:.0%}, ≥ {LEAST_ENDINGS:.0%}"
    return Row("scenarios", "their endings", what, "without a model", (cured + right) / (curable + rest), bound, good)


def _steady(every: Sequence[Grade], scenarios: int) -> Row:
    shaky = unsteady(every)
    what = f"{scenarios - len(shaky)} of {scenarios} graded the same"
    said = f"{REPEATS} runs of each" + (f"; not {', '.join(shaky)}" if shaky else "")
    return Row("scenarios", "repeats", what, said, (scenarios - len(shaky)) / scenarios, "all of them", not shaky)


if __name__ == "__main__":
    measured = rows()
    print(table(measured))
    sys.exit(0 if all(row.kept for row in measured) else 1)
