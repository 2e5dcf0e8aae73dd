"""JSON of any system, as a mapping in the configuration reads it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from stead.domain.alert import about, finding_of
from stead.domain.errors import MalformedError
from stead.domain.finding import Severity
from stead.domain.redaction import redact
from stead.sources.generic import generic

MAP: dict[str, Any] = {
    "items": "checks[]",
    "name": "title",
    "key": "join('/', [_root.site, to_string(id)])",
    "severity": "level",
    "severities": {"Sev A": "critical", "quiet": "info"},
    "resolved": "state == 'ok'",
    "summary": "text",
    "since": "times.began",
    "link": "url",
    "subject": {"kind": "object.kind", "namespace": "object.space", "name": "object.name", "host": "machine"},
    "labels": {"site": "_root.site"},
}
CHECK: dict[str, Any] = {
    "id": 7,
    "title": "Queue is full",
    "level": "sev a",
    "state": "broken",
    "text": "2,000 letters wait.",
    "times": {"began": 1_767_600_000_000},
    "url": "https://mail.example.com/queue",
    "object": {"kind": "Deployment", "space": "mail", "name": "smtp"},
    "machine": "post",
    "waiting": 2000,
}


def read(body: Any, **mapping: Any) -> Any:
    made = generic.settings.model_validate({"map": {**MAP, **mapping}})
    return generic.open(made)(json.dumps(body).encode(), {})


def test_an_item_becomes_an_alert_by_the_mapping() -> None:
    (alert,) = read({"site": "north", "checks": [CHECK]})
    assert (alert.key, alert.name, alert.summary) == ("north/7", "Queue is full", "2,000 letters wait.")
    assert (alert.severity, alert.firing) == (Severity.CRITICAL, True)
    assert alert.since == datetime(2026, 1, 5, 8, 0, tzinfo=UTC), "milliseconds are read as such"
    assert alert.command == "https://mail.example.com/queue"
    assert str(about(alert, "home")) == "Deployment mail/smtp"
    assert alert.labels == {"site": "north", "namespace": "mail", "deployment": "smtp", "instance": "post"}


def test_what_no_expression_looks_at_is_kept_as_evidence_without_its_secrets() -> None:
    (alert,) = read({"site": "north", "checks": [{**CHECK, "password": "hunter2-and-more", "note": "token=ghp_" + "a" * 36}]})
    evidence = {one.what: one.value for one in finding_of(alert, "mail", about(alert, "home"), clean=redact).evidence}
    assert evidence["waiting"] == "2000"
    assert "title" not in evidence
    assert "hunter2" not in str(evidence)
    assert "aaaa" not in str(evidence)


def test_what_is_missing_is_said_and_the_alert_is_taken_all_the_same() -> None:
    bare = {"id": 7, "title": "Queue is full", "state": "broken", "times": {"began": "soon"}}
    (alert,) = read({"site": "north", "checks": [bare]})
    assert alert.firing
    assert alert.since is None
    missing = alert.said["not in what was sent"]
    assert "severity (level)" in missing
    assert "summary (text)" in missing
    assert "since (times.began is no time)" in missing


def test_the_end_is_true_or_false_and_nothing_else() -> None:
    body = {"site": "north", "checks": [{**CHECK, "state": "ok"}]}
    assert [alert.firing for alert in read(body)] == [False]
    assert [alert.firing for alert in read(body, resolved=None, firing="state != 'ok'")] == [False]
    with pytest.raises(MalformedError, match=r"`resolved` \(state\) is neither true nor false: compare it, like `state == 'ok'`"):
        read(body, resolved="state")


def test_without_items_the_body_is_one_alert_and_its_name_and_labels_are_its_identity() -> None:
    (one,) = read(CHECK, items=None, key=None)
    (same,) = read({**CHECK, "state": "ok"}, items=None, key=None)
    (other,) = read({**CHECK, "machine": "other"}, items=None, key=None)
    assert one.key == same.key != other.key


@pytest.mark.parametrize(
    ("mapping", "what"),
    [
        ({"name": "a..b"}, "is not a JMESPath expression"),
        ({"name": "a["}, "is not a JMESPath expression"),
        ({"name": ""}, "is not a JMESPath expression"),
        ({"name": "nam('x')"}, "calls a function that JMESPath does not have; it has abs, avg"),
        ({"firing": "a", "resolved": "b"}, "has both `firing` and `resolved`"),
        ({"subject": {"kind": "object.kind"}}, "needs both `kind` and `name`"),
        ({"labels": {"a": "!"}}, "is not a JMESPath expression"),
    ],
)
def test_a_wrong_mapping_is_told_before_anything_is_sent(mapping: dict[str, Any], what: str) -> None:
    with pytest.raises(ValidationError, match=what):
        generic.settings.model_validate({"map": {**MAP, **mapping}})


@pytest.mark.parametrize(
    ("body", "why"), [({"checks": 7}, r"`items` \(checks\[\]\) gives no list"), ([], "gives no list"), ("x", "gives no list")]
)
def test_a_body_without_items_is_refused(body: Any, why: str) -> None:
    with pytest.raises(MalformedError, match=why):
        read(body)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
)


READ = generic.open(generic.settings.model_validate({"map": MAP}))


@settings(max_examples=40)
@given(st.dictionaries(st.sampled_from([*CHECK, "x"]), JSON) | JSON, JSON)
def test_whatever_anybody_sends_is_read_or_refused(check: Any, site: Any) -> None:
    try:
        found = READ(json.dumps({"site": site, "checks": [check]}).encode(), {})
    except MalformedError:
        return
    for alert in found:
        assert alert.name
        assert 0 < len(alert.key) <= 200
        finding_of(alert, "mail", about(alert, "home"))
