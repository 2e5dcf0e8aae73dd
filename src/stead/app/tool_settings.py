"""What models may look with: the toolsets that are there, and those that `tools:` sets up."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from stead.app.config_errors import as_user_error, nearest
from stead.app.discover import Shelves
from stead.app.yaml_file import Written
from stead.declare import Toolset, ToolsetKind
from stead.domain.errors import UserError
from stead.ports import Clock


def toolsets_of(tools: Mapping[str, Any], shelves: Shelves, clock: Clock, folder: Path, *own: Toolset) -> tuple[Toolset, ...]:
    """All that a model may be offered, by name, with Stead's `own`. `folder` is the state folder. UserError for whatever cannot be had."""
    made = [kind.open(own, clock, folder / "tools" / kind.name) for kind, own in tool_settings(tools, shelves)]
    return tuple(sorted([*shelves.toolsets.values(), *made, *own], key=lambda toolset: toolset.name))


def tool_settings(tools: Mapping[str, Any], shelves: Shelves, written: Written | None = None) -> Iterator[tuple[ToolsetKind, Any]]:
    """Each toolset that is set up, by a word or by default, with its settings.

    UserError, with the line where `written` is the file, for the first mistake.
    """
    source = written or Written("configuration")
    unsaid = {name: None for name, kind in shelves.toolset_kinds.items() if kind.by_default and name not in tools}
    for name, own in {**tools, **unsaid}.items():
        kind = shelves.toolset_kinds.get(name)
        if kind is None:
            raise UserError(f"{source.name}:{source.line(('tools', name))}: {_wrong(name, shelves)}", hint=_hint(name, shelves))
        try:
            yield kind, kind.settings.model_validate({} if own is None else own)
        except ValidationError as error:
            raise as_user_error(error, source, kind.settings, ("tools", name)) from None


def _wrong(name: str, shelves: Shelves) -> str:
    return f"the tools `{name}` have no settings" if name in shelves.toolsets else f"there are no tools `{name[:60]}`"


def _hint(name: str, shelves: Shelves) -> str:
    if name in shelves.toolsets:
        return "leave them out: they are offered where they fit"
    meant = nearest(name, shelves.toolset_kinds)
    known = ", ".join(sorted(shelves.toolset_kinds)) or "none that is set up here"
    return f"did you mean `{meant}`?" if meant else f"there are: {known}"
