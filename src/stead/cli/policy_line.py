"""`stead policy explain --command LINE`: what each part of a line of shell is, and whether Stead would run it. Nothing is run."""

from __future__ import annotations

import typer

from stead.app.explain_line import DENY, explained
from stead.cli.output import Form, line, say_json, table


def explain_line(text: str, output: Form) -> None:
    """Prints it. The exit code is 1 for what would not run."""
    told = explained(text)
    if output is Form.JSON:
        say_json(told)
    else:
        print(line(f"{told['decision']}: {told['class']}: {told['why']}"))
        rows = [[part["class"], part["text"], part["why"]] for part in told["parts"]]
        rows += [[reason["class"], "(the line)", reason["why"]] for reason in told["lineReasons"]]
        if len(rows) > 1:
            table(("CLASS", "PART", "WHY"), rows, empty="", widest=1)
    if told["decision"] == DENY:
        raise typer.Exit(1)
