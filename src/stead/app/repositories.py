"""From the settings to the repositories that changes may be proposed to: their estate, what models read of them, and who owns what."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from dataclasses import replace
from pathlib import Path

from stead.app.repository_settings import RepositorySettings
from stead.app.settings import Settings
from stead.declare import ModelKind, Toolset, Verb
from stead.domain.drafting import BY_HAND, BY_PROGRAM
from stead.estate.code.estate import RepositoriesEstate
from stead.estate.code.owner import Owners
from stead.estate.code.repository import REPOSITORIES, Repository
from stead.estate.host.commands import LocalCommands
from stead.ports import Clock, Estate
from stead.tools.docs import reading

TOOLS = "code"


def repositories_of(settings: Settings, kinds: Mapping[str, ModelKind], clock: Clock, own: Collection[str]) -> dict[str, Estate]:
    """The estate of the repositories by its id; none where no repository or no state folder is named. `own` are Stead's namespaces, and
    `kinds` those of models."""
    folder = settings.store.folder
    if not settings.repositories or folder is None:
        return {}
    found = [_repository(one, settings, kinds, folder.absolute()) for one in settings.repositories]
    return {REPOSITORIES: RepositoriesEstate(found, LocalCommands(), clock, own)}


def _repository(one: RepositorySettings, settings: Settings, kinds: Mapping[str, ModelKind], folder: Path) -> Repository:
    coder = None if one.coder is None else one.coder.coder(settings.models, kinds, os.environ)
    return replace(one.repository(folder), coder=coder)


def verbs_with(estates: Mapping[str, Estate], verbs: Mapping[str, Verb]) -> dict[str, Verb]:
    """The verbs that have where to work; those of the repositories are told with their names."""
    code = estates.get(REPOSITORIES)
    if not isinstance(code, RepositoriesEstate):
        return {name: verb for name, verb in verbs.items() if verb.at != REPOSITORIES}
    told = f"; there are {', '.join(code.workshops)}, which `{TOOLS}` reads"
    coders = [name for name, one in code.workshops.items() if one.repository.coder is not None]
    told += f", and {', '.join(coders)} may be given a `{BY_PROGRAM}`" if coders else ""
    return {name: verb if verb.at != REPOSITORIES else _told(verb, told, by_program=bool(coders)) for name, verb in verbs.items()}


def _told(verb: Verb, more: str, *, by_program: bool) -> Verb:
    """Where no program can be given a task, the parameter for that is not there, and edits by hand must be."""
    first, line, rest = verb.page.partition("\n")
    parameters = {name: one for name, one in verb.parameters.items() if by_program or name != BY_PROGRAM}
    if not by_program and BY_HAND in parameters:
        parameters[BY_HAND] = replace(parameters[BY_HAND], required=True)
    return replace(verb, page=f"{first.rstrip('.')}{more}.{line}{rest}", parameters=parameters)


def code_tools(estates: Mapping[str, Estate]) -> tuple[Toolset, ...]:
    """What models read of the repositories."""
    code = estates.get(REPOSITORIES)
    if not isinstance(code, RepositoriesEstate):
        return ()
    names = ", ".join(code.workshops)
    return (
        reading(TOOLS, {name: (workshop, "") for name, workshop in code.workshops.items()}, f"Repositories of {names}, for exact edits."),
    )


def owners_of(estates: Mapping[str, Estate]) -> Owners:
    code = estates.get(REPOSITORIES)
    return Owners([one.repository for one in code.workshops.values()] if isinstance(code, RepositoriesEstate) else ())
