"""The roles in deploy/kubernetes are those that the code needs: no right is forgotten, and none is given away."""

from pathlib import Path

import pytest
from ruamel.yaml import YAML

from stead.ops.rbac import Role, exec_role, helm_role, main, manifest, read_role, write_role

DEPLOY = Path(__file__).parents[2] / "deploy" / "kubernetes"


@pytest.mark.parametrize(
    ("role", "file"), [(read_role(), "read.yaml"), (write_role(), "write.yaml"), (exec_role(), "exec.yaml"), (helm_role(), "helm.yaml")]
)
def test_the_manifests_are_made_from_the_code(role: Role, file: str):
    assert (DEPLOY / file).read_text() == manifest(role), f"run `python -m stead.ops.rbac {file[:-5]} > deploy/kubernetes/{file}`"


@pytest.mark.parametrize("file", ["read.yaml", "write.yaml"])
def test_a_manifest_binds_its_account_to_its_role(file: str):
    documents = list(YAML(typ="safe").load_all((DEPLOY / file).read_text()))
    assert [d["kind"] for d in documents] == ["Namespace", "ClusterRole", "ServiceAccount", "ClusterRoleBinding"]
    _, role, account, binding = documents
    assert binding["roleRef"]["name"] == role["metadata"]["name"]
    assert binding["subjects"][0]["name"] == account["metadata"]["name"]


def test_reading_reads_no_secrets_and_writes_nothing():
    for rule in read_role().rules:
        assert set(rule.verbs) <= {"get", "list", "watch"}
        assert rule.resource not in ("secrets", "pods/exec", "*")


def test_writing_may_do_what_the_verbs_do_and_no_more():
    rights = {(rule.group, rule.resource): rule.verbs for rule in write_role().rules}
    assert rights == {
        ("", "nodes"): ("patch",),
        ("", "persistentvolumeclaims"): ("patch",),
        ("", "pods"): ("delete",),
        ("", "pods/eviction"): ("create",),
        ("apps", "daemonsets"): ("patch",),
        ("apps", "deployments"): ("patch",),
        ("apps", "statefulsets"): ("patch",),
        ("argoproj.io", "applications"): ("patch",),
        ("batch", "cronjobs"): ("patch",),
        ("batch", "jobs"): ("create", "delete"),
        ("helm.toolkit.fluxcd.io", "helmreleases"): ("patch",),
        ("kustomize.toolkit.fluxcd.io", "kustomizations"): ("patch",),
        ("source.toolkit.fluxcd.io", "buckets"): ("patch",),
        ("source.toolkit.fluxcd.io", "gitrepositories"): ("patch",),
        ("source.toolkit.fluxcd.io", "helmcharts"): ("patch",),
        ("source.toolkit.fluxcd.io", "helmrepositories"): ("patch",),
        ("source.toolkit.fluxcd.io", "ocirepositories"): ("patch",),
    }


@pytest.mark.parametrize(("name", "resource", "verbs"), [("exec", "pods/exec", ["create", "get"]), ("helm", "secrets", ["get", "list"])])
def test_what_reaches_far_is_a_role_of_its_own_for_the_reading_account(name: str, resource: str, verbs: list[str]):
    role, binding = YAML(typ="safe").load_all((DEPLOY / f"{name}.yaml").read_text())
    assert role["rules"] == [{"apiGroups": [""], "resources": [resource], "verbs": verbs}]
    assert binding["roleRef"]["name"] == f"stead-{name}" and binding["subjects"][0]["name"] == "stead-read"


def test_the_command_prints_one_of_them(capsys: pytest.CaptureFixture[str]):
    assert main(["read"]) == 0
    assert capsys.readouterr().out == manifest(read_role())
    assert main(["everything"]) == 2
