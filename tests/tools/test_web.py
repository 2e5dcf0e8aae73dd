"""Pages of the web as a model reads them: allowed hosts, public addresses, each redirect judged anew, and HTML as text."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import ssl
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web as http
from pydantic import ValidationError
from tests.tools.conftest import look

from stead.clocks import SteppedClock
from stead.declare import Toolset
from stead.domain.run import Seen
from stead.estate.fetch import Fetcher
from stead.estate.host.commands import LocalCommands
from stead.estate.host.estate import HostEstate
from stead.practice.api import certificates
from stead.tools.web import WebSettings, toolset, web

LOOPBACK = [ipaddress.ip_network("127.0.0.0/8"), ipaddress.ip_network("::1/128")]
PAGE = """<html><head><title>x</title><script>alert("no")</script><style>p {}</style></head>
<body><h1>CrashLoopBackOff</h1><p>The container <b>ends</b> again and again.</p>
<ul><li>look at its log</li></ul><table><tr><td>code</td><td>137</td></tr></table></body></html>"""


class Site:
    """A web site over HTTPS on loopback."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.headers: list[dict[str, str]] = []
        self.port = 0

    async def __call__(self, request: http.Request) -> http.StreamResponse:
        self.asked.append(request.path)
        self.headers.append(dict(request.headers))
        match request.path:
            case "/page":
                return http.Response(text=PAGE, content_type="text/html", headers={"Set-Cookie": "a=b"})
            case "/moved":
                return http.Response(status=302, headers={"Location": "/page"})
            case "/inside":
                return http.Response(status=302, headers={"Location": f"https://127.0.0.2:{self.port}/page"})
            case "/plain":
                return http.Response(status=302, headers={"Location": "http://localhost/page"})
            case "/loop":
                return http.Response(status=302, headers={"Location": "/loop"})
            case "/picture":
                return http.Response(body=b"\x89PNG", content_type="image/png")
            case "/json":
                return http.json_response({"password": "hunter2secret", "code": 137})
            case "/odd":
                return http.Response(body="grün".encode("latin-1"), headers={"Content-Type": "text/plain; charset=latin-1"})
            case "/long":
                return http.Response(text="\n".join(f"line {n}" for n in range(9000)))
            case _:
                return http.Response(status=404, text="gone")


Served = tuple[Site, ssl.SSLContext]


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[tuple[Site, ssl.SSLContext]]:
    made = Site()

    async def answer(request: http.Request) -> http.StreamResponse:
        return await made(request)

    authority, tls = certificates.make(tmp_path)
    app = http.Application()
    app.router.add_get("/{path:.*}", answer)
    runner = http.AppRunner(app)
    await runner.setup()
    await http.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls).start()
    made.port = runner.addresses[0][1]
    yield made, ssl.create_default_context(cafile=str(authority))
    await runner.cleanup()


@pytest.fixture
def tools(site: tuple[Site, ssl.SSLContext]) -> Toolset:
    return toolset(["localhost"], networks=LOOPBACK, context=site[1])


async def fetch(tools: Toolset, clock: SteppedClock, url: str) -> Seen:
    return await look(HostEstate("attic", LocalCommands(), (), clock), tools, "web_fetch", url=url)


async def test_a_page_is_text(site: Served, tools: Toolset, clock: SteppedClock) -> None:
    seen = await fetch(tools, clock, f"https://localhost:{site[0].port}/page")
    assert "CrashLoopBackOff" in seen.text and "The container ends again and again." in seen.text and "look at its log" in seen.text
    assert "alert" not in seen.text and "<" not in seen.text and seen.tainted
    assert "Cookie" not in site[0].headers[0] and "Authorization" not in site[0].headers[0]


async def test_a_redirect_is_followed_within_what_is_allowed(site: Served, tools: Toolset, clock: SteppedClock) -> None:
    base = f"https://localhost:{site[0].port}"
    assert (await fetch(tools, clock, f"{base}/moved")).text.startswith(f"(at {base}/page)\nCrashLoopBackOff")
    for path, told in (
        ("inside", "127.0.0.2 is not an allowed host"),
        ("plain", "is not an https:// address"),
        ("loop", "redirects more than 5"),
    ):
        site[0].asked.clear()
        seen = await fetch(tools, clock, f"{base}/{path}")
        assert seen.failed and told in seen.text and "/page" not in site[0].asked


