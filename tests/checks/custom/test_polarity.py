"""Whether True is good: by a condition's name, and by what the definition of its kind says in words."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stead.checks.custom.custom_resource import custom_resource
from stead.checks.custom.described import told
from stead.checks.custom.words import Polarity, polarity
from stead.domain.finding import FindingState
from stead.testing.checks import judge
from stead.testing.objects import NOW, Json, ago, condition, metadata

SUMMARY, PART, BAD, PROGRESS, NONE = Polarity.SUMMARY, Polarity.PART, Polarity.BAD, Polarity.PROGRESS, Polarity.NONE


@pytest.mark.parametrize(
    ("names", "pole"),
    [
        ("Ready Available Healthy Synced Accepted Programmed ResolvedRefs Reconciled Succeeded Valid Connected Installed Online", SUMMARY),
        ("acme.example.com/Ready", SUMMARY),
        ("Reconciling Progressing Updating RollingOut ScalingUp Restoring Bootstrapping", PROGRESS),
        ("DatabaseReady ControlPlaneInitialized EndpointsAvailable AgentConnected NetworkProvisioned WebhookEstablished", PART),
        ("Degraded Stalled Stuck Failed Error Unhealthy Unavailable Faulted Conflicted Unschedulable Broken Misconfigured Expired", BAD),
        ("ReconcileError SyncFailed DiskPressure QuotaExceeded CertificateExpired SecretMissing SpecInvalid ConfigMismatch", BAD),
        ("NotReady NoEndpointsAvailable ReplicaFailure FailedScale FailedCreate", BAD),
        ("Paused Suspended Active Enabled Primary Leader Complete Scheduled", NONE),
        ("UpdateAvailable Upgradeable FailoverReady BackupAvailable PartiallyReady NewVersionAvailable DeletionAllowed", NONE),
        ("LastBackupFailed PreviouslyFailed WasReady HadErrors IgnoredError NoErrors NoWarnings", NONE),
        ("Blooming Foo ReadOnly X", NONE),
    ],
)
def test_a_name_alone_tells(names: str, pole: Polarity) -> None:
    assert {name: polarity(name) for name in names.split()} == dict.fromkeys(names.split(), pole)


TEMPLATE = """conditions represent the current state of the Widget resource.
Each condition has a unique type and reflects the status of a specific aspect of the resource.

Known condition types include:
- "Blooming": the flower is open and fully functional
- "Pruned": the resource is being created or updated
- "Wilted": the plant failed to reach or maintain its desired state
- "Available": the whole is broken

The status of each condition is one of True, False, or Unknown.
"""


@pytest.mark.parametrize(
    ("says", "found"),
    [
        (TEMPLATE, {"Blooming": PART, "Pruned": PROGRESS, "Wilted": BAD}),
        ("Wilted is True when the plant cannot get water.", {"Wilted": BAD}),
        ("The `Blooming` condition indicates whether the flower is able to be seen.", {"Blooming": PART}),
        ("* Watered - the pump works", {"Watered": PART}),
        ("Watered means that the pump is not ready", {"Watered": BAD}),
        ("Watered is false when the pump is unreachable", {"Watered": PART}),
        ("Types with abnormal-true polarity: Wilted, Dry", {"Wilted": BAD, "Dry": BAD}),
        ("Conditions of positive polarity: Blooming.", {"Blooming": PART}),
        # What says both, or nothing, or is about something that need not happen.
        ("Blooming: the flower is ready, or has failed", {}),
        ("Blooming: see the documentation", {}),
        ("Upgradeable: whether the widget is able to be upgraded", {}),
        ('Known .status.conditions.type are: "Available", "Blooming", and "Degraded"', {}),
        ("type of condition in CamelCase or in foo.example.com/CamelCase.", {}),
        ("Condition contains details for one aspect of the current state of this API Resource.", {}),
        ("status of the condition, one of True, False, Unknown.", {}),
        ("", {}),
    ],
)
def test_a_description_tells(says: str, found: dict[str, Polarity]) -> None:
    assert told(says) == found


def definition(conditions: Any, subresources: Json | None = None) -> Json:
    status = {"type": "object", "properties": {"conditions": conditions}}
    schema = {"openAPIV3Schema": {"type": "object", "properties": {"spec": {"type": "object"}, "status": status}}}
    version = {"name": "v1", "served": True, "schema": schema, "subresources": {"status": {}} if subresources is None else subresources}
    spec = {"group": "shop.example.com", "names": {"plural": "widgets", "kind": "Widget"}, "versions": [version]}
    meta = metadata("widgets.shop.example.com", "")
    return {"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": meta, "spec": spec}


def widget(*conditions: Json, **status: Any) -> Json:
    meta = metadata("web", creationTimestamp=ago(days=9), generation=3)
    return {
        "apiVersion": "shop.example.com/v1",
        "kind": "Widget",
        "metadata": meta,
        "spec": {},
        "status": {"conditions": list(conditions), **status},
    }


def said(*objects: Json) -> list[tuple[str, bool]]:
    return [(f.reason, f.state is FindingState.FIRING) for f in judge(custom_resource, *objects, now=NOW)]


def test_an_object_is_judged_by_the_words_of_its_definition() -> None:
    listed = {
        "type": "array",
        "description": TEMPLATE,
        "items": {"properties": {"type": {"description": "Dry is true when water is missing"}}},
    }
    known = definition(listed)
    assert said(widget(condition("Wilted")), known) == [("Wilted", True)]
    assert said(widget(condition("Dry")), known) == [("Dry", True)]
    assert said(widget(condition("Wilted", "False"), condition("Blooming")), known) == []
    assert said(widget(condition("Blooming", "False", reason="NoSun")), known) == [("NotBlooming", True)]
    assert said(widget(condition("Wilted"), condition("Blooming", "False")), definition({"type": "array"})) == []


@pytest.mark.parametrize(
    "odd", [None, 7, [], {"description": 7}, {"items": []}, {"items": {"properties": "x"}}, {"description": "x" * 9_999}]
)
def test_a_schema_that_says_nothing_changes_nothing(odd: Any) -> None:
    assert said(widget(condition("Wilted")), definition(odd)) == []


def test_where_the_status_is_part_of_the_spec_an_older_one_is_no_sign() -> None:
    behind = widget(condition("Ready"), observedGeneration=2)
    assert said(behind, definition({})) == [("NotReconciled", False)]
    assert said(behind, definition({}, {})) == []


def test_what_only_says_that_it_is_under_way_is_given_time() -> None:
    assert said(widget(condition("Reconciling", "True", ago(minutes=20)))) == [("StillWaiting", False)]
    assert said(widget(condition("Reconciling", "True", ago(hours=20)))) == [("StillWaiting", True)]
    assert said(widget(condition("Reconciling", "True", ago(hours=20)), condition("Ready"))) == []


@given(
    st.text()
    | st.lists(st.sampled_from(["Wilted", ":", " is ", "false", "\n", "- ", '"', "failed", "ready", "abnormal-true: "])).map("".join)
)
def test_no_text_however_odd_fails(text: str) -> None:
    assert set(told(text).values()) <= set(Polarity)
