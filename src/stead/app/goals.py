"""The goals that are there: Markdown with front matter, shipped and in the configuration's folders, read anew at each use.

---
name: health-check
description: How the estate is now.
agent: reporter
about: estate
packs: [kubernetes, backups]
---
Say how this estate is now.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal, cast

import structlog
from pydantic import Field, ValidationError

from stead.app.config_errors import as_user_error
from stead.app.front_matter import read_front_matter
from stead.app.model_settings import AgentsSettings
from stead.app.sections import NAME, Section
from stead.app.yaml_file import read_yaml
from stead.domain.errors import UserError
from stead.domain.excerpt import visible
from stead.domain.goal import About, Goal, PackLook

MOST_BYTES = 8_000
LEAST = 20
EVERY_SCRIPT = "*"

log = structlog.get_logger("stead.goals")


class GoalMatter(Section):
    """The front matter of a goal."""

    name: str = Field(pattern=NAME, description="What commands call it; its file has the same name.")
    description: str = Field(min_length=1, max_length=300, description="What it is for, in a sentence.")
    agent: str = Field(pattern=NAME, description="Who serves it, by slug.")
    about: Literal["incident", "past", "estate"] = Field(description="An open incident, any incident, or the estate as a whole.")
    packs: tuple[str, ...] = Field(default=(), description="Context packs: shipped ones, or scripts of `tools: packs` (`*`: all).")


class PackLookSettings(Section):
    """One look of a pack."""

    tool: str
    arguments: dict[str, Any] = Field(default={}, alias="with")


class PackSettings(Section):
    """A context pack."""

    looks: tuple[PackLookSettings, ...]


def read_goal(path: Path) -> Goal:
    """The goal in this file. UserError, with the line where there is one, for whatever is wrong with it."""
    written, text = read_front_matter(path, MOST_BYTES)
    try:
        matter = GoalMatter.model_validate_json(json.dumps(written.data))
    except ValidationError as error:
        raise as_user_error(error, written, GoalMatter) from None
    if matter.name != path.stem:
        raise UserError(f"{written.name}:{written.line(('name',))}: `name` is `{matter.name}`, and its file is called {path.name}")
    if len(text) < LEAST or visible(text) != text.replace("\t", "    "):
        raise UserError(
            f"{path} says nearly nothing, or holds characters that nobody sees", hint="write what is to be found out, and how it ends"
        )
    known = shipped_packs()
    return Goal(
        name=matter.name,
        description=matter.description,
        agent=matter.agent,
        about=About(matter.about),
        text=text,
        looks=tuple(look for name in matter.packs for look in known.get(name, ())),
        scripts=EVERY_SCRIPT in matter.packs,
        script_names=tuple(name for name in matter.packs if name not in known and name != EVERY_SCRIPT),
    )


def shipped_packs() -> dict[str, tuple[PackLook, ...]]:
    found: dict[str, tuple[PackLook, ...]] = {}
    for path in sorted((Path(str(files("stead"))) / "packs").glob("*.yaml")):
        pack = PackSettings.model_validate_json(json.dumps(cast("dict[str, Any]", read_yaml(path).data)))
        found[path.stem] = tuple(PackLook(tool=look.tool, arguments=look.arguments) for look in pack.looks)
    return found


def goals_of(settings: AgentsSettings, broken: dict[str, str] | None = None) -> Mapping[str, Goal]:
    """Every goal by name; own ones before shipped ones, each with the agent that the configuration gives it.

    UserError for a file that is wrong; with `broken` it is written there, and left out.
    """
    home = Path(str(files("stead"))) / "goals"
    found = {path.stem: read_goal(path) for path in sorted(home.glob("*.md"))}
    for path in _own(settings.goal_folders):
        try:
            found[path.stem] = read_goal(path)
        except UserError as error:
            if broken is None:
                raise
            broken[path.name] = error.what
    return {name: replace(goal, agent=settings.goals.get(name, goal.agent)) for name, goal in sorted(found.items())}


def _own(folders: Iterable[Path]) -> list[Path]:
    return [path for folder in reversed(list(folders)) for path in sorted(folder.glob("*.md"))]


class Goals:
    """Every goal of this moment by name; a broken file of one's own is left out, and told once."""

    def __init__(self, settings: AgentsSettings) -> None:
        self._settings = settings
        self._stamp: object = None
        self._made: Mapping[str, Goal] = {}

    def __call__(self) -> Mapping[str, Goal]:
        stamp = [(str(path), path.stat().st_mtime_ns, path.stat().st_ino) for path in _own(self._settings.goal_folders)]
        if stamp != self._stamp:
            broken: dict[str, str] = {}
            self._made, self._stamp = goals_of(self._settings, broken), stamp
            for why in broken.values():
                log.error("a goal cannot be used as it is written", why=why)
        return self._made
