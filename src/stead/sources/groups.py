"""Groups of alerts in the form of Alertmanager's webhook, which Grafana sends, too."""

from __future__ import annotations

from collections.abc import Sequence

from stead.domain.alert import Alert, severity_of
from stead.domain.errors import MalformedError
from stead.sources.reading import Json, key_of, moment, objects, rest, text, texts, web_address

_ABOUT = ("version", "status", "receiver", "groupKey", "groupLabels", "commonLabels", "commonAnnotations", "externalURL")
_GROUP = (*_ABOUT, "truncatedAlerts", "alerts")
_ALERT = ("status", "labels", "annotations", "startsAt", "endsAt", "generatorURL", "fingerprint")
_SUMMARY = ("summary", "message", "description")
"""Annotations that say in a sentence what is wrong, by the habit of rules: the first that is there counts."""


def read_group(group: Json) -> Sequence[Alert]:
    """The alerts of one group. MalformedError for what is no such group."""
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
