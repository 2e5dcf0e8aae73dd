"""From the settings to what they name: estates, channels, policy."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from stead.app.channel_settings import channel_settings
from stead.app.config_errors import nearest
from stead.app.discover import Shelves
from stead.app.estate_settings import HostEstate, KubernetesEstate
from stead.app.own_namespaces import own_namespaces
from stead.app.own_settings import OWN
from stead.app.policy_file import Catalogue, load_policy
from stead.app.probe_settings import ProbesEstate
from stead.app.settings import Settings
from stead.declare import Check, GaugeCheck, HostCheck, HostWishes, ProbeCheck, Verb
from stead.domain.errors import UserError
from stead.domain.finding import FindingClass
from stead.domain.policy import Policy
from stead.estate.kubernetes.connection import Connection, connect
from stead.estate.promql import PrometheusTarget
from stead.ports import Channel, Clock, Estate, HostCommands

if TYPE_CHECKING:
    from stead.estate.host.hands import HostHands


def estates_of(settings: Settings, shelves: Shelves, clock: Clock, broken: Mapping[str, str] | None = None) -> dict[str, Estate]:
    """The configured estates by id, not yet connected, and the one of own checks where a folder is named; `broken` files are told there.

    UserError for a kubeconfig or context that cannot be used.
    """
    estates = {estate.id: _estate(estate, settings, shelves, clock) for estate in settings.estates}
    estates |= _repositories(settings, shelves, clock)
    return estates | ({OWN: _own(settings, clock, broken or {})} if settings.checks.folders else {})


def _repositories(settings: Settings, shelves: Shelves, clock: Clock) -> dict[str, Estate]:
    if not settings.repositories:
        return {}
    from stead.app.repositories import repositories_of

    return repositories_of(settings, shelves.models, clock, own_namespaces(os.environ))


def _own(settings: Settings, clock: Clock, broken: Mapping[str, str]) -> Estate:
    from stead.estate.host.commands import LocalCommands
    from stead.estate.own.estate import Own, OwnEstate

    checks = settings.checks
    own = Own(
        folders=tuple(folder.absolute() for folder in checks.folders),
        manners={name: one.manner() for name, one in checks.own.items()},
        disabled=frozenset(checks.disabled),
        broken=lambda: broken,
    )
    return OwnEstate(OWN, own, LocalCommands(), clock)


def _estate(estate: KubernetesEstate | HostEstate | ProbesEstate, settings: Settings, shelves: Shelves, clock: Clock) -> Estate:
    if isinstance(estate, HostEstate):
        return host_estate(estate, host_checks_of(settings, shelves), clock, shelves.verbs.values())
    if isinstance(estate, ProbesEstate):
        from stead.estate.host.commands import LocalCommands
        from stead.estate.probes.estate import ProbeEstate

        targets = [probe.target() for probe in estate.probes]
        return ProbeEstate(estate.id, targets, probe_checks_of(settings, shelves), LocalCommands(), clock)
    from stead.estate.kubernetes.estate import KubernetesEstate as LiveCluster

    return LiveCluster(
        estate.id,
        connect(clock, kubeconfig=_text(estate.kubeconfig), context=estate.context),
        checks_of(settings, shelves),
        clock,
        write_connection=_writing(estate, clock),
        excluded_namespaces=estate.exclude_namespaces,
        gauge_checks=gauge_checks_of(settings, shelves),
        prometheus=_prometheus(estate),
        kubelet_stats=estate.kubelet_stats,
    )


def host_estate(estate: HostEstate, checks: Iterable[HostCheck], clock: Clock, verbs: Iterable[Verb] = ()) -> Estate:
    """This machine, or another over SSH. UserError where the library for that is missing."""
    from stead.estate.host.estate import HostEstate as LiveHost

    wishes = HostWishes(certificates=estate.certificates, listeners=estate.listeners)
    return LiveHost(estate.id, commands_of(estate, clock), checks, clock, wishes, _host_hands(estate, clock, verbs))


def _host_hands(estate: HostEstate, clock: Clock, verbs: Iterable[Verb]) -> HostHands | None:
    """The write identity of a host: the verbs' own programs, and nothing else. None where nobody may act there."""
    if estate.acts is None:
        return None
    from stead.estate.host.hands import HostHands
    from stead.estate.host.sudo import SudoCommands

    ssh = estate.ssh
    if ssh is not None and estate.acts.user is not None:
        ssh = ssh.model_copy(update={"user": estate.acts.user})
    commands = _reaching(estate.model_copy(update={"ssh": ssh}), clock)
    programs = sorted({line for verb in verbs for line in verb.programs})
    named = sorted({line.split()[0] for line in programs})
    return HostHands(estate.id, SudoCommands(commands, named) if estate.acts.sudo else commands, programs)


