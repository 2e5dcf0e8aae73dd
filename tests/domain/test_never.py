"""What is never changed, whatever a policy says."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stead.domain.never import forbidden, forbidden_write
from stead.domain.subject import Subject

DEPLOYMENT = Subject(estate="home", api_version="apps/v1", kind="Deployment", namespace="payments", name="api")


def subject(api_version: str, kind: str, namespace: str = "payments", name: str = "x") -> Subject:
    return Subject(estate="home", api_version=api_version, kind=kind, namespace=namespace, name=name)


@pytest.mark.parametrize(
    "about",
    [
        subject("rbac.authorization.k8s.io/v1", "ClusterRoleBinding", ""),
        subject("rbac.authorization.k8s.io/v1beta9", "Role"),
        subject("apiextensions.k8s.io/v1", "CustomResourceDefinition", ""),
        subject("admissionregistration.k8s.io/v1", "ValidatingWebhookConfiguration", ""),
        subject("v1", "Secret"),
        subject("v1", "Namespace", ""),
        subject("v1", "ServiceAccount"),
        subject("velero.io/v1", "Backup"),
        subject("postgresql.cnpg.io/v1", "Backup"),
        subject("snapshot.storage.k8s.io/v1", "VolumeSnapshot"),
        subject("apps/v1", "Deployment", "stead"),
        subject("host.stead/v1", "Unit", "", "stead.service"),
        subject("host.stead/v1", "Container", "", "stead"),
    ],
    ids=str,
)
def test_these_are_left_to_people(about: Subject):
    assert forbidden(about)
    assert forbidden_write(about, {})


def test_the_namespace_in_which_stead_runs_is_its_own_wherever_that_is():
    assert not forbidden(DEPLOYMENT, frozenset({"stead"}))
    assert "own namespace" in forbidden(DEPLOYMENT, frozenset({"payments"}))


@pytest.mark.parametrize(
    "body",
    [
        {"spec": {"taints": [{"key": "x", "effect": "NoExecute"}]}},
        {"metadata": {"finalizers": None}},
        {"rules": []},
        {"roleRef": {"name": "cluster-admin"}},
    ],
)
def test_no_write_may_bring_these_about(body: dict[str, Any]):
    assert forbidden_write(subject("v1", "Node", ""), body)


def test_ordinary_work_is_not_forbidden():
    assert forbidden(DEPLOYMENT) == ""
    assert forbidden_write(DEPLOYMENT, {"spec": {"replicas": 3}}) == ""
    assert forbidden_write(subject("v1", "Node", ""), {"spec": {"unschedulable": True}}) == ""


PLAIN = st.none() | st.booleans() | st.integers() | st.text()
JSON = st.recursive(PLAIN, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner))


@given(st.dictionaries(st.text(), JSON))
def test_any_body_is_answered(body: dict[str, Any]):
    assert isinstance(forbidden_write(DEPLOYMENT, body), str)
