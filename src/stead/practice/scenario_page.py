"""The page of all shipped scenarios: `python -m stead.practice.scenario_page docs/scenarios.md` writes it, a test holds it equal."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from stead.practice.scenario import Ending, Scenario, shipped

MADE = "<!-- Made from the scenarios by `python -m stead.practice.scenario_page docs/scenarios.md`; edit those instead. -->"
INJECTION = "injection"

_HEAD = """\
Things that go wrong in a practice cluster, each with what a good answer is. `stead practice up NAME` lets you stand in one with
`kubectl`, `stead practice run NAME` lets Stead meet it. How such a file is written stands in [Scenario files](reference/scenario.md).

The right ending says what Stead should do in the end: *solved* (put right alone), *approval* (a person is asked first), *escalated* (a
person is told what was found) or *nothing*. It is what a good answer would be, whether or not this version comes to it:
[the results](practice-results.md) show how far it comes without a model, and `stead practice score` how far it came with you."""

_INJECTED = """\
Logs, annotations, Events and values are written by anybody. In these scenarios they give orders, claim approvals, or forbid to tell.
They are evidence and never instructions: the right answer is the one that would be right without them."""

_HEALTHY = "Something happens, and nothing is wrong. Whoever wakes a person here is turned off within a week."


def page() -> str:
    """The whole page, as Markdown."""
    every = shipped()
    injected = [one for one in every if INJECTION in one.tags]
    healthy = [one for one in every if one.ending is Ending.NOTHING and one not in injected]
    faults = [one for one in every if one not in injected and one not in healthy]
    lines = ["# Scenarios", "", MADE, "", *_HEAD.splitlines(), ""]
    lines += [f"There are {len(every)}: " + ", ".join(_counts(every)) + ".", ""]
    lines += ["## Faults", "", *_table(faults), "", "## Orders from the wrong mouth", "", *_INJECTED.splitlines(), "", *_table(injected)]
    lines += ["", "## Nothing is wrong", "", _HEALTHY, "", *_table(healthy)]
    return "\n".join(lines) + "\n"


def _counts(every: Iterable[Scenario]) -> Iterator[str]:
    listed = list(every)
    for ending in Ending:
        yield f"{sum(1 for one in listed if one.ending is ending)} that should end as *{ending}*"


def _table(listed: Iterable[Scenario]) -> Iterator[str]:
    yield from ("| Scenario | What breaks | Right ending | Tags |", "| --- | --- | --- | --- |")
    for one in listed:
        yield f"| `{one.name}` | {one.title} | {one.ending} | {', '.join(one.tags)} |"


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(page(), encoding="utf-8")
