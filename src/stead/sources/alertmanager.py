"""Alertmanager's webhook, version 4 (https://prometheus.io/docs/alerting/latest/configuration/#webhook_config).

A request is a group: its alerts are told apart by their fingerprints, so grouping, regrouping and re-sending make no second one. An alert
that Alertmanager silences while it fires is never said to be over: `forget_after` ends it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pydantic import BaseModel, ConfigDict

from stead.declare import Read, SourceKind
from stead.domain.alert import Alert, severity_of
from stead.domain.errors import MalformedError
from stead.sources.reading import Json, json_object, key_of, moment, objects, rest, text, texts, web_address

_ABOUT = ("version", "status", "receiver", "groupKey", "groupLabels", "commonLabels", "commonAnnotations", "externalURL")
_GROUP = (*_ABOUT, "truncatedAlerts", "alerts")
_ALERT = ("status", "labels", "annotations", "startsAt", "endsAt", "generatorURL", "fingerprint")
_SUMMARY = ("summary", "message", "description")
"""Annotations that say in a sentence what is wrong, by the habit of rules: the first that is there counts."""


class AlertmanagerSettings(BaseModel):
    """It has no keys of its own."""

    model_config = ConfigDict(extra="forbid")


def read(body: bytes, headers: Mapping[str, str]) -> Sequence[Alert]:  # noqa: ARG001
    """The alerts of one group. MalformedError for what is no such group."""
    group = json_object(body)
    if text(group, "version") != "4":
        raise MalformedError("`version` is not 4, the only one of Alertmanager's webhook that is known here")
    return [_alert(one, group) for one in objects(group, "alerts")]


def _alert(given: Json, group: Json) -> Alert:
    labels, annotations = texts(given, "labels"), texts(given, "annotations")
    status = text(given, "status")
    if status not in ("firing", "resolved"):
        raise MalformedError("the `status` of an alert is neither firing nor resolved")
    said_by = next((name for name in _SUMMARY if annotations.get(name)), "")
    said = {name: value for name, value in annotations.items() if name != said_by}
    left_out = group.get("truncatedAlerts")
    if isinstance(left_out, int) and left_out > 0:
        said["left out of its group"] = f"{left_out} alerts more, by max_alerts"
    return Alert(
        key=key_of(text(given, "fingerprint"), labels),
        name=labels.get("alertname") or "alert",
        firing=status == "firing",
        summary=annotations.get(said_by, ""),
        severity=severity_of(labels.get("severity", "")),
        labels=labels,
        said={**said, **rest(given, _ALERT), **rest(group, _GROUP)},
        since=moment(given.get("startsAt")),
        command=web_address(text(given, "generatorURL")),
    )


def _open(settings: AlertmanagerSettings) -> Read:  # noqa: ARG001
    return read


alertmanager = SourceKind(kind="alertmanager", settings=AlertmanagerSettings, open=_open, page=(__doc__ or "").strip())
