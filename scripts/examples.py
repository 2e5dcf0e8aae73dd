"""Run the examples of the documentation, so that what a reader sees is what happens.

An example is a `console` block after a line `<!-- run -->`. Each of its `$ ` lines is run by bash at the top of the checkout, with
this environment's `stead`, no colours and 100 columns; what it prints (stdout, then stderr) stands below it.

    scripts/examples.py [--check] FILE...    rewrite the outputs in place; with --check only say which differ (exit 1)
"""

from __future__ import annotations

import difflib
import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BLOCK = re.compile(r"(<!-- run -->\n+(?P<indent> *)```console\n)(?P<body>.*?)(?P<end>^ *```$)", re.MULTILINE | re.DOTALL)
DURATION = re.compile(r"(\bin )\d+\.\d+ s\b")
"""How long something took differs from run to run."""
PATIENCE = 60.0
"""Seconds that one command of an example may take."""


def run(command: str) -> str:
    """What `command` prints."""
    venv = Path(sys.executable).parent
    environment = os.environ | {
        "PATH": f"{venv}:{os.environ['PATH']}",
        "NO_COLOR": "1",
        "COLUMNS": "100",
        "TERM": "dumb",
        "LC_ALL": "C.UTF-8",
    }
    command = re.sub(r"(?<!\S)\.venv/bin/", "", command)
    done = subprocess.run(
        ["bash", "-c", command],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        stdin=subprocess.DEVNULL,
        check=False,
    )
    return DURATION.sub(r"\g<1>0.0 s", done.stdout + done.stderr)


def refreshed(text: str) -> str:
    """The page with every example's output as it is now."""

    def again(match: re.Match[str]) -> str:
        indent = match["indent"]
        lines: list[str] = []
        for line in match["body"].splitlines():
            if line.startswith(f"{indent}$ "):
                lines += [line, *((indent + out).rstrip() for out in run(line.removeprefix(f"{indent}$ ")).splitlines())]
        return match[1] + "".join(f"{line}\n" for line in lines) + match["end"]

    return BLOCK.sub(again, text)


def main(arguments: list[str]) -> int:
    check = "--check" in arguments
    differ = 0
    for name in (argument for argument in arguments if argument != "--check"):
        path = ROOT / name
        before = path.read_text(encoding="utf-8")
        after = refreshed(before)
        if before == after:
            continue
        differ = 1
        if check:
            sys.stdout.writelines(difflib.unified_diff(before.splitlines(True), after.splitlines(True), name, f"{name}, run"))
        else:
            path.write_text(after, encoding="utf-8")
    return differ if check else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
