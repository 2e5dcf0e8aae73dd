"""A scenario: something that goes wrong in a practice cluster, and what a good answer to it is. One YAML file each.

docs/reference/scenario.md describes every key, for people who write one.
"""

# ruff: noqa: TRY004  (pydantic makes its sentence of a ValueError, and lets a TypeError through)
from __future__ import annotations

import fnmatch
import json
import re
from collections.abc import Sequence
from datetime import timedelta
from enum import StrEnum
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, Literal, cast

from pydantic import BeforeValidator, Field, ValidationError, field_validator, model_validator

from stead.app.config_errors import as_user_error, nearest
from stead.app.durations import Duration
from stead.app.yaml_file import Written, parse_yaml, read_yaml
from stead.domain.errors import UserError
from stead.practice.neighbours import NeighbourNames, Neighbours, neighbours
from stead.practice.scenario_manifests import Manifests
from stead.practice.scenario_steps import Images, Moment, Step, length
from stead.practice.scenario_words import ObjectRefs, Predicate, Ref, Section, parse_ref

NAME = r"^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$"


class Ending(StrEnum):
    """How it should end: put right by Stead, a person asked first, handed to a person, or left alone because nothing is wrong."""

    SOLVED = "solved"
    APPROVAL = "approval"
    ESCALATED = "escalated"
    NOTHING = "nothing"


class EstateSection(Section):
    """`base`: `house` is the homelab of `stead demo`; `nodes` three empty nodes, node-1 to node-3; `empty` nothing at all."""

    base: Literal["house", "nodes", "empty"] = "nodes"
    objects: Manifests = Field(default=(), description="What stands in the cluster before anything happens. Namespaces are made as needed.")
    steps: tuple[Step, ...] = Field(default=(), description="What happened earlier: the past of this cluster.")


def _moments(given: object) -> object:
    return cast("list[object]", given) if isinstance(given, list) else [given]


Moments = Annotated[tuple[Moment, ...], BeforeValidator(_moments)]


def _facts(given: object) -> object:
    if not isinstance(given, list):
        raise ValueError("is not a list of facts")
    return tuple(tuple(cast("list[str]", one)) if isinstance(one, list) else (one,) for one in cast("list[object]", given))


class FindSection(Section):
    """`cause`: the object at fault, or several that will do. `facts`: each must be said; a list gives ways to say one."""

    cause: ObjectRefs
    facts: Annotated[tuple[tuple[str, ...], ...], BeforeValidator(_facts)] = ()


class Forbidden(Section):
    """A change that must not be asked of the cluster: `write *`, `delete PersistentVolumeClaim`, `patch Deployment kube-system/*`."""

    verb: Literal["write", "delete", "patch", "create", "update"]
    object: Annotated[Ref, BeforeValidator(parse_ref)]

    def covers(self, verb: str, kind: str, namespace: str, name: str) -> bool:
        return self.verb in ("write", verb.removesuffix("collection")) and self.object.covers(kind, namespace, name)

    def __str__(self) -> str:
        return f"{self.verb} {self.object}"


_FORBIDDEN = re.compile(r"(write|delete|patch|create|update) (\*|[A-Za-z.]+)(?: (\S+))?")


def _never(given: object) -> object:
    if not isinstance(given, str):
        return given
    found = _FORBIDDEN.fullmatch(given)
    if found is None:
        raise ValueError("is no change; write `write *`, `delete PersistentVolumeClaim`, or `patch Deployment payments/api`")
    namespace, _, name = (found[3] or "*/*").rpartition("/")
    return Forbidden(verb=cast(Any, found[1]), object=Ref(found[2], namespace or "*", name))


Never = Annotated[Forbidden | Predicate, BeforeValidator(_never)]


class Scenario(Section):
    """One scenario. Durations are of the cluster's time."""

    name: str = Field(pattern=NAME, description="As the file is called.")
    title: str = Field(min_length=1, description="What breaks, in a few words.")
    description: str = Field(default="", description="The story, for a person who wants to learn from it.")
    tags: tuple[str, ...] = Field(default=(), description="Mechanisms: crash, image, node, dns, …")
    difficulty: Literal["easy", "medium", "hard"] = "medium"
    action: str = Field(pattern=r"^[a-z][a-z0-9_]*$", description="The class of action that cures it: rollback_revision, configuration, …")
    estate: EstateSection = Field(default_factory=EstateSection)
    images: Images = Field(default_factory=dict)
    neighbours: NeighbourNames = Field(default=(), description="Sets of healthy programs that live there, too.")
    noise: tuple[Moment, ...] = Field(default=(), description="What else happens, and is harmless.")
    fault: Moments = Field(description="What goes wrong, and when.")
    find: FindSection | None = Field(default=None, description="What a good answer finds. Not given where nothing is wrong.")
    solve: tuple[Step, ...] = Field(default=(), description="What would put it right.")
    never: tuple[Never, ...] = Field(default=(), description="What must never be done, or come to be.")
    solved: tuple[Predicate, ...] = Field(description="How the cluster looks when all is well.")
    ending: Ending = Field(description="solved, approval, escalated or nothing.")
    approve: Literal["yes", "no", "never"] = Field(default="yes", description="What the person answers; `never`: nobody is there.")
    shows_after: Duration = Field(default=timedelta(minutes=3), description="When, after the fault, it can be seen.")
    heals_within: Duration = Field(default=timedelta(minutes=10), description="How long the cluster needs after `solve`.")
    limit: Duration = Field(default=timedelta(minutes=15), description="How long Stead may take after the fault.")

    @field_validator("approve", mode="before")
    @classmethod
    def _yes_or_no(cls, given: object) -> object:
        return {True: "yes", False: "no"}.get(given, given) if isinstance(given, bool) else given

    @model_validator(mode="after")
    def _hangs_together(self) -> Scenario:
        if not any(moment.steps for moment in self.fault) or not self.solved:
            raise ValueError("needs at least one step in `fault` and one line in `solved`")
        if self.ending is Ending.NOTHING and (self.find is not None or self.solve):
            raise ValueError("ends in `nothing`, and still gives `find` or `solve`; leave both out")
        if self.ending is not Ending.NOTHING and (self.find is None or not self.solve):
            raise ValueError(f"ends in `{self.ending}`, and gives no `find` or no `solve`; say what is to be found, and what cures it")
        return self

    @property
    def fault_at(self) -> timedelta:
        """When the first fault strikes."""
        return min(moment.at for moment in self.fault)

    @property
    def fault_over(self) -> timedelta:
        """When the last step of the last fault is done."""
        return max(moment.at + length(moment.steps) for moment in self.fault)

    @property
    def around(self) -> list[Neighbours]:
        """The neighbours by their names."""
        return [neighbours(name) for name in self.neighbours]

    @property
    def harmless(self) -> tuple[Moment, ...]:
        """All that happens besides the fault: the noise of the scenario and that of its neighbours."""
        return (*self.noise, *(moment for one in self.around for moment in one.noise))

    def touched(self) -> list[Ref]:
        """Every object that the fault, its cause or its cure is about: all that may be written to."""
        steps = [step for moment in self.fault for step in moment.steps]
        refs = [ref for step in (*steps, *self.solve) for ref in step.touches()]
        return refs + (list(self.find.cause) if self.find else [])


