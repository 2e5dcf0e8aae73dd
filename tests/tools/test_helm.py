"""Helm's releases as a model reads them: chart, history and values, never a secret, and only with the right that somebody gave."""

from __future__ import annotations

import base64
import gzip
import json
from typing import Any

import pytest
from tests.tools.conftest import Cluster, look

from stead.estate.kubernetes.helm import MOST_BYTES
from stead.tools.helm import helm

VALUES = {
    "replicas": 3,
    "image": {"tag": "1.5"},
    "auth": {"password": "hunter2secret", "existingSecret": "db"},
    "extraEnv": [{"name": "API_TOKEN", "value": "correct-horse-battery"}, {"name": "MODE", "value": "fast"}],
}


def packed(revision: int, values: Any, name: str = "api") -> bytes:
    """A release as Helm writes it."""
    release = {
        "name": name,
        "version": revision,
        "namespace": "payments",
        "info": {"last_deployed": f"2026-01-0{revision}T08:00:00.1Z", "description": "Upgrade complete", "status": "deployed"},
        "chart": {"metadata": {"name": "podinfo", "version": f"6.{revision}.0", "appVersion": "1.5"}, "values": {"timeout": 30}},
        "config": values,
        "manifest": "apiVersion: v1\nkind: Secret\nstringData: {password: hunter2secret}\n",
    }
    return base64.b64encode(gzip.compress(json.dumps(release).encode()))


def secret(revision: int, data: bytes | None = None, status: str = "superseded", name: str = "api", **more: Any) -> dict[str, Any]:
    labels = {"owner": "helm", "name": name, "status": status, "version": str(revision)}
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "type": "helm.sh/release.v1",
        "metadata": {"name": f"sh.helm.release.v1.{name}.v{revision}", "namespace": "payments", "labels": labels},
        "data": {"release": base64.b64encode(data or packed(revision, VALUES)).decode()},
        **more,
    }


@pytest.fixture
def released(cluster: Cluster) -> Cluster:
    cluster.put(secret(1), secret(2, packed(2, {"replicas": 1})), secret(3, status="deployed"))
    cluster.put({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "db", "namespace": "payments"}, "stringData": {"x": "y"}})
    return cluster


async def test_what_is_installed(released: Cluster) -> None:
    seen = await look(released.estate, helm, "helm_list")
    head, row = seen.text.splitlines()
    assert head.split()[:4] == ["NAMESPACE", "NAME", "REVISION", "STATUS"]
    assert row.split() == ["payments", "api", "3", "deployed", "podinfo", "6.3.0", "1.5", "2026-01-03T08:00:00", "Upgrade", "complete"]
    assert seen.command == "helm list -a -A" and seen.tainted


async def test_what_was_installed_before(released: Cluster) -> None:
    rows = (await look(released.estate, helm, "helm_history", namespace="payments", name="api")).text.splitlines()
    assert [row.split()[2:4] for row in rows[1:]] == [["3", "deployed"], ["2", "superseded"], ["1", "superseded"]]


async def test_values_come_without_their_secrets(released: Cluster) -> None:
    seen = await look(released.estate, helm, "helm_values", namespace="payments", name="api")
    assert "replicas: 3" in seen.text and "tag: 1.5" in seen.text and "value: fast" in seen.text
    assert "hunter2secret" not in seen.text and "correct-horse" not in seen.text and "[redacted]" in seen.text
    assert "timeout" not in seen.text
    older = await look(released.estate, helm, "helm_values", namespace="payments", name="api", revision=2, defaults=True)
    assert "revision: 2" in older.text and "replicas: 1" in older.text and "timeout: 30" in older.text


async def test_without_the_right_it_says_what_is_missing(released: Cluster) -> None:
    reader = released.user("reader", {"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list"]})
    for tool, arguments in (("helm_list", {}), ("helm_values", {"namespace": "payments", "name": "api"})):
        seen = await look(reader, helm, tool, **arguments)
        assert seen.failed and "403" in seen.text and "deploy/kubernetes/helm.yaml" in seen.text


async def test_the_role_is_enough(released: Cluster) -> None:
    reader = released.user("reader", {"apiGroups": [""], "resources": ["secrets"], "verbs": ["get", "list"]})
    assert "podinfo" in (await look(reader, helm, "helm_list", namespace="payments")).text


async def test_what_is_no_release_is_not_read(cluster: Cluster) -> None:
    cluster.put(secret(1, type="Opaque"))
    assert (await look(cluster.estate, helm, "helm_list")).text == "no releases there"


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"no release", "it is not base64"),
        (base64.b64encode(gzip.compress(b"{}", mtime=0)[:-5]), "it is cut off"),
        (base64.b64encode(gzip.compress(b"[" * 100, mtime=0)), "cannot be read"),
        (base64.b64encode(gzip.compress(b" " * (MOST_BYTES + 1), mtime=0)), "unpacks to more than"),
        (base64.b64encode(b"plain"), "cannot be read"),
    ],
    ids=["no base64", "cut off", "no json", "too large", "not packed"],
)
async def test_a_broken_release_is_told(cluster: Cluster, data: bytes, told: str) -> None:
    cluster.put(secret(1, data))
    seen = await look(cluster.estate, helm, "helm_values", namespace="payments", name="api")
    assert seen.failed and told in seen.text


async def test_an_unknown_release_is_told_which_there_are(released: Cluster) -> None:
    seen = await look(released.estate, helm, "helm_history", namespace="payments", name="web")
    assert seen.failed and seen.text == "error: there is no release payments/web; there are: api"
    wrong = await look(released.estate, helm, "helm_values", namespace="payments", name="api", revision=9)
    assert wrong.failed and "there is no revision 9; there are: 3, 2, 1" in wrong.text
