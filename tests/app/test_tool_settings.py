"""`tools:` of the configuration: each toolset checks its own keys, and a mistake is told with its line and what was meant."""

from __future__ import annotations

from pathlib import Path

import pytest

from stead.app.config import load
from stead.app.config_check import check
from stead.app.discover import shelves
from stead.app.tool_settings import toolsets_of
from stead.clocks import SteppedClock
from stead.domain.errors import UserError

VISITOR = """
from pydantic import BaseModel, ConfigDict
from stead.declare import Toolset, ToolsetKind


class Keys(BaseModel):
    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)
    harbour: str


almanac = ToolsetKind(
    name="almanac",
    settings=Keys,
    open=lambda keys, clock, folder: Toolset(name="almanac", fits=lambda _: True, tools=(), page=f"{keys.harbour} in {folder.name}"),
)
"""


def written(tmp_path: Path, tools: str) -> Path:
    (tmp_path / "own").mkdir(exist_ok=True)
    (tmp_path / "own" / "almanac.py").write_text(VISITOR)
    file = tmp_path / "stead.yaml"
    file.write_text(f"checks:\n  folders: [own]\ntools:\n{tools}")
    return file


def test_a_toolset_is_set_up_by_its_name(tmp_path: Path, clock: SteppedClock) -> None:
    loaded = load(written(tmp_path, "  almanac:\n    harbour: Wismar\n"), state=tmp_path, environ={"HOME": str(tmp_path)})
    assert "tools: almanac, " in "\n".join(check(loaded))
    made = toolsets_of(loaded.settings.tools, shelves(loaded.settings.checks.folders), clock, loaded.folder)
    assert [toolset.page for toolset in made if toolset.name == "almanac"] == ["Wismar in almanac"]


@pytest.mark.parametrize(
    ("tools", "what", "hint"),
    [
        ("  almanack:\n    harbour: x\n", ":4: there are no tools `almanack`", "did you mean `almanac`?"),
        ("  kubernetes:\n    x: 1\n", ":4: the tools `kubernetes` have no settings", "leave them out"),
        ("  almanac:\n    harbour: y\n    harbor: x\n", ":6: unknown key `tools.almanac.harbor`", "did you mean `harbour`?"),
        ("  almanac:\n", "`tools.almanac.harbour` is missing", "add it"),
    ],
)
def test_a_mistake_is_told_with_its_line(tmp_path: Path, tools: str, what: str, hint: str) -> None:
    loaded = load(written(tmp_path, tools), state=tmp_path, environ={"HOME": str(tmp_path)})
    with pytest.raises(UserError) as wrong:
        check(loaded)
    assert what in wrong.value.what and hint in (wrong.value.hint or "")
