"""The reference pages say what the code does: they are made from it, and this holds them equal."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from stead.cli.reference import pages

REFERENCE = Path(__file__).parents[2] / "docs" / "reference"


@pytest.fixture(scope="module")
def made() -> dict[str, str]:
    return pages()


@pytest.mark.parametrize("name", ["configuration.md", "api.md", "commands.md"])
def test_a_page_is_what_the_code_makes_of_it(name: str, made: dict[str, str]) -> None:
    assert (REFERENCE / name).read_text() == made[name], "python -m stead.cli.reference docs/reference"


def test_the_example_is_a_configuration_and_the_defaults_can_be_written(made: dict[str, str], tmp_path: Path) -> None:
    from stead.app.config import parse, settings_of
    from stead.app.settings import Settings, TimingSettings
    from stead.app.yaml_file import parse_yaml

    example = re.search(r"```yaml\n(.*?)```", made["configuration.md"], re.DOTALL)
    assert example is not None
    assert parse(parse_yaml(example[1], "example"), tmp_path).estates[0].acts
    timing = made["configuration.md"].partition("### timing")[2].partition("\n### ")[0]
    written = dict(re.findall(r"\| `(\w+)` \| duration \| `(\w+)` \|", timing))
    assert len(written) > 5
    assert settings_of({"timing": written}).timing == TimingSettings() == Settings().timing
