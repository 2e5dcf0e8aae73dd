"""Admission webhooks that cannot be called."""

from __future__ import annotations

import pytest

from stead.checks.kubernetes.webhook_unreachable import webhook_unreachable
from stead.domain.finding import Finding, FindingState, Severity
from stead.testing.checks import judge
from stead.testing.kinds import thing
from stead.testing.objects import NOW, Json, ago, condition, deployment, endpoint_slice, pod, service

UNREADY = [endpoint_slice(ready=[False]), pod(conditions=[condition("Ready", "False")]), deployment(available=0)]


def served(**spec: Json) -> Json:
    return service(spec={"ports": [{"port": 443}]} | spec)


def hook(policy: str | None = "Fail", bundle: str = "QUJD", meta: Json | None = None, kind: str = "Validating", **called: object) -> Json:
    to = {"service": {"namespace": "payments", "name": "api"} | called, "caBundle": bundle}
    return thing(
        f"{kind}WebhookConfiguration", "guard", meta, webhooks=[{"name": "guard.example.com", "failurePolicy": policy, "clientConfig": to}]
    )


def look(*objects: Json) -> list[Finding]:
    return judge(webhook_unreachable, *objects, now=NOW)


@pytest.mark.parametrize(
    ("objects", "reason", "severity"),
    [
        ([hook(name="gone"), served()], "ServiceMissing", Severity.CRITICAL),
        ([hook(namespace="gone"), served()], "ServiceMissing", Severity.CRITICAL),
        ([hook("Ignore", name="gone"), served()], "ServiceMissing", Severity.WARNING),
        ([hook(None, name="gone", kind="Mutating"), served()], "ServiceMissing", Severity.CRITICAL),
        ([hook(port=8443), served(), endpoint_slice()], "PortMissing", Severity.CRITICAL),
        ([hook(), served(), *UNREADY], "NoEndpoints", Severity.CRITICAL),
    ],
)
def test_one_that_cannot_be_called_is_told(objects: list[Json], reason: str, severity: Severity) -> None:
    (found,) = look(*objects)
    assert (found.state, found.reason, found.severity) == (FindingState.FIRING, reason, severity)
    assert [s.kind for s in found.depends_on] == ["Service"]


@pytest.mark.parametrize(
    "objects",
    [
        [hook(), served(), endpoint_slice()],
        [hook(bundle=""), served(), endpoint_slice()],
        [hook(meta={"deletionTimestamp": ago(minutes=1)}, name="gone"), served()],
        [thing("MutatingWebhookConfiguration", webhooks=[{"name": "far", "clientConfig": {"url": "https://hooks.example.com"}}])],
        [thing("MutatingWebhookConfiguration", webhooks=None)],
        [hook(), served(), endpoint_slice(ready=[False]), pod(conditions=[condition("Ready", "False", ago(minutes=1))])],
    ],
)
def test_one_that_answers_is_silence(objects: list[Json]) -> None:
    assert look(*objects) == []


def test_a_new_one_is_given_time() -> None:
    assert [f.state for f in look(hook(name="gone", meta={"creationTimestamp": ago(minutes=1)}), served())] == [FindingState.PROGRESSING]


def test_a_namespace_of_which_nothing_was_read_proves_nothing() -> None:
    there = thing("Namespace", "elsewhere")
    assert look(hook(namespace="elsewhere"), there, served(), endpoint_slice()) == []
