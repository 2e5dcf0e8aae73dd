"""`stead practice`: a cluster to break, scenarios to play, and grades for how Stead took them."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Generator, Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from stead.cli.options import Output, State
from stead.cli.output import Form, is_terminal, say_json, table
from stead.domain.errors import Exit, UserError

if TYPE_CHECKING:
    from collections.abc import Callable

    from stead.practice.grade import Grade
    from stead.practice.scenario import Scenario

app = typer.Typer(no_args_is_help=True)


class ReportForm(StrEnum):
    TABLE = "table"
    JSON = "json"
    JUNIT = "junit"
    HTML = "html"


Which = Annotated[list[str] | None, typer.Argument(metavar="[NAME|TAG|FILE]...", help="Scenarios: names (`crash-*` too), tags, or files.")]
Every = Annotated[bool, typer.Option("--all", help="All of them.")]
Model = Annotated[str, typer.Option("--model", help="Who thinks: none, a configured model, KIND:MODEL, script:FILE.")]
Policy = Annotated[Path | None, typer.Option("--policy", help="A policy file of your own.", show_default="the shipped one")]
Repeat = Annotated[int, typer.Option("--repeat", min=1, max=100, help="Play each so often.")]
ReportOutput = Annotated[ReportForm, typer.Option("--output", "-o", help="How the answer looks.")]
Proofs = Annotated[bool, typer.Option("--proofs", help="Prove the scenarios themselves, without playing them.")]


_LISTED = ("name", "title", "ending", "difficulty", "action", "tags", "neighbours")


@app.callback()
def practice() -> None:
    """A Kubernetes that breaks on purpose: try it, and see what Stead makes of it."""


@app.command("list")
def list_(output: Output = Form.TABLE) -> None:
    """Every scenario: what breaks, and how it should end."""
    from stead.practice.scenario import shipped

    if output is Form.JSON:
        say_json([{key: getattr(one, key) for key in _LISTED} for one in shipped()])
        return
    rows = [[s.name, s.title, s.ending.value, s.difficulty, ", ".join(s.tags)] for s in shipped()]
    table(("name", "what breaks", "should end", "difficulty", "tags"), rows, empty="There are no scenarios.")


@app.command()
def up(
    scenario: Annotated[str | None, typer.Argument(help="A scenario, by name or file.", show_default="the homelab of `stead demo`")] = None,
    speed: Annotated[float, typer.Option("--speed", min=0.1, max=1000, help="Seconds of the cluster's time in one of yours.")] = 1.0,
) -> None:
    """Run a practice cluster until Ctrl-C, for kubectl and for `stead up`. A scenario's fault strikes by itself."""
    from stead.cli.practice_up import run_up

    run_up(scenario, speed)


@app.command()
def run(
    which: Which = None,
    every: Every = False,
    model: Model = "none",
    policy: Policy = None,
    repeat: Repeat = 1,
    output: ReportOutput = ReportForm.TABLE,
    proofs: Proofs = False,
    state: State = None,
) -> None:
    """Let Stead meet scenarios, and grade it. Exits with 1 when a run did not pass."""
    from stead.practice.scenario import chosen

    if not which and not every:
        raise UserError("no scenario is named", hint="name some, or a tag, or say --all; `stead practice list` shows them")
    scenarios = chosen([] if every else which or [])
    if proofs:
        if policy is not None or repeat > 1 or output is not ReportForm.TABLE:
            raise UserError("--proofs plays nothing", hint="leave out --policy, --repeat and --output")
        _prove(scenarios)
        return
    _grade(scenarios, policy, model, repeat, output, state)


@app.command()
def score(output: Output = Form.TABLE, state: State = None) -> None:
    """What the newest runs of each scenario came to, by class of action."""
    from dataclasses import asdict

    from stead.practice.report import by_action, kept, tally

    grades = kept(_folder(state))
    rows = [*by_action(grades), *([tally("all", grades)] if grades else [])]
    if output is Form.JSON:
        say_json([asdict(row) for row in rows])
        return
    shown = [
        [row.name, str(row.runs), str(row.passed), str(row.detected), str(row.top1), str(row.top3), str(row.endings), str(row.harmful)]
        for row in rows
    ]
    columns = ("action", "runs", "passed", "detected", "cause 1st", "in 3", "ending", "harm")
    table(columns, shown, empty="Nothing was played yet: stead practice run --all", widest=0)


def _prove(scenarios: Sequence[Scenario]) -> None:
    from stead.practice.run_many import proven

    with _progress("proving") as told:
        found = proven(scenarios, told=told)
    rows = [[one.scenario, wrong] for one in found for wrong in one.wrong]
    table(("scenario", "what is wrong with it"), rows, empty=f"{len(found)} proven.")
    if rows:
        raise typer.Exit(Exit.NEGATIVE)


def _grade(scenarios: Sequence[Scenario], policy: Path | None, model: str, repeat: int, output: ReportForm, state: Path | None) -> None:
    from stead.app import telemetry
    from stead.clocks import SystemClock
    from stead.practice import report
    from stead.practice.run_many import grades
    from stead.practice.thinkers import thinker

    telemetry.configure(quiet=True)
    folder = _folder(state)
    thinks = thinker(model)
    with _progress("playing") as told:
        found = grades(scenarios, repeat=repeat, policy=policy, model=thinks, told=told)
    _show(found, output)
    report.keep(folder, found, SystemClock().now())
    if not all(grade.passed for grade in found):
        raise typer.Exit(Exit.NEGATIVE)


def _show(found: Sequence[Grade], output: ReportForm) -> None:
    from stead import __version__
    from stead.clocks import SystemClock
    from stead.practice import report

    if output is ReportForm.JSON:
        print(report.as_json(found))
    elif output is ReportForm.JUNIT:
        print(report.as_junit(found))
    elif output is ReportForm.HTML:
        from stead.practice.report_html import as_html

        print(as_html(found, SystemClock().now(), version=__version__), end="")
    else:
        _show_table(found)


def _show_table(found: Sequence[Grade]) -> None:
    from stead.practice import report

    rows = [[grade.scenario, "passed" if grade.passed else "failed", grade.ending, _seconds(grade), grade.why] for grade in found]
    table(("scenario", "grade", "ended as", "detected", "what it lacks"), rows, empty="Nothing was played.", widest=4)
    whole = report.tally("all", found)
    said = f"{whole.passed} of {whole.runs} passed · detected {whole.detected} · cause named {whole.top1}, in three {whole.top3}"
    tokens = sum(grade.tokens for grade in found)
    print(
        f"\n{said} · right ending {whole.endings} · did harm {whole.harmful} · messages {whole.messages} · tokens {tokens}", file=sys.stderr
    )
    if shaky := report.unsteady(found):
        print(f"not graded the same in each repeat: {', '.join(shaky)}", file=sys.stderr)


def _seconds(grade: Grade) -> str:
    return "" if grade.detected_after is None else f"{grade.detected_after:.0f} s"


def _folder(state: Path | None) -> Path:
    from stead.app.config import state_folder
    from stead.app.settings import Settings

    return state_folder(Settings(), state, os.environ)


@contextlib.contextmanager
def _progress(what: str) -> Generator[Callable[[str, int, int], None] | None]:
    """A bar for people; nothing in a pipe."""
    if not (is_terminal() or sys.stderr.isatty()):
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what.ljust(40), total=None)

        def told(name: str, done: int, total: int) -> None:
            bar.update(task, completed=done, total=total, description=f"{what} {name}"[:40].ljust(40))

        yield told
