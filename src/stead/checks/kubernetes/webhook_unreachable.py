"""An admission webhook that the API server cannot call."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from stead.checks.kubernetes.common import SETTLE, kubectl_get, unless_by
from stead.checks.kubernetes.services import BEHIND, absent, has_port, unserved
from stead.checks.kubernetes.workloads import is_deleted
from stead.declare import check
from stead.domain.evidence import Evidence
from stead.domain.finding import Finding, Progressing, Severity
from stead.domain.subject import Subject
from stead.estate.kubernetes.slices import (
    MutatingWebhookConfiguration,
    Namespace,
    Service,
    ServiceRef,
    ValidatingWebhookConfiguration,
    Webhook,
)
from stead.estate.kubernetes.view import View

Configuration = ValidatingWebhookConfiguration | MutatingWebhookConfiguration


@check(
    watches=[ValidatingWebhookConfiguration, MutatingWebhookConfiguration, *BEHIND, Namespace],
    of=[ValidatingWebhookConfiguration, MutatingWebhookConfiguration],
)
def webhook_unreachable(configuration: Configuration, view: View, now: datetime) -> Iterator[Finding | Progressing]:
    """The Service behind an admission webhook does not exist, lacks the port, or has no ready endpoint.

    With `failurePolicy: Fail` the API server then refuses every request that the webhook would have been asked about; with `Ignore` it
    lets them pass unchecked.
    """
    if is_deleted(configuration):
        return
    seen: set[str] = set()
    for webhook in configuration.webhooks:
        called = webhook.client_config.service
        if called is None or (why := _why_not(called, view, now)) is None or why[0] in seen:
            continue
        seen.add(why[0])
        reason, words = why
        yield unless_by(
            _finding(configuration, webhook, called, view, reason, words), configuration.metadata.creation_timestamp, SETTLE, now
        )


def _why_not(called: ServiceRef, view: View, now: datetime) -> tuple[str, str] | None:
    where = f"{called.namespace}/{called.name}"
    if absent(view, called.namespace, called.name):
        return "ServiceMissing", f"service {where} does not exist"
    service = view.get(Service, called.namespace, called.name)
    if service is None:
        return None
    if service.spec.ports and not has_port(service.spec.ports, number=called.port):
        return "PortMissing", f"service {where} has no port {called.port}"
    if unserved(view, called.namespace, called.name, now) is not None:
        return "NoEndpoints", f"service {where} has no ready endpoint"
    return None


def _finding(configuration: Configuration, webhook: Webhook, called: ServiceRef, view: View, reason: str, words: str) -> Finding:
    closes = webhook.failure_policy != "Ignore"
    effect = "requests that it guards are refused" if closes else "requests pass unchecked"
    service: Subject = view.named(Service, called.namespace, called.name)
    return view.finding(
        configuration,
        reason=reason,
        summary=f"webhook {webhook.name} of {configuration.metadata.name} cannot be called: {words}; {effect}",
        severity=Severity.CRITICAL if closes else Severity.WARNING,
        evidence=(
            Evidence(
                what="failurePolicy",
                value=webhook.failure_policy,
                command=kubectl_get(configuration, f'.webhooks[?(@.name=="{webhook.name}")].failurePolicy'),
            ),
            Evidence(what="calls", value=f"service {service.path}, port {called.port}", command=_look(called)),
        ),
        depends_on=(service,),
    )


def _look(called: ServiceRef) -> str:
    return f"kubectl -n {called.namespace} get service,endpointslices" if called.namespace else ""
