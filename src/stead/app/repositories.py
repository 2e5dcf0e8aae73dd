"""From the settings to the repositories that changes may be proposed to: their estate, what models read of them, and who owns what."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

from stead.app.settings import Settings
from stead.declare import Toolset, Verb
from stead.estate.code.estate import RepositoriesEstate
from stead.estate.code.owner import Owners
from stead.estate.code.repository import REPOSITORIES
from stead.estate.host.commands import LocalCommands
from stead.ports import Clock, Estate
from stead.tools.docs import reading

TOOLS = "code"


def repositories_of(settings: Settings, clock: Clock, own: Collection[str]) -> dict[str, Estate]:
    """The estate of the repositories by its id; none where no repository or no state folder is named. `own` are Stead's namespaces."""
    folder = settings.store.folder
    if not settings.repositories or folder is None:
        return {}
    found = [one.repository(folder.absolute()) for one in settings.repositories]
    return {REPOSITORIES: RepositoriesEstate(found, LocalCommands(), clock, own)}


def verbs_with(estates: Mapping[str, Estate], verbs: Mapping[str, Verb]) -> dict[str, Verb]:
    """The verbs that have where to work; those of the repositories are told with their names."""
    code = estates.get(REPOSITORIES)
    if not isinstance(code, RepositoriesEstate):
        return {name: verb for name, verb in verbs.items() if verb.at != REPOSITORIES}
    told = f"; there are {', '.join(code.workshops)}, which `{TOOLS}` reads"
    return {name: verb if verb.at != REPOSITORIES else _told(verb, told) for name, verb in verbs.items()}


def _told(verb: Verb, more: str) -> Verb:
    first, line, rest = verb.page.partition("\n")
    return replace(verb, page=f"{first.rstrip('.')}{more}.{line}{rest}")


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
