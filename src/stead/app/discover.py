"""Finds what stands on the shelves: checks, verbs, playbooks, kinds of channels and sources.

Shipped ones come by the visitors' door: every module of a package is imported, and what it declares is collected. A visitor brings
an entry point of the group `stead`, or a folder that the configuration names: Python files, and YAML rules for custom kinds. Nothing is
registered anywhere.
"""

from __future__ import annotations

import functools
import hashlib
import importlib
import importlib.metadata
import importlib.util
import itertools
import pkgutil
import sys
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any, TypeVar, cast

from stead.declare import (
    ChannelKind,
    Check,
    GaugeCheck,
    HostCheck,
    ModelKind,
    Playbook,
    ProbeCheck,
    SourceKind,
    Toolset,
    ToolsetKind,
    Verb,
)
from stead.domain.errors import UserError
from stead.estate.own.scripts import is_script

BUILT_IN = ("stead.checks", "stead.actions", "stead.playbooks", "stead.channels", "stead.models", "stead.tools", "stead.sources")
ENTRY_POINTS = "stead"

Declaration = Check | GaugeCheck | HostCheck | ProbeCheck | Verb | Playbook | ChannelKind | ModelKind | Toolset | ToolsetKind | SourceKind
D = TypeVar("D", Check, GaugeCheck, HostCheck, ProbeCheck, Verb, Playbook, ChannelKind, ModelKind, Toolset, ToolsetKind, SourceKind)
_KINDS = (Check, GaugeCheck, HostCheck, ProbeCheck, Verb, Playbook, ChannelKind, ModelKind, Toolset, ToolsetKind, SourceKind)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelves:
    """What was found, by name, in the order of the names. `places` tells the module or file of each."""

    checks: Mapping[str, Check] = field(default_factory=dict[str, Check])
    gauge_checks: Mapping[str, GaugeCheck] = field(default_factory=dict[str, GaugeCheck])
    host_checks: Mapping[str, HostCheck] = field(default_factory=dict[str, HostCheck])
    probe_checks: Mapping[str, ProbeCheck] = field(default_factory=dict[str, ProbeCheck])
    verbs: Mapping[str, Verb] = field(default_factory=dict[str, Verb])
    playbooks: Mapping[str, Playbook] = field(default_factory=dict[str, Playbook])
    channels: Mapping[str, ChannelKind] = field(default_factory=dict[str, ChannelKind])
    models: Mapping[str, ModelKind] = field(default_factory=dict[str, ModelKind])
    toolsets: Mapping[str, Toolset] = field(default_factory=dict[str, Toolset])
    toolset_kinds: Mapping[str, ToolsetKind] = field(default_factory=dict[str, ToolsetKind])
    sources: Mapping[str, SourceKind] = field(default_factory=dict[str, SourceKind])
    places: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def every_check(self) -> Mapping[str, Check | GaugeCheck | HostCheck | ProbeCheck]:
        """Checks of clusters, measures, hosts and probes; their names differ."""
        return {**self.checks, **self.gauge_checks, **self.host_checks, **self.probe_checks}


@dataclass(frozen=True, slots=True)
class _Found:
    declaration: Declaration
    place: str


def shelves(folders: Iterable[str | Path] = (), broken: dict[str, str] | None = None) -> Shelves:
    """Everything that is there: shipped, installed, and in these folders. UserError for two of one name, or one that fails to load.

    With `broken`, what is wrong with a file of a folder is written into it (file → why), and the file is left out: a service goes on.
    """
    places = [Path(folder) for folder in folders]
    found = list(_shipped())
    for folder in places:
        found += _folder(folder, found, broken)
    once = _once(found)
    checks = _named(once, Check)
    gauges, hosts, probes = _named(once, GaugeCheck), _named(once, HostCheck), _named(once, ProbeCheck)
    _refuse_shared(checks, gauges, hosts, probes)
    toolsets, toolset_kinds = _named(once, Toolset), _named(once, ToolsetKind)
    _refuse_shared(toolsets, toolset_kinds)
    named = [
        checks,
        hosts,
        _named(once, Verb),
        _named(once, Playbook),
        _named(once, ChannelKind),
        _named(once, ModelKind),
        toolsets,
        toolset_kinds,
        _named(once, SourceKind),
    ]
    return Shelves(
        checks=_with_own_rules(_only(checks, Check), places, broken),
        gauge_checks=_only(gauges, GaugeCheck),
        host_checks=_only(hosts, HostCheck),
        probe_checks=_only(probes, ProbeCheck),
        verbs=_only(named[2], Verb),
        playbooks=_only(named[3], Playbook),
        channels=_only(named[4], ChannelKind),
        models=_only(named[5], ModelKind),
        toolsets=_only(toolsets, Toolset),
        toolset_kinds=_only(toolset_kinds, ToolsetKind),
        sources=_only(named[8], SourceKind),
        places={name: one.place for kind in [*named, gauges, probes] for name, one in kind.items()},
    )


def _once(found: Iterable[_Found]) -> list[_Found]:
    """Each declaration once, in the file that is named after it: a room that imports a check does not declare it."""
    first: dict[int, _Found] = {}
    for one in found:
        if id(one.declaration) not in first or one.place.rpartition(".")[2] == _name(one):
            first[id(one.declaration)] = one
    return list(first.values())


@functools.cache
def _shipped() -> tuple[_Found, ...]:
    """What came with Stead and what is installed beside it: neither changes while the process lives."""
    return (*_built_in(), *_entry_points())


def _built_in() -> Iterator[_Found]:
    for name in BUILT_IN:
        yield from _package(importlib.import_module(name))


