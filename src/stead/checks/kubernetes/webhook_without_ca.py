"""An admission webhook whose server nobody can trust."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from stead.checks.kubernetes.common import SETTLE, unless_by
from stead.checks.kubernetes.hygiene import opinion
from stead.checks.kubernetes.workloads import is_deleted
from stead.declare import check
from stead.domain.finding import Finding, FindingClass, Progressing
from stead.estate.kubernetes.slices import MutatingWebhookConfiguration, ValidatingWebhookConfiguration
from stead.estate.kubernetes.view import View

KINDS = (ValidatingWebhookConfiguration, MutatingWebhookConfiguration)


@check(watches=KINDS, of=KINDS, class_=FindingClass.HYGIENE)
def webhook_without_ca(
    configuration: ValidatingWebhookConfiguration | MutatingWebhookConfiguration, view: View, now: datetime
) -> Iterator[Finding | Progressing]:
    """A webhook calls a Service of the cluster without a CA bundle: only a certificate that the API server's machine trusts would do.

    Something may fill it in (cert-manager's injector), and what fails for want of it is told elsewhere: so it is an opinion.
    """
    if is_deleted(configuration):
        return
    for webhook in configuration.webhooks:
        if webhook.client_config.service is not None and not webhook.client_config.ca_bundle:
            what = f"calls webhook {webhook.name} without a CA bundle"
            found = opinion(configuration, view, "NoCaBundle", what, ("caBundle", "(none)", ".webhooks[*].clientConfig"), webhook.name)
            yield unless_by(found, configuration.metadata.creation_timestamp, SETTLE, now)
