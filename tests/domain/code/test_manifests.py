"""Git is no way around *never*: what Stead does not change in a cluster it does not propose to change in a manifest either."""

from __future__ import annotations

from typing import Any

import pytest

from stead.domain.code.manifests import touches_never

DEPLOYMENT = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "api", "namespace": "payments"}, "spec": {"replicas": 2}}
BINDING: dict[str, Any] = {
    "apiVersion": "rbac.authorization.k8s.io/v1",
    "kind": "ClusterRoleBinding",
    "metadata": {"name": "all"},
    "roleRef": {"name": "view"},
}


def test_workloads_may_change_beside_what_may_not() -> None:
    more = {**DEPLOYMENT, "spec": {"replicas": 3}}
    assert touches_never([DEPLOYMENT, BINDING], [more, BINDING]) == ""
    assert touches_never([], [DEPLOYMENT]) == ""
    assert touches_never([], [["a list"], "text", None, {"kind": 3, "apiVersion": []}]) == ""


LEFT_TO_PEOPLE: list[dict[str, Any]] = [
    BINDING,
    {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "db"}},
    {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x", "namespace": "stead"}},
    {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "stead"}},
    {"apiVersion": "helm.toolkit.fluxcd.io/v2", "kind": "HelmRelease", "metadata": {"name": "stead-demo", "namespace": "apps"}},
    {"apiVersion": "v1", "kind": "List", "items": [BINDING]},
    {"version": 1, "rules": [{"id": "all", "verdict": "allow", "when": {}}]},
]


@pytest.mark.parametrize("document", LEFT_TO_PEOPLE)
def test_rights_secrets_and_stead_itself_are_left_to_people(document: dict[str, Any]) -> None:
    assert "never changed" in touches_never([], [DEPLOYMENT, document])
    assert "never changed" in touches_never([document], [])
    if "items" not in document:
        assert "never changed" in touches_never([document], [{**document, "extra": 1}])
    assert touches_never([document], [document, DEPLOYMENT]) == ""
