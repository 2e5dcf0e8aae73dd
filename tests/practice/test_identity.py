"""A practice cluster is told by its authority; nothing else is taken for one."""

from __future__ import annotations

import base64
import datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from stead.domain.errors import Exit, UserError
from stead.practice.identity import is_practice, is_practice_authority, require_practice

PEM = serialization.Encoding.PEM


def certificate(organization: str | None, common: str, *, signed_by_another: bool = False) -> bytes:
    names = [x509.NameAttribute(NameOID.COMMON_NAME, common)]
    if organization:
        names.insert(0, x509.NameAttribute(NameOID.ORGANIZATION_NAME, organization))
    key = ec.generate_private_key(ec.SECP256R1())
    signer = ec.generate_private_key(ec.SECP256R1()) if signed_by_another else key
    builder = x509.CertificateBuilder().subject_name(x509.Name(names)).issuer_name(x509.Name(names)).public_key(key.public_key())
    begin = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
    built = builder.serial_number(1).not_valid_before(begin).not_valid_after(begin + datetime.timedelta(days=1))
    return built.sign(signer, hashes.SHA256()).public_bytes(PEM)


def kubeconfig(folder: Path, cluster: str) -> Path:
    path = folder / "config"
    path.write_text(
        "apiVersion: v1\nkind: Config\ncurrent-context: home\n"
        f"clusters: [{{name: home, cluster: {{server: 'https://127.0.0.1:1', {cluster}}}}}]\n"
        "users: [{name: me, user: {token: t}}]\ncontexts: [{name: home, context: {cluster: home, user: me}}]\n"
    )
    return path


async def test_its_own_kubeconfig_is_one_by_file_and_by_content(stage, tmp_path):
    assert is_practice(stage.cluster.kubeconfig())
    require_practice(stage.cluster.kubeconfig())
    inline = base64.b64encode(stage.cluster.ca_file.read_bytes()).decode()
    assert is_practice(kubeconfig(tmp_path, f"certificate-authority-data: {inline}"))


@pytest.mark.parametrize(
    "other",
    [
        certificate(None, "kubernetes"),
        certificate(None, "practice-ca"),
        certificate("stead practice cluster", "kubernetes"),
        certificate("stead practice cluster", "practice-ca", signed_by_another=True),
        b"",
        b"not a certificate",
    ],
    ids=["another", "no organization", "another name", "signed by another", "empty", "no certificate"],
)
async def test_another_authority_is_none_not_even_beside_a_practice_one(stage, tmp_path, other):
    ours = stage.cluster.ca_file.read_bytes()
    assert is_practice_authority(ours)
    assert not is_practice_authority(other)
    if other.startswith(b"-----"):
        assert not is_practice_authority(ours + other)
    (tmp_path / "ca.crt").write_bytes(other)
    with pytest.raises(UserError, match=r"context `home` of .*config is no practice cluster: its certificate authority was not") as refused:
        require_practice(kubeconfig(tmp_path, "certificate-authority: ca.crt"))
    assert refused.value.code == Exit.REFUSED
    assert "stead practice up" in refused.value.hint


@pytest.mark.parametrize(
    ("cluster", "why"),
    [
        ("insecure-skip-tls-verify: true", "trusts whatever answers"),
        ("certificate-authority: nowhere.crt", "cannot be read .No such file"),
        ("certificate-authority-data: '%%%'", "is not base64"),
        ("tls-server-name: x", "names no certificate authority"),
    ],
)
async def test_trust_in_nothing_or_in_anything_is_refused(tmp_path, cluster, why):
    with pytest.raises(UserError, match=why):
        require_practice(kubeconfig(tmp_path, cluster))
    assert not is_practice(tmp_path / "config")
