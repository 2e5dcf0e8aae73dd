"""From a kubeconfig to a connection: what is taken, and what a person reads when it is wrong."""

from __future__ import annotations

import base64
import datetime as dt
import json
import ssl
import stat
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stead.clocks import SteppedClock
from stead.domain.errors import BlindError, Exit, UserError
from stead.estate.kubernetes import kubeconfig as kubeconfig_module
from stead.estate.kubernetes.client import ApiClient
from stead.estate.kubernetes.connection import Connection, connect
from stead.estate.kubernetes.errors import ApiUnavailableError
from stead.estate.kubernetes.proxy import proxy_for

NOW = dt.datetime(2026, 3, 1, 12, 0, tzinfo=dt.UTC)
clock = SteppedClock(NOW)


def write(path: Path, **changes: Any) -> Path:
    """A kubeconfig with two contexts; `changes` replace whole sections."""
    config: dict[str, Any] = {
        "current-context": "home",
        "contexts": [
            {"name": "home", "context": {"cluster": "home", "user": "me", "namespace": "payments"}},
            {"name": "staging", "context": {"cluster": "home", "user": "me"}},
        ],
        "clusters": [{"name": "home", "cluster": {"server": "https://k8s.example.com:6443/"}}],
        "users": [{"name": "me", "user": {"token": "s3cret-token"}}],
        **changes,
    }
    path.write_text(json.dumps(config))
    return path


def refused(path: Path | str | None, context: str | None = None, environ: dict[str, str] | None = None) -> UserError:
    with pytest.raises(UserError) as caught:
        connect(clock, kubeconfig=None if path is None else str(path), context=context, environ=environ or {})
    error = caught.value
    assert error.code is Exit.USAGE
    assert "\n" not in error.what
    assert "s3cret" not in error.what + error.hint
    return error


async def headers(connection: Connection) -> dict[str, str]:
    return dict((await connection.credentials.current()).headers)


async def test_the_current_context_or_the_one_that_is_named(tmp_path: Path) -> None:
    path = write(tmp_path / "config")
    home = connect(clock, kubeconfig=str(path), environ={})
    assert (home.server, home.context, home.namespace) == ("https://k8s.example.com:6443", "home", "payments")
    assert await headers(home) == {"Authorization": "Bearer s3cret-token"}
    assert connect(clock, kubeconfig=str(path), context="staging", environ={}).namespace == "default"


def test_a_token_that_no_header_can_carry_is_refused(tmp_path: Path) -> None:
    error = refused(write(tmp_path / "config", users=[{"name": "me", "user": {"token": "s3cret\ntoken"}}]))
    assert "characters that no header can carry" in error.what


