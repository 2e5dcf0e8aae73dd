"""What the configuration says of agents and goals, held against those that there are. What is in a soul is not judged here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from stead.app.config_errors import nearest
from stead.app.goals import goals_of
from stead.app.settings import Settings
from stead.app.souls import Souls, candidates
from stead.app.yaml_file import Path_, Written
from stead.domain.agent import Soul
from stead.domain.errors import UserError


def check_agents(settings: Settings, source: Written) -> None:
    """UserError, with its line, for the first mistake."""
    agents = settings.agents
    for index, folder in enumerate(agents.folders):
        try:
            list(candidates([folder]))
        except UserError as error:
            raise UserError(f"{source.name}:{source.line(('agents', 'folders', index))}: {error.what}", hint=error.hint) from None
    known = Souls(agents.folders)()
    for path, slug in _named(settings):
        if slug not in known:
            meant = nearest(slug, known)
            hint = f"did you mean `{meant}`?" if meant else "`stead agents list` lists them"
            raise UserError(f"{source.name}:{source.line(path)}: there is no agent `{slug[:60]}`", hint=hint)
    _goals(settings, known, source)
    for slug, tools in agents.tools.items():
        where = f"{source.name}:{source.line(('agents', 'tools', slug))}"
        try:
            known[slug].toolsets.chosen(tools.enable, tools.disable)
        except ValueError as error:
            raise UserError(f"{where}: the agent `{slug}` {error}", hint=f"`stead agents show {slug}` shows its lists") from None


def _named(settings: Settings) -> Iterator[tuple[Path_, str]]:
    """Every place in which an agent is named, and its slug there."""
    yield from ((("agents", "tools", slug), slug) for slug in settings.agents.tools)
    yield from ((("agents", "goals", goal), slug) for goal, slug in settings.agents.goals.items())
    yield from ((("budgets", "agents", slug), slug) for slug in settings.budgets.agents)
    yield from ((("channels", index, "agent"), channel.agent) for index, channel in enumerate(settings.channels) if channel.agent)
    for index, model in enumerate(settings.models):
        yield from ((("models", index, "agents", at), slug) for at, slug in enumerate(model.agents))


def _goals(settings: Settings, known: Mapping[str, Soul], source: Written) -> None:
    goals = goals_of(settings.agents)
    named: list[tuple[Path_, str]] = [(("agents", "goals", name), name) for name in settings.agents.goals]
    for index, model in enumerate(settings.models):
        named += [(("models", index, "goals", at), name) for at, name in enumerate(model.goals)]
    for path, name in named:
        if name not in (*goals, "talk"):
            raise UserError(f"{source.name}:{source.line(path)}: there is no goal `{name[:60]}`", hint=f"talk, {', '.join(goals)}")
    for goal in goals.values():
        if goal.agent not in known:
            what = f"the goal `{goal.name}` names an agent that there is not: `{goal.agent[:60]}`"
            raise UserError(what, hint="`stead agents list` lists them")
