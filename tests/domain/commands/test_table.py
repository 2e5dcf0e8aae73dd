"""The tables of tools: each file is read, and one that does not fit says what is wrong with it."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from stead.domain.commands.classes import Class
from stead.domain.commands.judge import judge
from stead.domain.commands.scripts import JUDGES
from stead.domain.commands.table import Spec, tools
from stead.testing.commands import corpus
from stead.tools.command_tables import command_tables

ROWS = corpus(Path(__file__).parent / "corpus")


def every(spec: Spec) -> list[Spec]:
    return [spec, *(below for verb in spec.verbs.values() for below in every(verb))]


def test_a_table_names_only_judges_that_there_are() -> None:
    named = {
        name
        for spec in command_tables().values()
        for one in every(spec)
        for name in (one.judge, *(flag.judge for flag in one.flags.values()))
    }
    assert named - {""} == set(JUDGES)


def test_every_tool_that_may_read_has_a_row_in_the_corpus() -> None:
    """Programs of one key of a table are one tool."""
    words = {word.rpartition("/")[2] for row in ROWS for word in row.line.replace("'", " ").replace('"', " ").split()}
    assert [names for names in described() if not words.intersection(names.split())] == []


def described() -> list[str]:
    """The keys of all files."""
    folder = files("stead.tools").joinpath("commands")
    return [names for file in folder.iterdir() if file.name.endswith(".yaml") for names in YAML(typ="safe").load(file.read_text())]


def test_a_tool_of_ones_own_is_a_few_lines() -> None:
    made = tools({"mytool mt": {"alone": "-v", "verbs": {"read": "list", "write": "drop"}}})
    assert {line: judge(line, made).class_ for line in ("mytool list -v", "mt drop x", "mytool list -x", "mytool")} == {
        "mytool list -v": Class.READ,
        "mt drop x": Class.WRITE,
        "mytool list -x": Class.UNKNOWN,
        "mytool": Class.UNKNOWN,
    }


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ({"x": {"allone": "-v"}}, "`x`: there is no key `allone`"),
        ({"x": {"verb": {"y": {"clas": "read"}}}}, "`x y`: there is no key `clas`"),
        ({"x": {"alone": "v"}}, "`x`: `v` is no flag"),
        ({"x": {"style": "dos"}}, "`x`: `style` is one of"),
        ({"x": {"wraps": {"skipp": 1}}}, "`x`: there is no key `skipp` in `wraps`"),
        ({"x": {"when": [{"flag": "-x", "class": "read"}]}}, "`x`: there is no key `flag` in `when`"),
        ({"x": {"class": "harmless"}}, "'harmless' is not a valid Class"),
    ],
)
def test_a_mistake_in_a_table_is_named(written: dict[str, dict[str, object]], said: str) -> None:
    with pytest.raises(ValueError, match=said.replace("(", "\\(")):
        tools(written)
