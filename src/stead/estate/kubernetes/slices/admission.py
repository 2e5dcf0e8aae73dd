"""What stands between a request and the API: webhooks, aggregated APIs, custom kinds, quotas."""

from __future__ import annotations

import msgspec
from msgspec import field

from stead.estate.kubernetes.slices.meta import Conditions, Object, Present, Slice


class ServiceRef(Slice, frozen=True):
    namespace: str = ""
    name: str = ""
    port: int = 443


class ClientConfig(Slice, frozen=True):
    """`service` is None where the webhook is called by an URL. Of the bundle only that there is one is kept."""

    service: ServiceRef | None = None
    ca_bundle: str = ""

    def __post_init__(self) -> None:
        msgspec.structs.force_setattr(self, "ca_bundle", self.ca_bundle and "(there)")


class Webhook(Slice, frozen=True):
    name: str = ""
    failure_policy: str = "Fail"
    client_config: ClientConfig = ClientConfig()


class WebhookConfiguration(Object, frozen=True):
    webhooks: tuple[Webhook, ...] = ()


class ValidatingWebhookConfiguration(WebhookConfiguration, frozen=True):
    pass


class MutatingWebhookConfiguration(WebhookConfiguration, frozen=True):
    pass


class ApiServiceSpec(Slice, frozen=True):
    """`service` is None for an API that the API server itself serves."""

    service: ServiceRef | None = None


class ApiServiceStatus(Slice, frozen=True):
    conditions: Conditions = ()


class APIService(Object, frozen=True):
    spec: ApiServiceSpec = ApiServiceSpec()
    status: ApiServiceStatus = ApiServiceStatus()


class QuotaStatus(Slice, frozen=True):
    """Quantities by resource name (`pods`, `requests.cpu`)."""

    hard: dict[str, str | int | float] = field(default_factory=dict[str, str | int | float])
    used: dict[str, str | int | float] = field(default_factory=dict[str, str | int | float])


class QuotaSpec(Slice, frozen=True):
    scopes: tuple[str, ...] = ()
    scope_selector: Present | None = None


class ResourceQuota(Object, frozen=True):
    spec: QuotaSpec = QuotaSpec()
    status: QuotaStatus = QuotaStatus()
