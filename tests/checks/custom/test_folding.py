"""One broken thing is one incident: what needs it is folded under it."""

from __future__ import annotations

from typing import Any

from stead.checks.certificates.certificate_expiry import certificate_expiry
from stead.checks.custom.custom_resource import custom_resource
from stead.checks.kubernetes.container_crash import container_crash
from stead.domain.finding import Finding
from stead.domain.grouping import Group, group
from stead.testing.checks import judge
from stead.testing.objects import NOW, Json, ago, condition, container_status, metadata, owner, pod, waiting

CERT = "cert-manager.io/v1"


def obj(api_version: str, kind: str, name: str, spec: Json | None = None, status: Json | None = None, **meta: Any) -> Json:
    made = metadata(name, creationTimestamp=ago(days=1)) | meta
    return {"apiVersion": api_version, "kind": kind, "metadata": made, "spec": spec or {}, "status": status or {}}


def unready(reason: str, type_: str = "Ready") -> Json:
    return {"conditions": [condition(type_, "False", ago(hours=3), reason=reason, message="…")]}


def groups(*objects: Json) -> list[Group]:
    found: list[Finding] = []
    for check in (custom_resource, certificate_expiry, container_crash):
        found += judge(check, *objects, now=NOW)
    return group(found)


def test_a_broken_source_explains_what_is_built_from_it() -> None:
    flux = "kustomize.toolkit.fluxcd.io/v1"
    source = obj("source.toolkit.fluxcd.io/v1", "GitRepository", "home", status=unready("GitOperationFailed"))
    ref = {"sourceRef": {"kind": "GitRepository", "name": "home"}}
    base = obj(flux, "Kustomization", "base", ref, unready("ArtifactFailed"))
    apps = obj(flux, "Kustomization", "apps", {**ref, "dependsOn": [{"name": "base"}]}, unready("DependencyNotReady"))
    (found,) = groups(source, base, apps)
    assert str(found.cause.subject) == "GitRepository payments/home"
    assert {f.subject.name for f in found.symptoms} == {"base", "apps"}


def test_a_broken_issuer_explains_a_certificate_down_to_its_challenge() -> None:
    ref = {"issuerRef": {"kind": "ClusterIssuer", "name": "acme", "group": "cert-manager.io"}}
    issuer = obj(CERT, "ClusterIssuer", "acme", status=unready("ErrRegisterACMEAccount"), namespace="")
    certificate = obj(CERT, "Certificate", "web", ref, unready("DoesNotExist"))
    request = obj(CERT, "CertificateRequest", "web-1", ref, unready("Failed"), ownerReferences=owner("Certificate", "web", CERT))
    acme = "acme.cert-manager.io/v1"
    order = obj(acme, "Order", "web-1-99", ref, {"state": "errored"}, ownerReferences=owner("CertificateRequest", "web-1", CERT))
    challenge = obj(acme, "Challenge", "web-1-99-7", ref, {"state": "pending"}, ownerReferences=owner("Order", "web-1-99", acme))
    (found,) = groups(issuer, certificate, request, order, challenge)
    assert found.cause.subject.kind == "ClusterIssuer"
    assert {f.subject.kind for f in found.symptoms} == {"Certificate", "CertificateRequest", "Order", "Challenge"}

    (found,) = groups(certificate, request, order, challenge)
    assert found.cause.subject.kind == "Challenge"


def test_crashing_pods_explain_the_resource_that_owns_them() -> None:
    postgres = "postgresql.cnpg.io/v1"
    cluster = obj(postgres, "Cluster", "db", {"instances": 1}, unready("ClusterIsNotReady"))
    crash = container_status(
        "postgres", **{k: v for k, v in waiting("CrashLoopBackOff").items() if k in ("state", "ready")}, restartCount=9
    )
    instance = pod("db-1", statuses=[crash], meta={"ownerReferences": owner("Cluster", "db", postgres), "labels": {}})
    (found,) = groups(cluster, instance)
    assert found.cause.subject.kind == "Pod"
    assert [f.subject.kind for f in found.symptoms] == ["Cluster"]
