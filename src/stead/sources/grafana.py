"""Grafana's alerts, by the webhook of a contact point
(https://grafana.com/docs/grafana/latest/alerting/configure-notifications/manage-contact-points/integrations/webhook-notifier/).

Grafana sends Alertmanager's groups with more in them: values, and links to the dashboard and the panel. `DatasourceError` and
`DatasourceNoData` are alerts like others: Grafana could not look, and that is worth knowing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from pydantic import BaseModel, ConfigDict

from stead.declare import Read, SourceKind
from stead.domain.alert import Alert
from stead.sources.groups import read_group
from stead.sources.reading import json_object

_NOT_KEPT = ("silenceURL", "imageURL", "orgId", "title", "state", "message", "valueString", "ruleUID")
"""What Grafana says beyond the format that is no evidence: its own words for what the alert says, and links for its own pages."""


class GrafanaSettings(BaseModel):
    """It has no keys of its own."""

    model_config = ConfigDict(extra="forbid")


def read(body: bytes, headers: Mapping[str, str]) -> Sequence[Alert]:  # noqa: ARG001
    """The alerts of one group. MalformedError for what is no such group. The format's version is Grafana's own, and not looked at."""
    return [_without_noise(alert) for alert in read_group(json_object(body))]


def _without_noise(alert: Alert) -> Alert:
    kept = {name: value for name, value in alert.said.items() if name not in _NOT_KEPT}
    links = [kept.pop(name, "") for name in ("panelURL", "dashboardURL")]
    return replace(alert, said=kept, command=next(filter(None, [*links, alert.command]), ""))


def _open(settings: GrafanaSettings) -> Read:  # noqa: ARG001
    return read


grafana = SourceKind(kind="grafana", settings=GrafanaSettings, open=_open, page=(__doc__ or "").strip())
