"""The house's habits, held by a machine: what a reviewer would otherwise have to notice each time."""

from __future__ import annotations

import ast
import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / "stead"
MOST_LINES = 400
"""A file holds one idea; a longer one holds two."""

FOREIGN = re.compile(
    r"(?<![\w.])/(?:root|work|Users/\w+|opt/pypi|opt/wheels)/|"
    r"\b(?:pypi\.org|pythonhosted\.org|registry\.npmjs|ghcr\.io|quay\.io|docker\.io|gcr\.io|registry\.k8s\.io|proxy\.golang\.org)\b"
)
"""Paths of somebody's machine, and hosts of registries: neither works for the next reader."""

SECRET = re.compile(r"-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----\n[A-Za-z0-9+/]{20}|\bgh[pousr]_[A-Za-z0-9]{36}\b|\bAKIA[0-9A-Z]{16}\b")


def committed() -> list[Path]:
    """Every file that is, or would be, committed."""
    listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=True)
    return [path for line in listed.stdout.splitlines() if (path := ROOT / line).is_file()]


def texts() -> dict[str, str]:
    """Name → text of every committed file that is text, but for this one, which must name what it forbids."""
    found: dict[str, str] = {}
    for path in committed():
        if path != Path(__file__):
            try:
                found[str(path.relative_to(ROOT))] = path.read_text(encoding="utf-8")
            except UnicodeDecodeError:
                continue
    return found


def modules() -> dict[str, ast.Module]:
    return {str(path.relative_to(ROOT)): ast.parse(path.read_text(encoding="utf-8")) for path in sorted(SOURCE.rglob("*.py"))}


def test_no_file_holds_two_ideas() -> None:
    lengths = {name: text.count("\n") for name, text in texts().items() if name.startswith(("src/", "tests/")) and name.endswith(".py")}
    assert lengths
    assert {name: lines for name, lines in lengths.items() if lines > MOST_LINES} == {}


def test_no_machine_registry_or_secret_is_named() -> None:
    lock = "requirements.lock"
    named = {
        name: match.group() for name, text in texts().items() if name != lock and (match := FOREIGN.search(text) or SECRET.search(text))
    }
    assert named == {}


def test_every_module_opens_with_what_it_guarantees() -> None:
    assert [name for name, module in modules().items() if not name.endswith("__init__.py") and ast.get_docstring(module) is None] == []


def test_no_test_waits_for_real_or_is_skipped() -> None:
    lazy = re.compile(r"\btime\.sleep\(|pytest\.skip\(|mark\.(?:skip|xfail)|importorskip|unittest\.mock")
    found = {name: match.group() for name, text in texts().items() if name.startswith("tests/") and (match := lazy.search(text))}
    assert found == {}


def test_only_clocks_ask_for_the_time() -> None:
    """Time is an argument or a Clock (DECISIONS, Time); durations of our own work may be measured."""
    asks = re.compile(r"\bdatetime\.now\(|\bdatetime\.utcnow\(|\btime\.time\(|\bdate\.today\(|\btime\.sleep\(")
    found = [
        name for name, text in texts().items() if name.startswith("src/stead/") and name != "src/stead/clocks.py" and asks.search(text)
    ]
    assert found == []
