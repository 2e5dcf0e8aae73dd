"""Alertmanager's webhook, version 4 (https://prometheus.io/docs/alerting/latest/configuration/#webhook_config).

A request is a group: its alerts are told apart by their fingerprints, so grouping, regrouping and re-sending make no second one. An alert
that Alertmanager silences while it fires is never said to be over: `forget_after` ends it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pydantic import BaseModel, ConfigDict

from stead.declare import Read, SourceKind
from stead.domain.alert import Alert
from stead.domain.errors import MalformedError
from stead.sources.groups import read_group
from stead.sources.reading import json_object, text


class AlertmanagerSettings(BaseModel):
    """It has no keys of its own."""

    model_config = ConfigDict(extra="forbid")


def read(body: bytes, headers: Mapping[str, str]) -> Sequence[Alert]:  # noqa: ARG001
    """The alerts of one group. MalformedError for what is no such group."""
    group = json_object(body)
    if text(group, "version") != "4":
        raise MalformedError("`version` is not 4, the only one of Alertmanager's webhook that is known here")
    return read_group(group)


def _open(settings: AlertmanagerSettings) -> Read:  # noqa: ARG001
    return read


alertmanager = SourceKind(kind="alertmanager", settings=AlertmanagerSettings, open=_open, page=(__doc__ or "").strip())
