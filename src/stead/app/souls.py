"""The agents that are there: shipped ones and those of the configuration's folders, each a folder of two files, read anew when they change.

Promise: a file that is broken stops nothing. The last good version of its agent stays, and what is wrong is told once.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from typing import Any, cast

import structlog
from pydantic import Field, ValidationError, field_validator, model_validator

from stead.app.config_errors import as_user_error, nearest
from stead.app.model_settings import AgentsSettings
from stead.app.sections import NAME, Section
from stead.app.yaml_file import read_yaml
from stead.domain.agent import EVERY, Soul, ToolPolicy
from stead.domain.errors import UserError
from stead.domain.excerpt import visible

SOUL, MANIFEST = "soul.md", "soul.manifest.yaml"
MOST_BYTES = 16_000
"""Of a soul.md: it is sent with every question."""
LEAST = 40
_ID = r"^[a-z0-9]([-a-z0-9.]{0,98}[a-z0-9])?$"

log = structlog.get_logger("stead.souls")


class ManifestTools(Section):
    """Which toolsets it has. What no list names it may not use; `*` stands for all that no other list names."""

    enforced: tuple[str, ...] = Field(default=(), description="Always on.")
    default_enabled: tuple[str, ...] = Field(default=(), description="On, and can be switched off in the configuration.")
    optional: tuple[str, ...] = Field(default=(), description="Off, and can be switched on in the configuration.")
    forbidden: tuple[str, ...] = Field(default=(), description="Never, whatever the configuration or the model says.")

    @field_validator("enforced", "default_enabled", "optional", "forbidden")
    @classmethod
    def _are_names(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for name in value:
            if name != EVERY and not re.fullmatch(r"[a-z0-9][-a-z0-9_.]{0,62}", name):
                raise ValueError("holds what is no name of a toolset; write lower-case words, or `*`")
        return value

    @model_validator(mode="after")
    def _are_disjoint(self) -> ManifestTools:
        if EVERY in self.forbidden:
            raise ValueError("forbids `*`; what no list names is not allowed anyway")
        named = [*self.enforced, *self.default_enabled, *self.optional, *self.forbidden]
        twice = next((name for name in named if named.count(name) > 1), None)
        if twice is not None:
            raise ValueError(f"names `{twice}` twice; one list must hold it")
        return self


class Manifest(Section):
    """soul.manifest.yaml."""

    id: str = Field(pattern=_ID, description="What stays when it is renamed, like `stead.investigator`.")
    slug: str = Field(pattern=NAME, description="What commands call it; its folder has the same name.")
    name: str = Field(min_length=1, max_length=60, description="Its name, for people.")
    description: str = Field(min_length=1, max_length=300, description="What it is good for, in a sentence.")
    toolsets: ManifestTools = ManifestTools()
    goals: tuple[str, ...] = Field(default=(), description="The goals that it serves.")


def read_soul(folder: Path, *, shipped: bool = False) -> Soul:
    """The agent in this folder. UserError, with the line where there is one, for whatever is wrong with it."""
    written = read_yaml(folder / MANIFEST)
    if not isinstance(written.data, dict):
        raise UserError(f"{written.name} does not hold `key: value` lines", hint="begin with `id:` and `slug:`")
    try:
        manifest = Manifest.model_validate_json(json.dumps(cast("dict[str, Any]", written.data)))
    except ValidationError as error:
        raise as_user_error(error, written, Manifest) from None
    except TypeError as error:
        raise UserError(f"{written.name} holds a value that JSON cannot ({error})", hint="put dates into quotes") from None
    if manifest.slug != folder.name:
        raise UserError(
            f"{written.name}:{written.line(('slug',))}: `slug` is `{manifest.slug}`, and its folder is called `{folder.name[:60]}`",
            hint="give both one name",
        )
    return Soul(
        id=manifest.id,
        slug=manifest.slug,
        name=manifest.name,
        description=manifest.description,
        text=_text(folder / SOUL),
        toolsets=ToolPolicy(**manifest.toolsets.model_dump()),
        goals=manifest.goals,
        folder=None if shipped else folder,
    )


def _text(path: Path) -> str:
    try:
        raw = path.read_bytes()
        text = raw.decode("utf-8-sig").strip()
    except OSError as error:
        raise UserError(
            f"{path} cannot be read: {(error.strerror or str(error)).lower()}", hint="an agent is two files: its manifest and its soul.md"
        ) from error
    except UnicodeDecodeError as error:
        raise UserError(f"{path} is not UTF-8 text (byte {error.start})", hint="save it as UTF-8") from error
    if len(raw) > MOST_BYTES:
        raise UserError(f"{path} has {len(raw)} bytes; the most is {MOST_BYTES}", hint="cut it: it is sent with every question")
    if len(text) < LEAST:
        raise UserError(f"{path} says nearly nothing", hint="write who the agent is, how it works, and what it never does")
    if visible(text) != text.replace("\r\n", "\n").replace("\t", "    "):
        raise UserError(f"{path} holds characters that nobody sees", hint="remove them: a model reads what a reviewer cannot")
    return text


def shipped() -> dict[str, Soul]:
    """The agents that come with Stead, by slug."""
    home = Path(str(files("stead"))) / "souls"
    return {place.name: read_soul(place, shipped=True) for place in sorted(home.iterdir()) if (place / MANIFEST).is_file()}


def candidates(folders: Iterable[Path]) -> Iterator[Path]:
    """The folders below these that mean to be agents. UserError for a folder that cannot be read."""
    for folder in folders:
        try:
            below = sorted(folder.iterdir())
        except OSError as error:
            raise UserError(
                f"the folder of agents {folder} cannot be read: {(error.strerror or str(error)).lower()}",
                hint="correct `agents.folders` in the configuration",
            ) from error
        yield from (place for place in below if (place / MANIFEST).exists() or (place / SOUL).exists())


class Souls:
    """Every agent at this moment, by slug; own ones come before shipped ones of the same slug. `chosen`: slug → (switched on, off)."""

    def __init__(self, folders: Iterable[Path] = (), chosen: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] | None = None) -> None:
        self._folders = tuple(folders)
        self._chosen = dict(chosen or {})
        self._lock = threading.Lock()
        self._stamp: object = None
        self._own: dict[Path, Soul] = {}
        self._shipped: dict[str, Soul] = {}
        self._made: Mapping[str, Soul] = {}
        self.broken: dict[str, str] = {}

    @classmethod
    def of(cls, settings: AgentsSettings) -> Souls:
        """As the configuration names and switches them."""
        return cls(settings.folders, {slug: (tools.enable, tools.disable) for slug, tools in settings.tools.items()})

    def __call__(self) -> Mapping[str, Soul]:
        with self._lock:
            stamp = self._look()
            if stamp != self._stamp:
                self._read()
                self._stamp = stamp
            return self._made

    def _read(self) -> None:
        self._shipped = self._shipped or shipped()
        before, self._own, self.broken = self._own, {}, {}
        try:
            places = list(candidates(self._folders))
        except UserError as error:
            self._tell(str(error.what))
            places, self._own = [], before
        for place in places:
            try:
                self._own[place] = read_soul(place)
            except UserError as error:
                self.broken[place.name] = error.what
                self._tell(error.what)
                if place in before:
                    self._own[place] = before[place]
        made = {**self._shipped, **{soul.slug: soul for soul in reversed(self._own.values())}}
        self._made = {slug: self._with_choice(soul) for slug, soul in sorted(made.items())}

    def _with_choice(self, soul: Soul) -> Soul:
        enable, disable = self._chosen.get(soul.slug, ((), ()))
        try:
            return replace(soul, toolsets=soul.toolsets.chosen(enable, disable))
        except ValueError as error:
            self._tell(f"the agent `{soul.slug}` {error}")
            return soul

    def _tell(self, what: str) -> None:
        log.error("an agent cannot be used as it is written", why=what)

    def _look(self) -> object:
        """What tells two states of the folders apart, without reading a file."""
        found: list[tuple[str, int, int]] = []
        for folder in self._folders:
            for file in (*folder.glob(f"*/{SOUL}"), *folder.glob(f"*/{MANIFEST}")):
                try:
                    about = file.stat()
                except OSError:
                    continue
                found.append((str(file), about.st_mtime_ns, about.st_ino))
        return tuple(sorted(found))


def doubts(soul: Soul, toolsets: Iterable[str], goals: Iterable[str] | None = None) -> list[str]:
    """What a person should look at, though it can be used: a toolset that it cannot do without is not there, or a name looks misspelt."""
    known = set(toolsets)
    said = [f"it serves the goal `{goal}`, which there is not" for goal in soul.goals if goals is not None and goal not in set(goals)]
    lists = soul.toolsets
    for name in (*lists.enforced, *lists.default_enabled, *lists.optional, *lists.forbidden):
        near = nearest(name, known)
        if name not in known and name != EVERY and (near is not None or name in lists.enforced):
            said.append(f"there is no toolset `{name}` here" + (f"; did you mean `{near}`?" if near else ""))
    return said
