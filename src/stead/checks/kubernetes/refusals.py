"""Why the API server refuses to create a workload's pods, and whose fault that is.

The words are those of the admission plugins (resourcequota, limitranger, serviceaccount, priority, podsecurity, webhook), which a
controller repeats in its ReplicaFailure condition. Controllers that have no such condition say it in events alone; for them, those that
could be at fault are named.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from stead.domain.subject import Subject
from stead.estate.kubernetes.slices import (
    MutatingWebhookConfiguration,
    Namespace,
    PodSpec,
    PriorityClass,
    ResourceQuota,
    RuntimeClass,
    ServiceAccount,
    ValidatingWebhookConfiguration,
)
from stead.estate.kubernetes.view import View

_NAME = r"([\w.-]{1,253})"
_QUOTA = re.compile(rf"(?:exceeded|failed) quota: {_NAME}")
_ACCOUNT = re.compile(rf'serviceaccount "{_NAME}" not found|service account [\w.-]{{1,63}}/{_NAME}')
_PRIORITY = re.compile(rf"no PriorityClass with name {_NAME} was found")
_RUNTIME = re.compile(rf'RuntimeClass "{_NAME}" not found|runtimeclass.{{0,40}}"{_NAME}" not found')
_CALLING = re.compile(rf'failed calling webhook "{_NAME}"')
_DENIED = re.compile(rf'admission webhook "{_NAME}" denied')
_LIMIT = re.compile(r"((?:maximum|minimum) [\w./-]{1,100} usage per (?:Container|Pod) is \w{1,30})")
_SECURITY = re.compile(r"violates PodSecurity \"?([\w:.-]{1,100})")
_TERMINATING = re.compile(r"because it is being terminated")


def refused(message: str, namespace: str, view: View) -> tuple[str, tuple[Subject, ...]]:
    """The refusal in a person's words and the objects behind it; ("", ()) for words that are not known."""
    if hit := _QUOTA.search(message):
        return f"quota `{hit[1]}` does not allow more", (view.named(ResourceQuota, namespace, hit[1]),)
    if hit := _ACCOUNT.search(message):
        name = hit[1] or hit[2]
        return f"service account `{name}` does not exist", (view.named(ServiceAccount, namespace, name),)
    if hit := _CALLING.search(message):
        return f"webhook `{hit[1]}` cannot be called", _configurations(hit[1], view)
    if hit := _DENIED.search(message):
        return f"webhook `{hit[1]}` refuses them", _configurations(hit[1], view)
    if hit := _PRIORITY.search(message):
        return f"priority class `{hit[1]}` does not exist", (view.named(PriorityClass, "", hit[1]),)
    if hit := _RUNTIME.search(message):
        name = hit[1] or hit[2]
        return f"runtime class `{name}` does not exist", (view.named(RuntimeClass, "", name),)
    if hit := _LIMIT.search(message):
        return f"they break the namespace's limit range: {hit[1]}", ()
    if hit := _SECURITY.search(message):
        return f"they violate the namespace's pod security level `{hit[1]}`", ()
    if _TERMINATING.search(message):
        return "the namespace is being deleted", (view.named(Namespace, "", namespace),)
    return "", ()


def suspects(spec: PodSpec, namespace: str, view: View) -> tuple[Subject, ...]:
    """All that could keep pods of this spec from being created: each counts only where a check finds fault with it."""
    account = spec.service_account_name
    named: list[Subject] = [view.named(ServiceAccount, namespace, account)] if account else []
    named += [view.subject(quota) for quota in view.all(ResourceQuota, namespace)]
    named += [view.subject(one) for one in (*view.all(ValidatingWebhookConfiguration), *view.all(MutatingWebhookConfiguration))]
    return tuple(sorted(named))


def _configurations(webhook: str, view: View) -> tuple[Subject, ...]:
    every: Sequence[ValidatingWebhookConfiguration | MutatingWebhookConfiguration] = [
        *view.all(ValidatingWebhookConfiguration),
        *view.all(MutatingWebhookConfiguration),
    ]
    return tuple(sorted(view.subject(one) for one in every if any(hook.name == webhook for hook in one.webhooks)))
