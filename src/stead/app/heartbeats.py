"""The heartbeats of the configuration: what is expected of each, by which token it is known, and how they are told."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from stead.app.config_errors import nearest
from stead.app.durations import duration_text
from stead.app.settings import Settings
from stead.app.shown import time
from stead.app.yaml_file import Written
from stead.declare import SourceKind
from stead.domain.errors import UserError
from stead.domain.heartbeat import Heartbeat, expected
from stead.engine.journey import Journey
from stead.secrets import SecretRef
from stead.store import heartbeats


def heartbeat_rules(settings: Settings) -> Mapping[str, Heartbeat]:
    return {one.name: one.rule() for one in settings.heartbeats}


def check_heartbeats(settings: Settings, kinds: Mapping[str, SourceKind], written: Written | None = None) -> None:
    """UserError, with the line where `written` is the file, for one that anybody could feed, or a watchdog that feeds none."""
    source = written or Written("configuration")
    names, estates = [one.name for one in settings.heartbeats], [estate.id for estate in settings.estates]
    fed = set[str]()
    for index, hook in enumerate(settings.hooks):
        kind = kinds.get(hook.kind)
        name = hook.own.get(kind.feeds) if kind is not None and kind.feeds else None
        if name is None or kind is None:
            continue
        if name not in names:
            where = f"{source.name}:{source.line(('hooks', index, kind.feeds))}"
            raise _unknown(f"{where}: `hooks[{index}].{kind.feeds}` names no heartbeat", str(name), names)
        fed.add(name)
    for index, one in enumerate(settings.heartbeats):
        where = f"{source.name}:{source.line(('heartbeats', index))}"
        if one.token is None and one.name not in fed:
            what = f"{where}: `heartbeats[{index}]` has no `token`, so anybody could say that all is well"
            raise UserError(what, hint="give it one, like `token: env:BACKUP_TOKEN`")
        if one.estate and one.estate not in estates:
            raise _unknown(f"{where}: there is no estate", one.estate, estates)


def heartbeat_tokens(settings: Settings, kinds: Mapping[str, SourceKind]) -> Mapping[str, SecretRef]:
    """By which secret each is known, read once, so that a missing one is known before anything reports. UserError for a mistake."""
    check_heartbeats(settings, kinds)
    found = {one.name: one.token for one in settings.heartbeats if one.token is not None}
    for secret in found.values():
        secret.resolve()
    return found


def heartbeat_list(connection: sa.Connection, journey: Journey) -> list[dict[str, Any]]:
    """What is known of each, and when it is expected."""
    pulses = {pulse.name: pulse for pulse in heartbeats.all_of(connection)}
    return [
        {
            "name": rule.name,
            "title": rule.title,
            "state": pulse.state.value,
            "last_at": time(pulse.last_at),
            "started_at": time(pulse.started_at),
            "expected_at": time(expected(rule, pulse, journey.listening_since)),
            "when": rule.schedule.text if rule.schedule is not None else f"every {duration_text(rule.every)}",
            "grace": rule.grace.total_seconds(),
            "said": pulse.said,
        }
        for rule in journey.heartbeats.values()
        if (pulse := pulses.get(rule.name)) is not None
    ]


def _unknown(what: str, word: str, known: list[str]) -> UserError:
    meant = nearest(word, known)
    hint = f"did you mean `{meant}`?" if meant else f"one of {', '.join(sorted(known))}" if known else "leave it out"
    return UserError(f"{what} `{word[:60]}`", hint=hint)
