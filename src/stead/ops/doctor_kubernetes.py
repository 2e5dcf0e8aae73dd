"""What `stead doctor` asks a cluster: does it answer, do the clocks agree, and may each identity do what its work needs?

Rights are asked for by SelfSubjectAccessReview, which every authenticated user may send and which changes nothing
(https://kubernetes.io/docs/reference/access-authn-authz/authorization/#checking-api-access).
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from stead.app.estate_settings import KubernetesEstate
from stead.clocks import SystemClock
from stead.declare import Rbac
from stead.domain.errors import SteadError, UserError
from stead.estate.kubernetes.client import ApiClient, Timeouts
from stead.estate.kubernetes.connection import connect
from stead.estate.kubernetes.kinds import KINDS
from stead.ops.doctor import Line, fail, ok, warn

MOST_SKEW = timedelta(seconds=30)
"""Deadlines are counted in minutes; half of one is still harmless."""

READ_HINT = "kubectl apply -f deploy/kubernetes/read.yaml, and use that identity"
WRITE_HINT = "kubectl apply -f deploy/kubernetes/write.yaml, and use that identity"

_REVIEWS = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"


@dataclass(frozen=True, slots=True)
class Right:
    """One question: may I `verb` this resource (a subresource after a slash), in `namespace` or ("") everywhere?"""

    verb: str
    group: str
    resource: str
    namespace: str = ""

    def __str__(self) -> str:
        name = f"{self.resource}.{self.group}" if self.group else self.resource
        return f"{self.verb} {name}" + (f" in {self.namespace}" if self.namespace else "")

    @property
    def review(self) -> dict[str, Any]:
        resource, _, subresource = self.resource.partition("/")
        asked = {"verb": self.verb, "group": self.group, "resource": resource, "subresource": subresource, "namespace": self.namespace}
        return {
            "apiVersion": "authorization.k8s.io/v1",
            "kind": "SelfSubjectAccessReview",
            "spec": {"resourceAttributes": {name: value for name, value in asked.items() if value}},
        }


async def examine_cluster(estate: KubernetesEstate) -> AsyncIterator[Line]:
    """The lines about one estate; the first failure to reach it is the last line."""
    about = f"estate {estate.id}"
    async for line in _identity(about, estate, write=False):
        yield line
    if not estate.acts:
        yield ok(f"{about}, acting", "no write identity: Stead tells, and changes nothing")
        return
    async for line in _identity(f"{about}, acting", estate, write=True):
        yield line


async def _identity(about: str, estate: KubernetesEstate, *, write: bool) -> AsyncIterator[Line]:
    kubeconfig = (estate.write_kubeconfig if write else None) or estate.kubeconfig
    context = estate.write_context if write else estate.context
    try:
        connection = connect(SystemClock(), kubeconfig=None if kubeconfig is None else str(kubeconfig), context=context)
    except UserError as error:
        yield fail(about, error.what, error.hint)
        return
    client = ApiClient(connection, Timeouts(connect=5.0, answer=10.0))
    try:
        version = json.loads(await client.get("/version", what="tell its version"))
        yield ok(about, f"{connection} answers, Kubernetes {str(version.get('gitVersion', 'of an unknown version'))[:40]}")
        if not write:
            yield skew(about, client.server_date, SystemClock().now())
        yield await _rights(about, client, estate, write=write)
        if not write and await _may(client, Right("list", "", "secrets")):
            yield warn(f"{about}, rights", "this identity may read Secrets, which Stead never needs", READ_HINT)
    except (SteadError, ValueError, AttributeError) as error:
        hint = error.hint if isinstance(error, UserError) else "kubectl cluster-info asks the same"
        yield fail(about, str(error) if isinstance(error, SteadError) else f"{connection} answers, but not as Kubernetes does", hint)
    finally:
        await client.close()


def skew(about: str, date: str, now: datetime) -> Line:
    """Their clock (a Date header, RFC 9110) against ours: a wrong clock makes deadlines and certificates lie."""
    about = f"{about}, clock"
    try:
        ahead = now - parsedate_to_datetime(date)
    except (TypeError, ValueError):
        return warn(about, "the API server does not tell its time")
    seconds = abs(round(ahead.total_seconds()))
    if abs(ahead) <= MOST_SKEW:
        return ok(about, "agrees with the API server's")
    return fail(about, f"is {seconds} s {'ahead of' if ahead > timedelta() else 'behind'} the API server's", "let NTP set both clocks")


async def _rights(about: str, client: ApiClient, estate: KubernetesEstate, *, write: bool) -> Line:
    about, hint = f"{about}, rights", WRITE_HINT if write else READ_HINT
    wanted = list(dict.fromkeys(_writes() if write else _reads(estate)))
    missing = [str(right) for right in wanted if not await _may(client, right)]
    if not missing:
        return ok(about, f"all {len(wanted)} that are needed")
    more = f" and {len(missing) - 4} more" if len(missing) > 4 else ""
    return fail(about, f"may not {', '.join(missing[:4])}{more}", hint)


def _reads(estate: KubernetesEstate) -> Iterator[Right]:
    for kind in KINDS:
        for namespace in estate.namespaces if kind.namespaced and estate.namespaces else ("",):
            if not kind.optional:
                yield Right("list", kind.group, kind.plural, namespace)
                yield Right("watch", kind.group, kind.plural, namespace)


def _writes() -> Iterator[Right]:
    from stead.app.discover import shelves

    rules: list[Rbac] = [rule for verb in shelves().verbs.values() for rule in verb.rbac]
    for rule in rules:
        for verb in rule.verbs:
            yield Right(verb, rule.group, rule.resource)


async def _may(client: ApiClient, right: Right) -> bool:
    answer = json.loads(await client.post(_REVIEWS, right.review, what=f"say whether this identity may {right}"))
    return bool(answer.get("status", {}).get("allowed", False))
