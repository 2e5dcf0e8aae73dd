"""The ways in that are configured: each with its kind, how its sender is known, and how its requests are read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from stead.app.config_errors import as_user_error, nearest
from stead.app.hook_settings import HookSettings
from stead.app.settings import Settings
from stead.app.yaml_file import Written
from stead.declare import Read, SourceKind
from stead.domain.errors import UserError


@dataclass(frozen=True, slots=True, kw_only=True)
class Hook:
    """One way in."""

    settings: HookSettings
    kind: SourceKind
    read: Read

    @property
    def name(self) -> str:
        return self.settings.called


def hook_settings(
    settings: Settings, kinds: Mapping[str, SourceKind], written: Written | None = None
) -> Iterator[tuple[HookSettings, SourceKind, Any]]:
    """Each hook with its kind and its kind's settings. UserError, with the line where `written` is the file, for the first mistake."""
    source = written or Written("configuration")
    estates = [estate.id for estate in settings.estates]
    for index, hook in enumerate(settings.hooks):
        under = ("hooks", index)
        kind = kinds.get(hook.kind)
        if kind is None:
            raise _unknown(f"{source.name}:{source.line((*under, 'kind'))}: there is no source of the kind", hook.kind, kinds)
        if hook.estate and hook.estate not in estates:
            raise _unknown(f"{source.name}:{source.line((*under, 'estate'))}: there is no estate", hook.estate, estates)
        try:
            yield hook, kind, kind.settings.model_validate(hook.own)
        except ValidationError as error:
            raise as_user_error(error, source, kind.settings, under) from None


def hooks_of(settings: Settings, kinds: Mapping[str, SourceKind]) -> Sequence[Hook]:
    """The configured hooks, their secrets read once, so that a missing one is known before anybody sends. UserError for a mistake."""
    found = [Hook(settings=hook, kind=kind, read=kind.open(own)) for hook, kind, own in hook_settings(settings, kinds)]
    for hook in found:
        basic = hook.settings.basic
        for secret in (hook.settings.bearer, hook.settings.hmac, basic and basic.password):
            if secret is not None:
                secret.resolve()
    return found


def _unknown(what: str, word: str, known: Mapping[str, Any] | Sequence[str]) -> UserError:
    meant = nearest(word, known)
    hint = f"did you mean `{meant}`?" if meant else f"one of {', '.join(sorted(known))}" if known else "leave it out"
    return UserError(f"{what} `{word[:60]}`", hint=hint)
