"""Requests for certificates that nobody signs."""

from __future__ import annotations

from typing import Any

import pytest

from stead.checks.kubernetes.csr_stuck import csr_stuck
from stead.domain.finding import Finding, FindingState
from stead.testing.checks import judge
from stead.testing.kinds import thing
from stead.testing.objects import NOW, Json, ago, condition, node

SERVING = "kubernetes.io/kubelet-serving"


def request(*conditions: Json, name: str = "csr-1", minutes: float = 60, who: str = "system:node:node-3", **more: Any) -> Json:
    meta = {"namespace": "", "creationTimestamp": ago(minutes=minutes)} | more.pop("meta", {})
    spec = {"signerName": more.pop("signer", SERVING), "username": who, "request": "LS0t"}
    return thing("CertificateSigningRequest", name, meta, spec=spec, status={"conditions": list(conditions), **more})


def look(*objects: Json) -> list[Finding]:
    return judge(csr_stuck, *objects, now=NOW)


@pytest.mark.parametrize(
    ("stuck", "reason", "state"),
    [
        (request(), "NotApproved", FindingState.FIRING),
        (request(minutes=5), "NotApproved", FindingState.PROGRESSING),
        (request(condition("Approved")), "NotSigned", FindingState.FIRING),
        (request(condition("Approved", since=ago(minutes=1))), "NotSigned", FindingState.PROGRESSING),
        (request(condition("Approved"), condition("Failed", reason="SignerError", message="no such CA")), "Failed", FindingState.FIRING),
        (request(signer="example.com/ours", who="alice"), "NotApproved", FindingState.FIRING),
    ],
)
def test_one_that_nobody_signs_is_told(stuck: Json, reason: str, state: FindingState) -> None:
    assert [(f.reason, f.state) for f in look(stuck, node())] == [(reason, state)]


@pytest.mark.parametrize(
    "well",
    [
        [request(condition("Approved"), certificate="LS0t")],
        [request(condition("Denied", reason="NoSuchNode"))],
        [request(meta={"deletionTimestamp": ago(minutes=1)})],
        [request(), request(condition("Approved"), name="csr-2", minutes=30, certificate="LS0t")],
    ],
)
def test_one_that_was_signed_denied_or_asked_again_is_silence(well: list[Json]) -> None:
    assert look(*well, node()) == []


def test_another_ones_certificate_is_no_help() -> None:
    other = request(condition("Approved"), name="csr-2", minutes=30, who="system:node:node-4", certificate="LS0t")
    assert [f.reason for f in look(request(), other)] == ["NotApproved"]


def test_the_requests_of_one_kubelet_are_one_fault_and_name_its_node() -> None:
    first, second = (look(request(name=name), node())[0] for name in ("csr-1", "csr-2"))
    assert first.fingerprint == second.fingerprint
    assert [str(s) for s in first.depends_on] == ["Node node-3"]
    assert "logs, exec and metrics" in first.summary