def test_a_context_that_does_not_exist_suggests_the_nearest(tmp_path: Path) -> None:
    error = refused(path := write(tmp_path / "config"), "stagin")
    assert str(path) in error.what
    assert "`stagin`" in error.what
    assert error.hint == "did you mean `staging`?"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "it is empty"),
        ("a: [", "is not YAML: line 2"),
        ("- a", "holds no configuration"),
        ("clusters: 7", "`clusters` is not a list"),
        ("clusters: [{name: a}]", "`clusters[0]` needs a `name` and a `cluster`"),
        ("contexts: []", "has no current-context"),
        ("{current-context: a, contexts: [{name: a, context: {cluster: b}}]}", "names 'b'"),
        ("{current-context: a, contexts: [{name: a, context: {cluster: 7}}]}", "is not valid"),
    ],
)
def test_a_file_that_is_no_kubeconfig(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "config"
    path.write_text(text)
    error = refused(path)
    assert says in error.what
    assert str(path) in error.what


@given(text=st.text() | st.binary())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
def test_whatever_a_file_holds_it_is_one_sentence(tmp_path: Path, text: str | bytes) -> None:
    path = tmp_path / "config"
    path.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass"))
    refused(path)


def test_a_file_that_is_not_there_and_none_at_all(tmp_path: Path) -> None:
    assert "does not exist" in refused(tmp_path / "nowhere").what
    assert "KUBECONFIG is not set" in refused(None, environ={"HOME": str(tmp_path)}).what


@pytest.mark.parametrize("server", ["k8s.example.com", "ftp://k8s.example.com", "https://", "https://k8s.example.com:port"])
def test_a_server_that_is_no_address(tmp_path: Path, server: str) -> None:
    path = write(tmp_path / "config", clusters=[{"name": "home", "cluster": {"server": server}}])
    assert "is no http:// or https:// address" in refused(path).what


async def test_several_files_are_one_and_paths_belong_to_their_file(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    first.mkdir()
    second.mkdir()
    (second / "token").write_text("from the second file")
    one = {"current-context": "home", "contexts": [{"name": "home", "context": {"cluster": "home", "user": "me"}}]}
    one["clusters"] = [{"name": "home", "cluster": {"server": "https://first.example.com"}}]
    (first / "config").write_text(json.dumps(one))
    write(second / "config", users=[{"name": "me", "user": {"tokenFile": "token"}}], **{"current-context": "staging"})
    connection = connect(clock, environ={"KUBECONFIG": f"{first}/config:{tmp_path}/missing:{second}/config"})
    assert (connection.context, connection.server) == ("home", "https://first.example.com")
    assert await headers(connection) == {"Authorization": "Bearer from the second file"}


async def test_the_service_account_of_a_pod(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, authority: Authority) -> None:
    environ = {"HOME": str(tmp_path), "KUBERNETES_SERVICE_HOST": "fd00::1", "KUBERNETES_SERVICE_PORT": "443"}
    monkeypatch.setattr(kubeconfig_module, "SERVICE_ACCOUNT", str(tmp_path))
    assert "automountServiceAccountToken" in refused(None, environ=environ).hint
    (tmp_path / "token").write_text("first")
    (tmp_path / "ca.crt").write_bytes(authority.pem)
    (tmp_path / "namespace").write_text("stead\n")
    connection = connect(clock, environ=environ)
    assert (connection.server, connection.namespace) == ("https://[fd00::1]:443", "stead")
    (tmp_path / "token").write_text("second, by the kubelet")
    assert await headers(connection) == {"Authorization": "Bearer second, by the kubelet"}


async def test_a_password(tmp_path: Path) -> None:
    path = write(tmp_path / "config", users=[{"name": "me", "user": {"username": "u", "password": "p"}}])
    found = await headers(connect(clock, kubeconfig=str(path), environ={}))
    assert found == {"Authorization": "Basic " + base64.b64encode(b"u:p").decode()}


# exec plugins


def plugin(folder: Path, body: str, version: str = "v1", **more: Any) -> Path:
    """A kubeconfig whose user is a program (named relative to the file) that appends to `runs` and then does `body`."""
    script = folder / "plugin"
    script.write_text(f"#!{sys.executable}\nimport json, os, sys\nopen({str(folder / 'runs')!r}, 'a').write('.')\n{body}\n")
    script.chmod(script.stat().st_mode | stat.S_IXUSR)
    config = {"apiVersion": f"client.authentication.k8s.io/{version}", "command": "./plugin", "args": ["get"], **more}
    return write(folder / "config", users=[{"name": "me", "user": {"exec": config}}])


def says(**status: Any) -> str:
    return f"print({json.dumps(json.dumps({'kind': 'ExecCredential', 'status': status}))})"


@pytest.mark.parametrize("version", ["v1", "v1beta1"])
async def test_a_plugin_gives_a_token_until_it_ends(tmp_path: Path, version: str) -> None:
    own = SteppedClock(NOW)
    until = (NOW + dt.timedelta(minutes=10)).strftime("%Y-%m-%dT%H:%M:%SZ")
    path = plugin(tmp_path, says(token="t1", expirationTimestamp=until), version)
    connection = connect(own, kubeconfig=str(path), environ={})
    assert await headers(connection) == {"Authorization": "Bearer t1"}
    await headers(connection)
    assert (tmp_path / "runs").read_text() == "."
    own.advance(dt.timedelta(minutes=9, seconds=30))
    await headers(connection)
    assert (tmp_path / "runs").read_text() == ".."
    assert connection.credentials.rejected()
    await headers(connection)
    assert (tmp_path / "runs").read_text() == "..."


async def test_a_plugin_is_told_its_cluster_and_environment(tmp_path: Path) -> None:
    body = "info = json.loads(os.environ['KUBERNETES_EXEC_INFO'])\n"
    body += "token = info['spec']['cluster']['server'] + os.environ['PROFILE'] + sys.argv[1] + info['apiVersion']\n"
    body += "print(json.dumps({'status': {'token': token}}))"
    path = plugin(tmp_path, body, provideClusterInfo=True, env=[{"name": "PROFILE", "value": "-p-"}])
    found = await headers(connect(clock, kubeconfig=str(path), environ={}))
    assert found["Authorization"] == "Bearer https://k8s.example.com:6443/-p-getclient.authentication.k8s.io/v1"


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("sys.exit('please log in first')", "ended with 1: please log in first"),
        ("print('s3cret-token')", "did not answer with an ExecCredential"),
        ("print('{\"status\": {}}')", "neither a token nor a certificate"),
    ],
)
async def test_a_plugin_that_fails_is_blind(tmp_path: Path, body: str, says: str) -> None:
    connection = connect(clock, kubeconfig=str(plugin(tmp_path, body)), environ={})
    with pytest.raises(BlindError, match=says) as caught:
        await headers(connection)
    assert caught.value.reason == "Unauthorized"
    assert "s3cret" not in str(caught.value)


