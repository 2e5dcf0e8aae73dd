"""Alertmanager's webhook, version 4 (https://prometheus.io/docs/alerting/latest/configuration/#webhook_config).

A request is a group: its alerts are told apart by their fingerprints, so grouping, regrouping and re-sending make no second one. An alert
that Alertmanager silences while it fires is never said to be over: `forget_after` ends it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

from pydantic import BaseModel, ConfigDict

from stead.declare import Read, SourceKind
from stead.domain.alert import Alert
from stead.domain.errors import MalformedError
from stead.domain.heartbeat import Beat
from stead.sources.groups import read_group
from stead.sources.reading import json_object, text


class AlertmanagerSettings(BaseModel):
    """`watchdog` names the heartbeat that the alert `Watchdog` feeds, which fires for as long as the way from Prometheus to here works
    (https://runbooks.prometheus-operator.dev/runbooks/general/watchdog/)."""

    model_config = ConfigDict(extra="forbid")

    watchdog: str | None = None


def read(body: bytes, headers: Mapping[str, str], watchdog: str | None = None) -> Sequence[Alert | Beat]:  # noqa: ARG001
    """The alerts of one group. MalformedError for what is no such group."""
    group = json_object(body)
    if text(group, "version") != "4":
        raise MalformedError("`version` is not 4, the only one of Alertmanager's webhook that is known here")
    found = read_group(group)
    if watchdog is None:
        return found
    alive = [Beat(name=watchdog)] if any(_is_watchdog(alert) and alert.firing for alert in found) else []
    return [*alive, *(alert for alert in found if not _is_watchdog(alert))]


def _is_watchdog(alert: Alert) -> bool:
    return alert.name == "Watchdog"


def _open(settings: AlertmanagerSettings) -> Read:
    return partial(read, watchdog=settings.watchdog)


alertmanager = SourceKind(kind="alertmanager", settings=AlertmanagerSettings, open=_open, page=(__doc__ or "").strip(), feeds="watchdog")
