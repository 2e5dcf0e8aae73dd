"""The documentation is true: its commands exist, its examples print what it says, its links lead somewhere, nothing is missing."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import typer

from stead.app.config import load
from stead.app.discover import shelves
from stead.app.policy_file import Catalogue, load_policy
from stead.app.settings import Settings
from stead.cli.commands import build

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted(
    [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")],
)

COMMAND = re.compile(r"(?:(?<=`)|(?<=\$ )|(?<=[|=/] )|(?<=bin/)|(?<=config ))stead(?= )(?P<rest>[^`|#\n]*)")
"""`stead …` where a reader would paste it: in a span of code, after a prompt, a pipe or a path."""


def commands(page: Path) -> list[str]:
    return [match["rest"].strip() for match in COMMAND.finditer(page.read_text(encoding="utf-8"))]


def unknown(words: list[str], command: Any) -> str:
    """The first word that the command line does not know; "" when it knows all. Values of options and arguments are not judged."""
    while words and (known := getattr(command, "commands", None)) is not None and not words[0].startswith("-"):
        if words[0] not in known:
            return words[0]
        command = known[words.pop(0)]
    options = {option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)} | {"--help", "--version"}
    return next((word for word in words if word.startswith("-") and word != "-" and word.partition("=")[0] not in options), "")


@pytest.fixture(scope="module")
def command_line() -> Any:
    return typer.main.get_command(build([]))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_command_that_is_shown_exists(page: Path, command_line: Any) -> None:
    wrong = {text: word for text in commands(page) if (word := unknown(shlex.split(text.replace("…", "")), command_line))}
    assert wrong == {}


def test_an_unknown_command_would_be_found(command_line: Any) -> None:
    assert unknown(["chek"], command_line) == "chek"
    assert unknown(["check", "--form", "x"], command_line) == "--form"
    assert unknown(["config", "chek"], command_line) == "chek"
    assert unknown(["check", "--from", "-"], command_line) == ""


@pytest.mark.parametrize("page", [page for page in PAGES if "<!-- run -->" in page.read_text()], ids=lambda page: page.name)
def test_an_example_prints_what_the_page_says(page: Path) -> None:
    name = str(page.relative_to(ROOT))
    done = subprocess.run([sys.executable, "scripts/examples.py", "--check", name], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"`python scripts/examples.py {name}` writes them again:\n{done.stdout}{done.stderr}"


def written(page: Path) -> list[str]:
    """The YAML blocks of a page that are (a part of) a stead.yaml, or a policy."""
    blocks = re.findall(r"^```yaml\n(.*?)^```$", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    return [block for block in blocks if block.partition(":")[0] in Settings.model_fields]


@pytest.mark.parametrize("page", [page for page in PAGES if written(page)], ids=lambda page: str(page.relative_to(ROOT)))
def test_every_configuration_and_policy_that_is_shown_is_accepted(page: Path, tmp_path: Path) -> None:
    found = shelves()
    known = Catalogue(verbs=frozenset(found.verbs), checks=frozenset(found.every_check), proposers=frozenset(found.playbooks))
    for block in written(page):
        file = tmp_path / "stead.yaml"
        file.write_text(block)
        if re.search(r"^rules:", block, re.MULTILINE):
            load_policy(file, known)
        else:
            load(file, state=tmp_path, environ={"HOME": str(tmp_path)})


@pytest.mark.parametrize("page", [page for page in PAGES if page.parent == ROOT], ids=lambda page: page.name)
def test_links_of_pages_outside_the_site_lead_somewhere(page: Path) -> None:
    """The site's own links are held by its strict build."""
    links = re.findall(r"\]\((?!https?://|#)([^)#]+)", page.read_text(encoding="utf-8"))
    assert [link for link in links if not (ROOT / link).exists()] == []


def extensions() -> list[tuple[str, str]]:
    """(shelf, name) of all that is built in."""
    found = shelves()
    rooms = {
        "checks": found.every_check,
        "actions": found.verbs,
        "playbooks": found.playbooks,
        "channels": found.channels,
        "models": found.models,
        "tools": {**found.toolsets, **found.toolset_kinds},
        "sources": found.sources,
    }
    return [(shelf, name) for shelf, names in rooms.items() for name in sorted(names)]


@pytest.mark.parametrize(("shelf", "name"), extensions())
def test_every_extension_has_a_page_and_a_test(shelf: str, name: str) -> None:
    page = ROOT / "docs" / shelf / f"{name}.md"
    assert page.is_file()
    assert page.read_text(encoding="utf-8").startswith("# ")
    assert list((ROOT / "tests" / shelf).rglob(f"test_{name}.py"))


def test_every_check_says_what_it_is() -> None:
    found = shelves()
    pages = {name: check.page for name, check in found.every_check.items()}
    assert pages
    assert [name for name, page in pages.items() if len(page) < 30] == []


def test_no_page_describes_what_is_not_there() -> None:
    shelves_ = ("checks", "actions", "playbooks", "channels", "models", "tools", "sources")
    known = {(shelf, name) for shelf, name in extensions()} | {(shelf, "index") for shelf in shelves_}
    pages = {(path.parent.name, path.stem) for shelf in shelves_ for path in (ROOT / "docs" / shelf).glob("*.md")}
    assert pages - known == set()
