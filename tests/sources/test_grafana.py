"""What Grafana's webhook sends: Alertmanager's form, with values and links of its own."""

from __future__ import annotations

import json
from typing import Any

import pytest

from stead.domain.errors import MalformedError
from stead.sources.grafana import grafana

READ = grafana.open(grafana.settings())

ALERT: dict[str, Any] = {
    "status": "firing",
    "labels": {"alertname": "DiskFull", "grafana_folder": "home", "instance": "node-3:9100"},
    "annotations": {"summary": "The disk is full."},
    "startsAt": "2026-01-05T08:41:00Z",
    "endsAt": "0001-01-01T00:00:00Z",
    "generatorURL": "https://grafana.example.com/alerting/grafana/abc/view",
    "fingerprint": "c6eadffa33fcdf37",
    "silenceURL": "https://grafana.example.com/alerting/silence/new",
    "dashboardURL": "https://grafana.example.com/d/abc",
    "panelURL": "https://grafana.example.com/d/abc?viewPanel=1",
    "values": {"B": 97.5},
    "valueString": "[ var='B' value=97.5 ]",
}
GROUP: dict[str, Any] = {"receiver": "stead", "status": "firing", "orgId": 1, "alerts": [ALERT], "version": "1", "title": "[FIRING:1]"}


def test_values_are_evidence_and_the_nearest_link_is_the_one_to_paste() -> None:
    (alert,) = READ(json.dumps(GROUP).encode(), {})
    assert (alert.name, alert.summary, alert.firing) == ("DiskFull", "The disk is full.", True)
    assert alert.command == "https://grafana.example.com/d/abc?viewPanel=1"
    assert alert.said == {"values": '{"B":97.5}'}


def test_without_a_panel_the_dashboard_and_without_it_the_rule() -> None:
    bare = {key: value for key, value in ALERT.items() if key != "panelURL"}
    barer = {key: value for key, value in bare.items() if key != "dashboardURL"}
    found = READ(json.dumps({**GROUP, "alerts": [bare, barer]}).encode(), {})
    assert [alert.command for alert in found] == [ALERT["dashboardURL"], ALERT["generatorURL"]]


def test_something_else_is_refused() -> None:
    with pytest.raises(MalformedError, match="`alerts` is not a list"):
        READ(b'{"message": "hello"}', {})
