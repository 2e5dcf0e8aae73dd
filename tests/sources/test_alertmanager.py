"""What Alertmanager sends, and what anybody else may send in its name."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stead.domain.errors import MalformedError
from stead.domain.finding import Severity
from stead.sources.alertmanager import alertmanager

READ = alertmanager.open(alertmanager.settings())

ALERT: dict[str, Any] = {
    "status": "firing",
    "labels": {"alertname": "KubePodCrashLooping", "namespace": "payments", "pod": "api-7c9f", "severity": "critical"},
    "annotations": {
        "summary": "Pod is crash looping.",
        "description": "Pod payments/api-7c9f (app) is in waiting state (reason: CrashLoopBackOff).",
        "runbook_url": "https://runbooks.example.com/crashloop",
    },
    "startsAt": "2026-01-05T08:41:00.123456789Z",
    "endsAt": "0001-01-01T00:00:00Z",
    "generatorURL": "http://prometheus.example.com/graph?g0.expr=up",
    "fingerprint": "c5d6a9a4a7a0f7a1",
}
GROUP: dict[str, Any] = {
    "receiver": "stead",
    "status": "firing",
    "alerts": [ALERT],
    "groupLabels": {"namespace": "payments"},
    "commonLabels": {"namespace": "payments"},
    "commonAnnotations": {},
    "externalURL": "http://alertmanager.example.com",
    "version": "4",
    "groupKey": '{}:{namespace="payments"}',
    "truncatedAlerts": 0,
}


def read(group: Any) -> Any:
    return READ(json.dumps(group).encode(), {})


def test_an_alert_says_what_is_wrong_with_what_since_when_and_where_to_look() -> None:
    (alert,) = read(GROUP)
    assert (alert.key, alert.name, alert.firing) == ("c5d6a9a4a7a0f7a1", "KubePodCrashLooping", True)
    assert (alert.summary, alert.severity) == ("Pod is crash looping.", Severity.CRITICAL)
    assert alert.since == datetime(2026, 1, 5, 8, 41, 0, 123456, UTC)
    assert alert.command == "http://prometheus.example.com/graph?g0.expr=up"
    assert alert.said["runbook_url"] == "https://runbooks.example.com/crashloop"


def test_what_is_over_is_said_to_be_over_by_the_alert_and_not_by_its_group() -> None:
    resolved = {**ALERT, "status": "resolved", "fingerprint": "other"}
    assert [(alert.key, alert.firing) for alert in read({**GROUP, "alerts": [ALERT, resolved]})] == [
        ("c5d6a9a4a7a0f7a1", True),
        ("other", False),
    ]


def test_what_nobody_here_knows_is_kept_and_what_was_left_out_is_told() -> None:
    (alert,) = read({**GROUP, "truncatedAlerts": 12, "shard": "b", "alerts": [{**ALERT, "ruleUid": 7}]})
    assert alert.said["ruleUid"] == "7"
    assert alert.said["shard"] == "b"
    assert alert.said["left out of its group"] == "12 alerts more, by max_alerts"


def test_without_a_fingerprint_the_labels_are_the_identity() -> None:
    bare = {key: value for key, value in ALERT.items() if key != "fingerprint"}
    other = {**bare, "labels": {**ALERT["labels"], "pod": "api-2"}}
    one, same, different = read({**GROUP, "alerts": [bare, {**bare, "status": "resolved"}, other]})
    assert one.key == same.key != different.key


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"", "not JSON"),
        (b"[]", "not a JSON object"),
        (b'{"version": "3", "alerts": []}', "`version` is not 4"),
        (b'{"version": "4"}', "`alerts` is not a list"),
        (b'{"version": "4", "alerts": [1]}', "`alerts` is not a list"),
        (b'{"version": "4", "alerts": [{"status": "maybe"}]}', "neither firing nor resolved"),
        (b"[" * 100_000, "not JSON"),
    ],
)
def test_what_is_no_group_is_refused_in_a_sentence(body: bytes, why: str) -> None:
    with pytest.raises(MalformedError, match=why):
        READ(body, {})


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
)


@given(st.dictionaries(st.sampled_from([*ALERT, "x"]), JSON), st.dictionaries(st.sampled_from([*GROUP, "y"]), JSON))
def test_whatever_anybody_sends_is_read_or_refused(alert: dict[str, Any], group: dict[str, Any]) -> None:
    body = json.dumps({**group, "version": "4", "alerts": [{"status": "firing", **alert}]}).encode()
    try:
        (found,) = READ(body, {})
    except MalformedError:
        return
    assert found.name
    assert 0 < len(found.key) <= 200
