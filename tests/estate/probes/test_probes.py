"""Probes against real servers on loopback: what is seen, what the other side gets wrong, and what this side could not do."""

from __future__ import annotations

import asyncio
import errno
import os
import re
import socket
import ssl
import subprocess
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import dns.flags
import dns.message
import dns.rcode
import dns.rrset
import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st

from stead.domain.errors import BlindError, UnreachableError
from stead.estate.host.commands import LocalCommands
from stead.estate.probes import dns as dns_probe
from stead.estate.probes import http, ping, tcp, tls, wire
from stead.estate.probes.targets import (
    DnsSeen,
    DnsTarget,
    HttpSeen,
    HttpTarget,
    PingSeen,
    PingTarget,
    TcpSeen,
    TcpTarget,
    TlsSeen,
    TlsTarget,
    Unanswered,
)

SHORT = timedelta(milliseconds=300)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def reason(seen: object) -> str:
    assert isinstance(seen, Unanswered)
    return seen.reason


# HTTP


async def _well(request: web.Request) -> web.Response:
    return web.Response(text="all is well")


async def _moved(request: web.Request) -> web.Response:
    raise web.HTTPFound("/well")


async def _loop(request: web.Request) -> web.Response:
    raise web.HTTPFound("/loop")


async def _huge(request: web.Request) -> web.Response:
    return web.Response(text="x" * (http.MOST + 100_000) + "end")


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A certificate for localhost that ends in ten days, trusted by nobody but who is given it."""
    own = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-days", "10", "-nodes"]
    key = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-keyout", f"{tmp_path}/key.pem"]
    subprocess.run(["openssl", *key, *own, "-out", f"{tmp_path}/cert.pem"], check=True, capture_output=True)
    return tmp_path / "cert.pem"


@pytest.fixture
async def site(certificate: Path) -> AsyncIterator[dict[str, str]]:
    """`http` and `https` addresses of one application."""
    application = web.Application()
    for path, handler in (("/well", _well), ("/moved", _moved), ("/loop", _loop), ("/huge", _huge)):
        application.router.add_get(path, handler)
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, certificate.with_name("key.pem"))
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context).start()
    plain, secure = (address[1] for address in runner.addresses)
    yield {"http": f"http://localhost:{plain}", "https": f"https://localhost:{secure}"}
    await runner.cleanup()


async def seen_at(url: str, **more: Any) -> HttpSeen | Unanswered:
    return await http.probe(HttpTarget(name="site", url=url, **more))


async def test_a_page_that_answers(site: dict[str, str]) -> None:
    seen = await seen_at(f"{site['http']}/well", body=re.compile("x"))
    assert isinstance(seen, HttpSeen)
    assert (seen.status, seen.body, seen.location, seen.certificate) == (200, "all is well", "", None)
    assert seen.seconds > 0


async def test_redirects_are_followed_or_looked_at(site: dict[str, str]) -> None:
    followed = await seen_at(f"{site['http']}/moved")
    looked_at = await seen_at(f"{site['http']}/moved", redirect="/well")
    assert isinstance(followed, HttpSeen)
    assert isinstance(looked_at, HttpSeen)
    assert (followed.status, looked_at.status, looked_at.location) == (200, 302, "/well")
    assert reason(await seen_at(f"{site['http']}/loop")) == "RedirectLoop"


async def test_a_huge_page_is_read_to_a_bound(site: dict[str, str]) -> None:
    seen = await seen_at(f"{site['http']}/huge", body=re.compile("end"))
    assert isinstance(seen, HttpSeen)
    assert http.MOST <= len(seen.body) < http.MOST + 65536


async def test_a_certificate_is_judged_and_its_end_is_seen(site: dict[str, str], certificate: Path) -> None:
    assert reason(await seen_at(f"{site['https']}/well")) == "CertificateInvalid"
    for more in ({"ca": certificate}, {"verify": False}):
        seen = await seen_at(f"{site['https']}/well", **more)
        assert isinstance(seen, HttpSeen)
        assert seen.certificate is not None
    assert reason(await seen_at(site["http"].replace("http", "https"))) in ("TlsFailed", "Closed")


async def test_what_the_other_side_gets_wrong_is_an_answer() -> None:
    assert reason(await seen_at(f"http://127.0.0.1:{free_port()}/")) == "Refused"
    with socket.create_server(("127.0.0.1", 0)) as silent:
        assert reason(await seen_at(f"http://127.0.0.1:{silent.getsockname()[1]}/", timeout=SHORT)) == "Timeout"


async def test_a_server_that_talks_nonsense(site: dict[str, str]) -> None:
    async def nonsense(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail.example ESMTP\r\n\r\n")
        writer.close()

    server = await asyncio.start_server(nonsense, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        assert reason(await seen_at(f"http://127.0.0.1:{port}/")) in ("Malformed", "Closed")


async def test_whom_to_trust_must_be_readable(tmp_path: Path) -> None:
    with pytest.raises(BlindError, match="cannot be read"):
        await seen_at("https://localhost:1/", ca=tmp_path / "none")


# TCP and TLS


async def test_a_port_that_takes_connections_and_one_that_does_not() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        seen = await tcp.probe(TcpTarget(name="x", host="localhost", port=server.getsockname()[1]))
        assert isinstance(seen, TcpSeen)
    assert reason(await tcp.probe(TcpTarget(name="x", host="127.0.0.1", port=free_port()))) == "Refused"


async def test_a_handshake_tells_the_end_and_why_it_is_not_trusted(site: dict[str, str], certificate: Path) -> None:
    port = int(site["https"].rpartition(":")[2])
    trusted = await tls.probe(TlsTarget(name="x", host="localhost", port=port, ca=certificate))
    stranger = await tls.probe(TlsTarget(name="x", host="localhost", port=port))
    other = await tls.probe(TlsTarget(name="x", host="127.0.0.1", port=port, server_name="mail.example", ca=certificate))
    assert isinstance(trusted, TlsSeen)
    assert isinstance(stranger, TlsSeen)
    assert isinstance(other, TlsSeen)
    assert trusted.certificate.invalid == ""
    assert "self-signed" in stranger.certificate.invalid
    assert "mail.example" in other.certificate.invalid
    plain = int(site["http"].rpartition(":")[2])
    assert reason(await tls.probe(TlsTarget(name="x", host="localhost", port=plain))) in ("TlsFailed", "Closed")


# Whose fault it is


@pytest.mark.parametrize("number", [errno.ENETUNREACH, errno.ENETDOWN])
def test_without_a_way_out_everything_is_blind_for_one_reason(number: int) -> None:
    with pytest.raises(UnreachableError) as caught:
        wire.judged(OSError(number, os.strerror(number)), "x:1")
    assert caught.value.reason == "NoRoute"


def test_trouble_of_this_side_is_blind_and_of_the_other_an_answer() -> None:
    with pytest.raises(BlindError):
        wire.judged(OSError(errno.EMFILE, "Too many open files"), "x:1")
    assert wire.judged(OSError(errno.EHOSTUNREACH, "No route to host"), "x:1").reason == "HostUnreachable"
    each = "[Errno 111] Connect call failed ('::1', 1, 0, 0), [Errno 111] Connect call failed ('127.0.0.1', 1)"
    many = OSError(f"Multiple exceptions: {each}")
    assert wire.judged(many, "x:1").reason == "Refused"


async def test_a_dead_resolver_is_blind_and_a_missing_name_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[socket.gaierror] = []

    async def resolver(*_: Any, **__: Any) -> Any:
        raise said[-1]

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", resolver)
    said.append(socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution"))
    with pytest.raises(UnreachableError) as caught:
        await tcp.probe(TcpTarget(name="x", host="shop.example", port=1))
    assert caught.value.reason == "NoResolver"
    said.append(socket.gaierror(socket.EAI_NONAME, "Name or service not known"))
    assert reason(await tcp.probe(TcpTarget(name="x", host="shop.example", port=1))) == "NameNotFound"
    assert reason(await seen_at("http://shop.example/")) == "NameNotFound"


# DNS


class Zone(asyncio.DatagramProtocol):
    """A server that knows `home.test`, fails for `broken.test`, is silent about `silent.test`, and babbles about `odd.test`."""

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def datagram_received(self, data: bytes, addr: Any) -> None:
        query = dns.message.from_wire(data)
        name, kind = query.question[0].name.to_text(), query.question[0].rdtype
        if name == "silent.test.":
            return
        answer = dns.message.make_response(query)
        answer.flags |= dns.flags.RA
        if name == "home.test." and kind == 1:
            answer.answer.append(dns.rrset.from_text(name, 60, "IN", "A", "192.0.2.8", "192.0.2.7"))
        elif name == "home.test." and kind == 16:
            answer.answer.append(dns.rrset.from_text(name, 60, "IN", "TXT", '"v=spf1 -all"'))
        elif name == "broken.test.":
            answer.set_rcode(dns.rcode.SERVFAIL)
        elif name != "home.test.":
            answer.set_rcode(dns.rcode.NXDOMAIN)
        self.transport.sendto(b"\0" if name == "odd.test." else answer.to_wire(), addr)


@pytest.fixture
async def nameserver() -> AsyncIterator[int]:
    transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(Zone, ("127.0.0.1", 0))
    yield transport.get_extra_info("sockname")[1]
    transport.close()


@pytest.mark.parametrize(
    ("query", "kind", "expected"),
    [
        ("home.test", "A", ("192.0.2.7", "192.0.2.8")),
        ("home.test", "TXT", ("v=spf1 -all",)),
        ("home.test", "AAAA", ()),
        ("nothing.test", "A", "NameNotFound"),
        ("broken.test", "A", "ServerFailed"),
        ("silent.test", "A", "Timeout"),
        ("odd.test", "A", "Timeout"),
        ("a" * 70 + ".test", "A", "NameNotFound"),
    ],
)
async def test_what_a_nameserver_says(nameserver: int, query: str, kind: str, expected: tuple[str, ...] | str) -> None:
    seen = await dns_probe.probe(DnsTarget(name="x", query=query, type=kind, server="127.0.0.1", port=nameserver, timeout=SHORT))
    assert (seen.answer if isinstance(seen, DnsSeen) else seen.reason) == expected


# Ping


def fake_ping(folder: Path, monkeypatch: pytest.MonkeyPatch, *, says: str = "", complains: str = "", code: int = 0) -> None:
    (folder / "says").write_text(says)
    (folder / "complains").write_text(complains)
    (folder / "ping").write_text(f"#!/bin/sh\n/bin/cat {folder}/says; /bin/cat {folder}/complains >&2; exit {code}\n")
    (folder / "ping").chmod(0o755)
    monkeypatch.setenv("PATH", str(folder))


IPUTILS = "3 packets transmitted, 2 received, 33.3333% packet loss, time 403ms\nrtt min/avg/max/mdev = 0.026/1.500/0.1/0.000 ms\n"
BUSYBOX = "3 packets transmitted, 3 packets received, 0% packet loss\nround-trip min/avg/max = 0.060/0.088/0.106 ms\n"


@pytest.mark.parametrize(
    ("says", "code", "seen"),
    [
        (IPUTILS, 0, PingSeen(loss=33, seconds=0.0015)),
        (BUSYBOX, 0, PingSeen(loss=0, seconds=0.000088)),
        ("3 packets transmitted, 0 received, 100% packet loss, time 2043ms\n", 1, PingSeen(loss=100, seconds=None)),
    ],
)
async def test_what_ping_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, says: str, code: int, seen: PingSeen) -> None:
    fake_ping(tmp_path, monkeypatch, says=says, code=code)
    assert await ping.probe(PingTarget(name="x", host="router.example"), LocalCommands()) == seen


async def test_a_ping_that_cannot_be_sent_is_blind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = PingTarget(name="x", host="router.example")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(BlindError, match="install iputils-ping"):
        await ping.probe(target, LocalCommands())
    fake_ping(tmp_path, monkeypatch, complains="ping: socket: Operation not permitted", code=2)
    with pytest.raises(BlindError, match="not permitted"):
        await ping.probe(target, LocalCommands())
    fake_ping(tmp_path, monkeypatch, complains="ping: connect: Network is unreachable", code=2)
    with pytest.raises(UnreachableError):
        await ping.probe(target, LocalCommands())
    fake_ping(tmp_path, monkeypatch, complains="ping: router.example: Name or service not known", code=2)
    assert reason(await ping.probe(target, LocalCommands())) == "NameNotFound"


@given(st.text())
def test_no_text_of_ping_breaks_the_parser(text: str) -> None:
    for said in (text, f"{text} packets transmitted, {text} received, min/avg/max = {text}/{text}/{text}"):
        seen = ping.parse_ping(said)
        assert seen is None or 0 <= seen.loss <= 100