def load(path: Path) -> Scenario:
    """The scenario in this file. UserError with the line and the key of the first mistake."""
    return parse(read_yaml(path), path.stem)


def parse(written: Written, stem: str = "") -> Scenario:
    if not isinstance(written.data, dict):
        raise UserError(f"{written.name} does not hold `key: value` lines", hint="docs/reference/scenario.md describes the keys")
    data = cast(dict[str, Any], written.data)
    if (unknown := next((key for key in data if key not in Scenario.model_fields), None)) is not None:
        # Before the rest: a key that is misspelt is missing, too, and that would be told first.
        meant = nearest(unknown, Scenario.model_fields)
        hint = f"did you mean `{meant}`?" if meant else f"known here: {', '.join(Scenario.model_fields)}"
        raise UserError(f"{written.name}:{written.line((unknown,))}: unknown key `{unknown}`", hint=hint)
    _number_single(written, "fault")
    try:
        scenario = Scenario.model_validate_json(json.dumps(data))
    except ValidationError as error:
        raise as_user_error(error, written, Scenario) from None
    if stem and scenario.name != stem:
        line = written.line(("name",))
        raise UserError(f"{written.name}:{line}: `name` is {scenario.name}, and the file is called {stem}", hint="give both one name")
    return scenario


def _number_single(written: Written, key: str) -> None:
    """Where one thing stands for a list of one, it also has its line as the first of that list."""
    single = {path: line for path, line in written.lines.items() if path[:1] == (key,) and not isinstance((*path, 0, 0)[1], int)}
    written.lines.update({(key, 0, *path[1:]): line for path, line in single.items()})


def shipped() -> list[Scenario]:
    """Every scenario that comes with Stead, by name."""
    folder = files("stead.practice") / "scenarios"
    found = sorted((entry for entry in folder.iterdir() if entry.name.endswith(".yaml")), key=lambda entry: entry.name)
    return [parse(parse_yaml(entry.read_text(encoding="utf-8"), entry.name), entry.name.removesuffix(".yaml")) for entry in found]


def shipped_names() -> list[str]:
    folder = files("stead.practice") / "scenarios"
    return sorted(entry.name.removesuffix(".yaml") for entry in folder.iterdir() if entry.name.endswith(".yaml"))


def named(word: str) -> Scenario:
    """A shipped scenario by its name, or one by its file. UserError with the nearest name for one that is not there."""
    if word.endswith((".yaml", ".yml")) or "/" in word:
        return load(Path(word))
    names = shipped_names()
    if word not in names:
        meant = nearest(word, names)
        hint = f"did you mean `{meant}`?" if meant else "`stead practice list` shows them"
        raise UserError(f"there is no scenario `{word}`", hint=hint)
    entry = files("stead.practice") / "scenarios" / f"{word}.yaml"
    return parse(parse_yaml(entry.read_text(encoding="utf-8"), entry.name), word)


def chosen(words: Sequence[str]) -> list[Scenario]:
    """The scenarios that these words mean: names (`crash-*` too), tags, or files. UserError for a word that means none."""
    if not words:
        return shipped()
    picked: dict[str, Scenario] = {}
    every = {one.name: one for one in shipped()}
    for word in words:
        fits = [one for one in every.values() if word in one.tags or fnmatch.fnmatchcase(one.name, word)]
        for one in fits or [_by_name_or_tag(word, every)]:
            picked[one.name] = one
    return list(picked.values())


def _by_name_or_tag(word: str, every: dict[str, Scenario]) -> Scenario:
    if word.endswith((".yaml", ".yml")) or "/" in word:
        return load(Path(word))
    known = sorted({*every, *(tag for one in every.values() for tag in one.tags)})
    meant = nearest(word, known)
    hint = f"did you mean `{meant}`?" if meant else "`stead practice list` shows them"
    raise UserError(f"there is no scenario and no tag `{word}`", hint=hint)