async def test_a_plugin_that_is_not_installed_says_how(tmp_path: Path) -> None:
    path = plugin(tmp_path, "", command="no-such-login", installHint="install it from your provider")
    with pytest.raises(BlindError, match=r"cannot be run: .*; install it from your provider"):
        await headers(connect(clock, kubeconfig=str(path), environ={}))


def test_a_plugin_that_wants_a_person_or_an_unknown_protocol(tmp_path: Path) -> None:
    assert "wants to ask a person" in refused(plugin(tmp_path, "", interactiveMode="Always")).what
    assert "apiVersion" in refused(plugin(tmp_path, "", "v7")).what


# Proxies


@pytest.mark.parametrize(
    ("server", "exceptions", "expected"),
    [
        ("https://k8s.example.com", "", "http://proxy.example.com:3128"),
        ("https://k8s.example.com", "other.example.com,.example.com", None),
        ("https://k8s.example.com", "example.com", None),
        ("https://notexample.com", "example.com", "http://proxy.example.com:3128"),
        ("https://10.1.2.3:6443", "10.0.0.0/8", None),
        ("https://10.1.2.3:6443", "10.1.2.3:443", "http://proxy.example.com:3128"),
        ("https://10.1.2.3:6443", "10.1.2.3:6443", None),
        ("https://127.0.0.1:6443", "", None),
        ("https://k8s.example.com", "*", None),
        ("http://k8s.example.com", "", None),
    ],
)
def test_the_environment_names_a_proxy_and_its_exceptions(server: str, exceptions: str, expected: str | None) -> None:
    environ = {"HTTPS_PROXY": "http://proxy.example.com:3128", "NO_PROXY": exceptions}
    assert proxy_for(server, "", environ, "x") == expected


def test_the_kubeconfigs_own_proxy_stands_above(tmp_path: Path) -> None:
    cluster = {"server": "https://127.0.0.1:6443", "proxy-url": "http://jump.example.com:8080"}
    path = write(tmp_path / "config", clusters=[{"name": "home", "cluster": cluster}])
    assert connect(clock, kubeconfig=str(path), environ={"NO_PROXY": "*"}).proxy == "http://jump.example.com:8080"
    cluster["proxy-url"] = "socks5://jump.example.com"
    error = refused(write(path, clusters=[{"name": "home", "cluster": cluster}]))
    assert "begins with `socks5://`" in error.what


# TLS, on the wire


@dataclass
class Authority:
    """A CA, and what it signs."""

    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    def sign(self, name: str, *, san: list[str] | None = None) -> tuple[bytes, bytes]:
        key = ec.generate_private_key(ec.SECP256R1())
        builder = _builder(name, self.certificate.subject, key)
        if san:
            builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(s) for s in san]), critical=False)
        certificate = builder.sign(self.key, hashes.SHA256())
        return certificate.public_bytes(serialization.Encoding.PEM), _pem(key)


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())


