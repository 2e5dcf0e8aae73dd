"""Everything about a configuration that can be checked without touching what it names: `stead config check`, and each start."""

from __future__ import annotations

from collections.abc import Iterator

from stead.app.agents_check import check_agents
from stead.app.autonomy import levels_of
from stead.app.channel_settings import channel_settings
from stead.app.config import Loaded
from stead.app.config_errors import nearest
from stead.app.discover import Shelves, shelves
from stead.app.furnish import check_approvers
from stead.app.heartbeats import check_heartbeats
from stead.app.hooks import hook_settings
from stead.app.jobs import check_jobs, declared
from stead.app.policy_file import Catalogue, load_policy, policy_of
from stead.app.souls import Souls
from stead.app.thinking import models_of
from stead.app.tool_settings import tool_settings
from stead.app.yaml_file import Written
from stead.domain.errors import UserError
from stead.domain.policy import Policy
from stead.estate.own.scripts import scripts


def check(loaded: Loaded, broken: dict[str, str] | None = None) -> list[str]:
    """What the configuration amounts to, as lines for a person. UserError for the first mistake, with its line.

    With `broken`, a check of one's own that cannot be loaded is written into it and is no mistake: a service goes on without it.
    """
    found = shelves(loaded.settings.checks.folders, broken)
    _disabled(loaded, found)
    channels = [f"{channel.name} ({kind.kind})" for channel, kind, _ in channel_settings(loaded.settings, found.channels, loaded.written)]
    _identities(loaded, found)
    list(hook_settings(loaded.settings, found.sources, loaded.written))
    check_heartbeats(loaded.settings, found.sources, loaded.written)
    policy = _policy(loaded, found)
    check_approvers(policy, loaded.settings)
    levels_of(loaded.settings.agents.autonomy, found.verbs)
    models_of(loaded.settings.models, found.models, {}, loaded.written)
    tools = [kind.name for kind, _ in tool_settings(loaded.settings.tools, found, loaded.written)]
    check_agents(loaded.settings, loaded.written or Written("configuration"))
    _budgets(loaded)
    jobs = declared(loaded.settings.jobs)
    check_jobs(jobs, loaded.settings, {*found.every_check, *scripts(folder.absolute() for folder in loaded.settings.checks.folders)})
    return list(_summary(loaded, found, channels, policy, [*found.toolsets, *tools], len(jobs)))


def _summary(loaded: Loaded, found: Shelves, channels: list[str], policy: Policy, tools: list[str], jobs: int) -> Iterator[str]:
    settings = loaded.settings
    yield f"configuration: {loaded.file or 'no file, the defaults'}"
    yield f"state folder: {loaded.folder}"
    yield f"listens on: {settings.server.bind}"
    yield f"estates: {', '.join(f'{e.id} ({e.kind})' for e in settings.estates) or 'none'}"
    off = len(set(settings.checks.disabled))
    yield f"checks: {len(found.every_check) - off} on, {off} off"
    yield f"policy: {len(policy.rules)} rules from {_policy_place(loaded)}"
    yield f"channels: {', '.join(channels) or 'none'}"
    yield f"hooks: {', '.join(f'{hook.called} ({hook.kind})' for hook in settings.hooks) or 'none'}"
    yield f"heartbeats: {', '.join(heartbeat.name for heartbeat in settings.heartbeats) or 'none'}"
    yield f"jobs: {jobs or 'none'}"
    yield f"agents: {', '.join(Souls.of(settings.agents)())}"
    yield f"models: {', '.join(f'{model.name} ({model.kind}, {model.model})' for model in settings.models) or 'none'}"
    yield f"knowledge: {', '.join(f'{source.name} ({source.folder or source.url})' for source in settings.knowledge) or 'none'}"
    yield f"tools: {', '.join(sorted(tools))}"


def _policy_place(loaded: Loaded) -> str:
    policy = loaded.settings.policy
    return "the shipped default" if policy is None else "the configuration" if isinstance(policy, dict) else str(policy)


def _disabled(loaded: Loaded, found: Shelves) -> None:
    programs = scripts(folder.absolute() for folder in loaded.settings.checks.folders)
    known = {*found.every_check, *programs}
    source = loaded.written or Written("configuration")
    for index, name in enumerate(loaded.settings.checks.disabled):
        if name not in known:
            meant = nearest(name, known)
            raise UserError(
                f"{source.name}:{source.line(('checks', 'disabled', index))}: there is no check `{name[:60]}`",
                hint=f"did you mean `{meant}`?" if meant else "the documentation's page `checks` lists them",
            )


def _identities(loaded: Loaded, found: Shelves) -> None:
    """People are known by a channel that there is, or by a kind of channel."""
    source = loaded.written or Written("configuration")
    known = {*(channel.name for channel in loaded.settings.channels), *found.channels}
    for index, person in enumerate(loaded.settings.people):
        for where in person.identities:
            if where not in known:
                meant = nearest(where, known)
                line = source.line(("people", index, "identities", where))
                raise UserError(
                    f"{source.name}:{line}: `{where[:60]}` is neither a channel nor a kind of one",
                    hint=f"did you mean `{meant}`?" if meant else f"one of {', '.join(sorted(known))}",
                )


def _budgets(loaded: Loaded) -> None:
    """A limit of money is none where nothing has a price."""
    settings, source = loaded.settings, loaded.written or Written("configuration")
    key = settings.budgets.limits_money
    if key and settings.models and not any(model.price_in or model.price_out for model in settings.models):
        where = f"{source.name}:{source.line(('budgets', *key.split('.'), 'money'))}"
        raise UserError(
            f"{where}: `budgets.{key}.money` limits what is never counted: no model has a price",
            hint="give the models `price_in` and `price_out`, or limit tokens",
        )


def _policy(loaded: Loaded, found: Shelves) -> Policy:
    catalogue = Catalogue.of([*found.every_check.values(), *found.verbs.values(), *found.playbooks.values()])
    source, written = loaded.settings.policy, loaded.written
    if isinstance(source, dict) and written is not None:
        lines = {path[1:]: line for path, line in written.lines.items() if path[:1] == ("policy",)}
        return policy_of(Written(written.name, source, lines), catalogue)
    return load_policy(source, catalogue)
