"""What a hook would make of a request, without a service and without keeping anything: `stead hooks test`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from stead.app.config_errors import nearest
from stead.app.hook_settings import HookSettings
from stead.app.hooks import hook_settings
from stead.app.settings import Settings
from stead.app.yaml_file import Written
from stead.clocks import SystemClock
from stead.declare import Read, SourceKind
from stead.domain.alert import Alert, about, finding_of
from stead.domain.errors import Exit, MalformedError, UserError
from stead.domain.heartbeat import Beat
from stead.domain.push import Push, change_of, cleaned
from stead.domain.redaction import redact


def reader(settings: Settings, kinds: Mapping[str, SourceKind], name: str, written: Written | None = None) -> tuple[HookSettings, Read]:
    """The hook of that name and how its requests are read; its secrets are not. UserError where there is none."""
    known: list[str] = []
    for hook, kind, own in hook_settings(settings, kinds, written):
        known.append(hook.called)
        if hook.called == name:
            return hook, kind.open(own)
    meant = nearest(name, known)
    hint = f"did you mean `{meant}`?" if meant else f"there is {', '.join(known)}" if known else "name one under `hooks` in stead.yaml"
    raise UserError(f"there is no hook `{name[:60]}`", hint=hint, code=Exit.NEGATIVE)


def trial(hook: HookSettings, read: Read, body: bytes, headers: Mapping[str, str]) -> Sequence[dict[str, Any]]:
    """What each thing in the body would become, as plain values. UserError for what would be refused, and why."""
    try:
        said = read(body, headers)
    except MalformedError as error:
        what = f"`{hook.called}` would refuse it: {error}"
        raise UserError(what, hint="the hook's page says what it expects", code=Exit.NEGATIVE) from None
    return [_shown(hook, one) for one in said]


def _shown(hook: HookSettings, one: Alert | Beat | Push) -> dict[str, Any]:
    if isinstance(one, Beat):
        return {"becomes": "heartbeat", "name": one.name}
    if isinstance(one, Push):
        change = change_of(cleaned(one, redact), hook.estate, SystemClock().now())
        return {"becomes": "change", "name": change.name, "by": change.manager, "from": change.source, "what": change.what}
    return _alert(hook, one)


def _alert(hook: HookSettings, alert: Alert) -> dict[str, Any]:
    subject = about(alert, hook.estate)
    finding = finding_of(alert, hook.called, subject, clean=redact)
    return {
        "becomes": "alert",
        "name": redact(alert.name),
        "about": str(subject),
        "firing": alert.firing,
        "severity": alert.severity.value,
        "summary": finding.summary,
        "key": alert.key,
        "since": None if alert.since is None else alert.since.isoformat(),
        "check": finding.check,
        "evidence": [{"what": one.what, "value": one.value} for one in finding.evidence],
    }