def _builder(name: str, issuer: x509.Name, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
    builder = x509.CertificateBuilder().subject_name(_name(name)).issuer_name(issuer).public_key(key.public_key())
    builder = builder.serial_number(x509.random_serial_number())
    return builder.not_valid_before(dt.datetime(2020, 1, 1)).not_valid_after(dt.datetime(2060, 1, 1))


def _name(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def make_authority() -> Authority:
    key = ec.generate_private_key(ec.SECP256R1())
    builder = _builder("ca", _name("ca"), key).add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    return Authority(key, builder.sign(key, hashes.SHA256()))


@pytest.fixture(scope="module")
def authority() -> Iterator[Authority]:
    yield make_authority()


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


async def serve_tls(wire: Any, script: Any, authority: Authority, *, ask_client: bool = False) -> None:
    """Answer over TLS, as `k8s.example.com`."""
    certificate, key = authority.sign("server", san=["k8s.example.com"])
    (wire.folder / "pair.pem").write_bytes(certificate + key)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(wire.folder / "pair.pem")
    if ask_client:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(cadata=authority.pem.decode())
    await wire.stop()
    await wire.start(context)
    wire.on("/version", script.answer({}))


async def ask(wire: Any, *, user: dict[str, Any] | None = None, **cluster: Any) -> bytes:
    client = ApiClient(connect(clock, kubeconfig=wire.kubeconfig(cluster=cluster, user=user), environ={}))
    try:
        return await client.get("/version")
    finally:
        await client.close()


async def test_the_ca_and_the_name_that_the_certificate_must_bear(wire: Any, script: Any, authority: Authority) -> None:
    await serve_tls(wire, script, authority)
    good = {"certificate-authority-data": b64(authority.pem), "tls-server-name": "k8s.example.com"}
    assert await ask(wire, **good) == b"{}"
    assert await ask(wire, **{"insecure-skip-tls-verify": True}) == b"{}"
    with pytest.raises(ApiUnavailableError, match=r"is not trusted by the CA of .*kubeconfig") as caught:
        await ask(wire, **{**good, "certificate-authority-data": b64(make_authority().pem)})
    assert caught.value.whole
    with pytest.raises(ApiUnavailableError, match="is not trusted"):
        await ask(wire, **{"certificate-authority-data": b64(authority.pem)})


async def test_a_client_certificate_from_data_from_files_and_from_a_plugin(
    wire: Any, script: Any, authority: Authority, tmp_path: Path
) -> None:
    await serve_tls(wire, script, authority, ask_client=True)
    trust = {"certificate-authority-data": b64(authority.pem), "tls-server-name": "k8s.example.com"}
    certificate, key = authority.sign("me")
    assert await ask(wire, user={"client-certificate-data": b64(certificate), "client-key-data": b64(key)}, **trust) == b"{}"
    (tmp_path / "me.crt").write_bytes(certificate)
    (tmp_path / "me.key").write_bytes(key)
    assert await ask(wire, user={"client-certificate": "me.crt", "client-key": "me.key"}, **trust) == b"{}"
    plugin(tmp_path, says(clientCertificateData=certificate.decode(), clientKeyData=key.decode()))
    program = {"apiVersion": "client.authentication.k8s.io/v1", "command": "./plugin"}
    assert await ask(wire, user={"exec": program}, **trust) == b"{}"
    with pytest.raises(ApiUnavailableError):
        await ask(wire, **trust)


@pytest.mark.parametrize(
    ("cluster", "user", "says"),
    [
        ({"certificate-authority-data": "%%%"}, {}, "certificate-authority-data in kubeconfig .* is not base64"),
        ({"certificate-authority-data": b64(b"hello")}, {}, "certificate-authority-data of .* holds no certificate"),
        ({"certificate-authority": "nowhere.crt"}, {}, "nowhere.crt`, named by .*, cannot be read: No such file"),
        ({}, {"client-certificate-data": b64(b"x")}, "has no client-key"),
        ({}, {"client-certificate-data": b64(b"x"), "client-key-data": b64(b"y")}, "client certificate and key of .* cannot be used"),
    ],
)
def test_certificates_that_are_none(tmp_path: Path, cluster: dict[str, str], user: dict[str, str], says: str) -> None:
    server = {"server": "https://k8s.example.com", **cluster}
    path = write(tmp_path / "config", clusters=[{"name": "home", "cluster": server}], users=[{"name": "me", "user": user}])
    with pytest.raises(UserError, match=says):
        connect(clock, kubeconfig=str(path), environ={})


async def test_a_proxy_that_refuses_and_one_that_is_not_there(wire: Any, script: Any) -> None:
    wire.on("k8s.example.com:443", script.raw(b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n"), method="CONNECT")
    path = wire.kubeconfig(server="https://k8s.example.com", cluster={"proxy-url": wire.url})
    client = ApiClient(connect(clock, kubeconfig=path, environ={}))
    with pytest.raises(ApiUnavailableError, match=r"the proxy for https://k8s.example.com refuses to connect \(407\)"):
        await client.get("/version")
    await wire.stop()
    with pytest.raises(ApiUnavailableError, match=r"the proxy for .* cannot be reached"):
        await client.get("/version")
    await client.close()