async def test_what_is_no_page_is_told(site: Served, tools: Toolset, clock: SteppedClock) -> None:
    base = f"https://localhost:{site[0].port}"
    assert "is image/png, not text" in (await fetch(tools, clock, f"{base}/picture")).text
    assert (await fetch(tools, clock, f"{base}/nothing")).text == f"error: {base}/nothing answers 404"
    said = (await fetch(tools, clock, f"{base}/json")).text
    assert "137" in said and "hunter2secret" not in said
    assert (await fetch(tools, clock, f"{base}/odd")).text == "grün"


@pytest.mark.parametrize(
    "url",
    [
        "http://kubernetes.io/docs",
        "https://me:secret@kubernetes.io/",
        "https://kubernetes.io:6443/",
        "https://evilkubernetes.io/",
        "https://kubernetes.io.evil.example/",
        "https://evil.example/?x=https://kubernetes.io/",
        "ftp://kubernetes.io/",
        "file:///etc/passwd",
        "https://[::1",
        "kubernetes.io",
    ],
)
async def test_what_is_not_allowed_is_not_even_resolved(clock: SteppedClock, monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    async def resolve(*_: Any, **__: Any) -> None:
        pytest.fail("a name was resolved")

    monkeypatch.setattr(asyncio.BaseEventLoop, "getaddrinfo", resolve)
    assert (await fetch(toolset(["kubernetes.io", "*.debian.org"]), clock, url)).failed


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "10.1.2.3", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1", "::1", "fe80::1", "fd00::1"),
        *("::ffff:10.0.0.1", "2002:0a00:0001::1", "64:ff9b::a00:1", "::ffff:169.254.169.254", "ff02::1", "::"),
    ],
)
async def test_a_name_that_leads_into_the_house_is_not_asked(clock: SteppedClock, monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    """One good address beside it changes nothing."""
    answers = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("1.1.1.1", 443)), (socket.AF_INET6, socket.SOCK_STREAM, 6, "", (address, 443))]

    async def resolve(*_: Any, **__: Any) -> list[Any]:
        return answers

    monkeypatch.setattr(asyncio.BaseEventLoop, "getaddrinfo", resolve)
    seen = await fetch(toolset(["kubernetes.io"]), clock, "https://kubernetes.io/")
    assert seen.failed and "is no public address; it is not asked" in seen.text


async def test_a_name_that_changes_its_answer_gains_nothing(
    site: tuple[Site, ssl.SSLContext], clock: SteppedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    async def resolve(_: Any, host: str, port: int, **__: Any) -> list[Any]:
        asked.append(host)
        where = "127.0.0.1" if len(asked) == 1 else "127.0.0.99"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (where, port))]

    monkeypatch.setattr(asyncio.BaseEventLoop, "getaddrinfo", resolve)
    site[1].check_hostname = False
    tools = toolset(["docs.example.com"], networks=LOOPBACK, context=site[1])
    seen = await fetch(tools, clock, f"https://docs.example.com:{site[0].port}/page")
    assert "CrashLoopBackOff" in seen.text
    assert asked == ["docs.example.com"], "it was resolved once, and the connection went there"


async def test_a_certificate_of_somebody_else_is_refused(site: tuple[Site, ssl.SSLContext], clock: SteppedClock) -> None:
    seen = await fetch(toolset(["localhost"], networks=LOOPBACK), clock, f"https://localhost:{site[0].port}/page")
    assert seen.failed and "could not be had" in seen.text and site[0].asked == []


async def test_no_more_than_a_bound_is_read(site: tuple[Site, ssl.SSLContext], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("stead.estate.fetch.MOST_BYTES", 1000)
    page = await Fetcher(["localhost"], networks=LOOPBACK, context=site[1]).get(f"https://localhost:{site[0].port}/long")
    assert len(page.body) == 1000


@pytest.mark.parametrize("host", ["*", "https://kubernetes.io", "kubernetes.io/docs", "*.io.*", "localhost", "", "*."])
def test_what_is_no_host_cannot_be_allowed(host: str) -> None:
    with pytest.raises(ValidationError, match="holds what is not a host"):
        WebSettings(hosts=(host,))


def test_the_configuration_allows_no_network_of_the_house(clock: SteppedClock, tmp_path: Path) -> None:
    assert set(WebSettings.model_fields) == {"hosts", "search"}
    assert "kubernetes.io" in web.open(WebSettings(hosts=("kubernetes.io",)), clock, tmp_path).tools[0].page
