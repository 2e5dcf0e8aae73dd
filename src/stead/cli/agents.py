"""`stead agents list|show|new|check`: the agents that there are, and what each may have."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from stead.cli.options import Config, Output
from stead.cli.output import Form, clean, line, say_json, table
from stead.domain.errors import Exit, UserError

if TYPE_CHECKING:
    from stead.app.config import Loaded
    from stead.domain.agent import Soul

app = typer.Typer(no_args_is_help=True)
Slug = Annotated[str, typer.Argument(metavar="AGENT", help="Its slug, as `stead agents list` shows it.")]


@app.callback()
def agents() -> None:
    """Who may be asked: characters with rules, and with the tools that each may have."""


@app.command("list")
def list_(config: Config = None, output: Output = Form.TABLE) -> None:
    """The agents: shipped ones, and those of the configuration's folders."""
    found = _souls(_loaded(config)).values()
    if output is Form.JSON:
        say_json([_plain(soul) for soul in found])
        return
    rows = [(soul.slug, ", ".join(soul.goals), str(soul.folder or "shipped"), soul.description) for soul in found]
    table(("AGENT", "GOALS", "FROM", "SAYS"), rows, empty="there are no agents", widest=3)


@app.command()
def show(slug: Slug, config: Config = None, output: Output = Form.TABLE) -> None:
    """One agent: its lists of toolsets as they are switched now, and what its model is told."""
    found = _souls(_loaded(config))
    if slug not in found:
        raise _nobody(slug, found)
    if output is Form.JSON:
        say_json(_plain(found[slug]))
        return
    for text in _told(found[slug]):
        print(clean(text))


@app.command()
def new(
    slug: Annotated[str, typer.Argument(metavar="AGENT", help="Its slug, in lower case: night-watch")],
    folder: Annotated[
        Path | None, typer.Option("--folder", help="Where its folder is made.", show_default="the first of `agents.folders`")
    ] = None,
    config: Config = None,
) -> None:
    """Write the two files of an agent of your own. They pass; change them until they say what you mean."""
    from stead.ops.new_agent import new_agent

    folders = _loaded(config).settings.agents.folders
    if folder is None and not folders:
        raise UserError("no folder of agents is configured", hint=f"stead agents new {slug} --folder ~/stead-agents")
    place = folder or folders[0]
    for path in new_agent(slug, place):
        print(line(str(path)))
    if place.absolute() not in [known.absolute() for known in folders]:
        print(f"\nUse it: name `{place}` under `agents: folders:` in stead.yaml")


@app.command()
def check(
    places: Annotated[list[Path] | None, typer.Argument(metavar="FOLDER", help="Agents' own folders. Default: all that are there.")] = None,
    config: Config = None,
) -> None:
    """Say of each agent whether it can be used, and what looks wrong. Exits with 1 when something does."""
    from stead.app.discover import shelves
    from stead.app.goals import goals_of
    from stead.app.souls import candidates, doubts, read_soul, shipped

    loaded = _loaded(config)
    toolsets = shelves(loaded.settings.checks.folders).toolsets
    goals = goals_of(loaded.settings.agents, {})
    wrong = 0
    ours = [] if places else list(shipped().values())
    for place in places or list(candidates(loaded.settings.agents.folders)):
        try:
            ours.append(read_soul(place))
        except UserError as error:
            wrong += 1
            print(line(f"{place.name}: {error.what}" + (f" ({error.hint})" if error.hint else "")))
    for soul in ours:
        said = doubts(soul, toolsets, goals)
        wrong += bool(said)
        print(line(f"{soul.slug}: {'; '.join(said) or f'well, {len(soul.text.encode())} bytes with every question'}"))
    if wrong:
        raise typer.Exit(Exit.NEGATIVE)


def _loaded(config: Path | None) -> Loaded:
    from stead.app.config import load

    return load(config)


def _souls(loaded: Loaded) -> dict[str, Soul]:
    from stead.app.souls import Souls

    return dict(Souls.of(loaded.settings.agents)())


def _nobody(slug: str, known: dict[str, Soul]) -> UserError:
    from stead.app.config_errors import nearest

    meant = nearest(slug, known)
    hint = f"did you mean `{meant}`?" if meant else "`stead agents list` lists them"
    return UserError(f"there is no agent `{slug[:60]}`", hint=hint, code=Exit.NEGATIVE)


def _plain(soul: Soul) -> dict[str, Any]:
    lists = soul.toolsets
    return {
        "id": soul.id,
        "slug": soul.slug,
        "name": soul.name,
        "description": soul.description,
        "goals": list(soul.goals),
        "toolsets": {
            "enforced": list(lists.enforced),
            "default_enabled": list(lists.default_enabled),
            "optional": list(lists.optional),
            "forbidden": list(lists.forbidden),
        },
        "from": None if soul.folder is None else str(soul.folder),
        "text": soul.text,
    }


def _told(soul: Soul) -> Iterator[str]:
    yield f"{soul.slug} ({soul.id}, {soul.folder or 'shipped'}): {soul.description}"
    yield f"goals: {', '.join(soul.goals) or 'none; it is asked by name'}"
    for name, lists in (
        ("always has", soul.toolsets.enforced),
        ("has", soul.toolsets.default_enabled),
        ("may be given", soul.toolsets.optional),
        ("never has", soul.toolsets.forbidden),
    ):
        if lists:
            yield f"{name}: {', '.join('all others' if one == '*' else one for one in lists)}"
    yield f"\n{soul.text}"
