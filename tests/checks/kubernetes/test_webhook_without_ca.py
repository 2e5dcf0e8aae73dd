"""Admission webhooks whose server nobody can trust."""

from __future__ import annotations

import pytest

from stead.checks.kubernetes.webhook_without_ca import webhook_without_ca
from stead.domain.finding import Finding, FindingState, Severity
from stead.testing.checks import judge
from stead.testing.kinds import thing
from stead.testing.objects import NOW, Json, ago

SERVICE = {"service": {"namespace": "guard", "name": "policy"}}


def calling(client: Json, meta: Json | None = None) -> Json:
    return thing("MutatingWebhookConfiguration", "policy", meta, webhooks=[{"name": "pods.example.com", "clientConfig": client}])


def look(one: Json) -> list[Finding]:
    return judge(webhook_without_ca, one, now=NOW)


def test_one_without_a_bundle_is_worth_knowing() -> None:
    (found,) = look(calling(SERVICE))
    assert (found.state, found.severity, found.class_.value) == (FindingState.FIRING, Severity.INFO, "hygiene")


@pytest.mark.parametrize(
    "healthy",
    [
        calling(SERVICE | {"caBundle": "QUJD"}),
        calling({"url": "https://hooks.example.com"}),
        calling(SERVICE, {"deletionTimestamp": ago(minutes=1)}),
    ],
)
def test_one_that_is_trusted_or_far_away_is_silence(healthy: Json) -> None:
    assert look(healthy) == []


def test_an_injector_is_given_time() -> None:
    assert [f.state for f in look(calling(SERVICE, {"creationTimestamp": ago(minutes=1)}))] == [FindingState.PROGRESSING]