def _entry_points() -> Iterator[_Found]:
    for point in sorted(importlib.metadata.entry_points(group=ENTRY_POINTS), key=lambda point: (point.name, point.value)):
        try:
            loaded: Any = point.load()
        except Exception as error:  # a visitor's code may raise anything
            raise _failed(f"entry point `{point.name}` ({point.value})", error) from error
        if isinstance(loaded, ModuleType):
            yield from _package(loaded)
        else:
            yield from (_Found(one, point.value) for one in _declarations([loaded]))


def _folder(folder: Path, known: Sequence[_Found], broken: dict[str, str] | None) -> list[_Found]:
    if not folder.is_dir():
        missing = UserError(f"the folder of checks {folder} does not exist", hint="correct `checks.folders` in the configuration")
        if broken is None:
            raise missing
        broken[folder.name] = missing.what
        return []
    found: list[_Found] = []
    for file in sorted(folder.glob("*.py")):
        if file.name.startswith("_") or is_script(file):
            continue
        try:
            declared = [_Found(one, str(file)) for one in _declarations(vars(_execute(file)).values())]
            if broken is not None:
                _refuse_taken([*known, *found], declared)
        except UserError as error:
            if broken is None:
                raise
            broken[file.name] = error.what
        else:
            found += declared
    return found


def _refuse_taken(known: Sequence[_Found], fresh: Sequence[_Found]) -> None:
    taken = {_name(one): one for one in known}
    for one in fresh:
        if (first := taken.get(_name(one))) is not None and first.declaration is not one.declaration:
            raise _twice(_name(one), first, one)


def _with_own_rules(checks: Mapping[str, Check], folders: Sequence[Path], broken: dict[str, str] | None) -> Mapping[str, Check]:
    """The checks, with the rules for custom kinds (YAML files) that the folders hold."""
    rules = [file for folder in folders for file in sorted(folder.glob("*.yaml"))]
    if not rules:
        return checks
    from stead.checks.custom.own_rules import with_rules

    if broken is not None:
        rules = _readable(rules, with_rules, broken)
    if not rules:
        return checks
    own = with_rules(rules)
    return {**checks, own.name: own}


def _readable(rules: Sequence[Path], read: Callable[[list[Path]], Check], broken: dict[str, str]) -> list[Path]:
    """Those files of rules that can be read, alone and together; what is wrong with the others is written into `broken`."""
    good: list[Path] = []
    for file in rules:
        try:
            read([*good, file])
        except UserError as error:
            broken[file.name] = error.what
        else:
            good.append(file)
    return good


def _package(module: ModuleType) -> Iterator[_Found]:
    """What a module declares, and every module below it where it is a package."""
    yield from (_Found(one, module.__name__) for one in _declarations(vars(module).values()))
    for info in pkgutil.walk_packages(getattr(module, "__path__", ()), f"{module.__name__}."):
        try:
            below = importlib.import_module(info.name)
        except Exception as error:  # a visitor's code may raise anything
            raise _failed(f"`{info.name}`", error) from error
        yield from (_Found(one, below.__name__) for one in _declarations(vars(below).values()))


def _declarations(values: Iterable[Any]) -> Iterator[Declaration]:
    for value in values:
        if isinstance(value, _KINDS):
            yield value
        elif isinstance(value, (list, tuple)):
            yield from (one for one in cast("Sequence[Any]", value) if isinstance(one, _KINDS))


class _Fresh(SourceFileLoader):
    """Reads the source each time and leaves nothing beside it: a cache would miss a change within a second."""

    def get_code(self, fullname: str) -> CodeType:
        path = self.get_filename(fullname)
        return self.source_to_code(self.get_data(path), path)


def _execute(file: Path) -> ModuleType:
    digest = hashlib.sha256(str(file.resolve()).encode()).hexdigest()[:12]
    name = f"stead_folder_{digest}_{file.stem}"
    spec = importlib.util.spec_from_file_location(name, file, loader=_Fresh(name, str(file)))
    if spec is None or spec.loader is None:
        raise UserError(f"{file} cannot be loaded as Python", hint="give it a name that ends in .py")
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except Exception as error:  # a visitor's code may raise anything
        del sys.modules[name]
        raise _failed(str(file), error) from error
    return module


def _named(found: Sequence[_Found], kind: type[Any]) -> dict[str, _Found]:
    named: dict[str, _Found] = {}
    for one in sorted((one for one in found if isinstance(one.declaration, kind)), key=_name):
        if (first := named.get(_name(one))) is not None:
            raise _twice(_name(one), first, one)
        named[_name(one)] = one
    return named


def _refuse_shared(*rows: Mapping[str, _Found]) -> None:
    """A check's name alone says who found something, so checks of clusters, of measures and of hosts share one row of names."""
    for one, other in itertools.combinations(rows, 2):
        for name in sorted(set(one) & set(other)):
            raise _twice(name, one[name], other[name])


def _only(named: Mapping[str, _Found], kind: type[D]) -> Mapping[str, D]:
    return {name: one.declaration for name, one in named.items() if isinstance(one.declaration, kind)}


def _name(one: _Found) -> str:
    return one.declaration.kind if isinstance(one.declaration, ChannelKind | ModelKind | SourceKind) else one.declaration.name


def _twice(name: str, first: _Found, second: _Found) -> UserError:
    return UserError(f"`{name}` is declared twice, in {first.place} and in {second.place}", hint="rename one of the two")


def _failed(what: str, error: Exception) -> UserError:
    at = traceback.extract_tb(error.__traceback__)[-1]
    said = " ".join(str(error).split())[:200]
    return UserError(
        f"{what} failed to load: {type(error).__name__}: {said} (line {at.lineno} of {Path(at.filename).name})",
        hint="mend it, or take it out of the configuration",
    )