def commands_of(estate: HostEstate, clock: Clock) -> HostCommands:
    """How commands get to the host, and which of them as root. UserError where the library for SSH is missing."""
    commands = _reaching(estate, clock)
    if not estate.sudo:
        return commands
    from stead.estate.host.sudo import SudoCommands

    return SudoCommands(commands, estate.sudo)


def _reaching(estate: HostEstate, clock: Clock) -> HostCommands:
    if estate.ssh is None:
        from stead.estate.host.commands import LocalCommands

        return LocalCommands()
    from stead.estate.host.ssh import SshCommands, SshTarget

    ssh = estate.ssh
    target = SshTarget(
        host=ssh.host,
        port=ssh.port,
        user=ssh.user,
        identity=ssh.identity,
        key=None if ssh.key is None else ssh.key.resolve,
        passphrase=None if ssh.passphrase is None else ssh.passphrase.resolve,
        known_hosts=ssh.known_hosts,
    )
    return SshCommands(target, clock)


def _writing(estate: KubernetesEstate, clock: Clock) -> Connection | None:
    if not estate.acts:
        return None
    kubeconfig = estate.write_kubeconfig or estate.kubeconfig
    return connect(clock, kubeconfig=_text(kubeconfig), context=estate.write_context)


def _prometheus(estate: KubernetesEstate) -> PrometheusTarget | None:
    asked = estate.prometheus
    return None if asked is None else PrometheusTarget(url=asked.url, token=asked.token, ca_file=_text(asked.ca_file) or "")


def _text(path: object) -> str | None:
    return None if path is None else str(path)


def checks_of(settings: Settings, shelves: Shelves) -> tuple[Check, ...]:
    """The checks that are switched on."""
    return tuple(check for check in shelves.checks.values() if _is_on(check, settings))


def probe_checks_of(settings: Settings, shelves: Shelves) -> tuple[ProbeCheck, ...]:
    return tuple(check for check in shelves.probe_checks.values() if _is_on(check, settings))


def host_checks_of(settings: Settings, shelves: Shelves) -> tuple[HostCheck, ...]:
    return tuple(check for check in shelves.host_checks.values() if _is_on(check, settings))


def gauge_checks_of(settings: Settings, shelves: Shelves) -> tuple[GaugeCheck, ...]:
    return tuple(check for check in shelves.gauge_checks.values() if _is_on(check, settings))


def _is_on(check: Check | GaugeCheck | HostCheck | ProbeCheck, settings: Settings) -> bool:
    wanted = settings.checks.hygiene or check.class_ is FindingClass.FAULT
    return wanted and check.name not in settings.checks.disabled


def channels_of(settings: Settings, shelves: Shelves, clock: Clock) -> Mapping[str, Channel]:
    """The configured channels by name, opened. UserError for an unknown kind or wrong settings."""
    return {channel.name: kind.open(channel.name, own, clock) for channel, kind, own in channel_settings(settings, shelves.channels)}


def policy_of(settings: Settings, shelves: Shelves) -> Policy:
    """What may be done. UserError naming the line of the first mistake."""
    declared = [*shelves.every_check.values(), *shelves.verbs.values(), *shelves.playbooks.values()]
    found = load_policy(settings.policy, Catalogue.of(declared))
    check_approvers(found, settings)
    return found


def check_approvers(policy: Policy, settings: Settings) -> None:
    """UserError for a person whose yes is wanted and who is nobody: that question could not be answered."""
    known = [f"person:{person.name}" for person in settings.people]
    for one in policy.approvers:
        for name in one.who:
            if name.startswith("person:") and not any(fnmatchcase(person, name) for person in known):
                meant = nearest(name, known)
                raise UserError(
                    f"the policy's approvers `{one.id}` name `{name[:60]}`, and there is no such person",
                    hint=f"did you mean `{meant}`?" if meant else "`people:` in the configuration says who there is",
                )
