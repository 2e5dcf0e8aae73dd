"""A search of the web as a model makes it, against servers that know what the APIs' descriptions allow and refuse anything else."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web as http
from pydantic import ValidationError
from tests.tools.conftest import Cluster, look
from tests.tools.servers import serving

from stead.clocks import SteppedClock
from stead.domain.run import Seen
from stead.estate.host.commands import LocalCommands
from stead.estate.host.estate import HostEstate
from stead.tools.web import WebSettings, web

SEARXNG = {"q", "categories", "engines", "language", "pageno", "time_range", "format", "safesearch", "image_proxy", "theme"}
"""Parameters of `GET /search`: https://docs.searxng.org/dev/search_api.html."""
BRAVE = {
    *("q", "country", "search_lang", "ui_lang", "count", "offset", "safesearch", "freshness", "text_decorations", "spellcheck"),
    *("result_filter", "goggles", "units", "extra_snippets", "summary"),
}
"""Parameters of `GET /res/v1/web/search`: https://api-dashboard.search.brave.com/api-reference/web/search/get."""


def result(number: int) -> dict[str, Any]:
    return {
        "url": f"https://etcd.io/docs/{number}",
        "title": f"Space quota {number}",
        "engine": "bing",
        "score": 1.0,
        "category": "general",
    }


class Backend:
    """SearXNG at `/search`, Brave at its own path. What it holds may be changed."""

    def __init__(self) -> None:
        self.asked: list[dict[str, str]] = []
        self.headers: list[dict[str, str]] = []
        self.found = [{**result(1), "content": "mvcc: <b>database</b>\nspace &amp; quota"}, *(result(n) for n in range(2, 30))]
        self.unresponsive: list[list[str]] = []
        self.formats = ["html", "json"]
        self.status = 200
        self.moved = ""
        self.url = ""

    async def __call__(self, request: http.Request) -> http.StreamResponse:
        assert request.method == "GET"
        self.asked.append(dict(request.query))
        self.headers.append(dict(request.headers))
        if self.moved:
            return http.Response(status=302, headers={"Location": self.moved})
        if self.status != 200:
            return http.Response(status=self.status)
        match request.path:
            case "/search":
                return self._searxng(request)
            case "/res/v1/web/search":
                return self._brave(request)
            case _:
                return http.Response(status=404)

    def _searxng(self, request: http.Request) -> http.Response:
        if not request.query.get("q") or not SEARXNG.issuperset(request.query):
            return http.Response(status=400)
        if request.query.get("format", "html") not in self.formats:
            return http.Response(status=403)
        answer = {"query": request.query["q"], "number_of_results": 0, "results": self.found, "answers": [], "corrections": []}
        return http.json_response({**answer, "infoboxes": [], "suggestions": [], "unresponsive_engines": self.unresponsive})

    def _brave(self, request: http.Request) -> http.Response:
        if request.headers.get("X-Subscription-Token") != "brave-token-value":
            return http.json_response({"type": "ErrorResponse", "error": {"code": "SUBSCRIPTION_TOKEN_INVALID"}}, status=422)
        if not BRAVE.issuperset(request.query) or not 1 <= int(request.query["count"]) <= 20:
            return http.Response(status=422)
        listed = [{"title": one["title"], "url": one["url"], "description": one.get("content", "")} for one in self.found]
        web = {"type": "search", "results": listed[: int(request.query["count"])], "family_friendly": True}
        return http.json_response({"type": "search", "query": {"original": request.query["q"]}, "web": web})


@pytest.fixture
async def backend() -> AsyncIterator[Backend]:
    made = Backend()
    async with serving(made) as url:
        made.url = url
        yield made


async def search(backend: Backend, clock: SteppedClock, query: str, **settings: Any) -> Seen:
    section = WebSettings.model_validate({"search": {"kind": "searxng", "url": backend.url, **settings}})
    tools = web.open(section, clock, Path("/nowhere"))
    assert [tool.name for tool in tools.tools] == ["web_search"], "no page may be fetched where no host is named"
    return await look(HostEstate("rack-7", LocalCommands(), (), clock), tools, "web_search", query=query)


async def test_what_is_found_is_told_with_its_address(backend: Backend, clock: SteppedClock) -> None:
    seen = await search(backend, clock, " etcd database\n space exceeded ")
    lines = seen.text.split("\n")
    assert lines[:3] == ["- Space quota 1", "  https://etcd.io/docs/1", "  mvcc: database space & quota"]
    assert lines[-2:] == ["- Space quota 10", "  https://etcd.io/docs/10"] and seen.tainted and not seen.failed
    assert backend.asked == [{"q": "etcd database space exceeded", "format": "json"}] and "Authorization" not in backend.headers[0]
    assert seen.command == f"curl -s '{backend.url}/search?q=etcd+database+space+exceeded&format=json'"


async def test_a_token_goes_in_the_header_that_the_kind_wants(
    backend: Backend, clock: SteppedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SEARCH_TOKEN", "brave-token-value")
    seen = await search(backend, clock, "etcd space", kind="brave", token="env:SEARCH_TOKEN")
    assert seen.text.startswith("- Space quota 1\n  https://etcd.io/docs/1\n  mvcc: database space & quota\n- Space quota 2\n")
    assert "brave-token-value" not in repr(seen) and "X-Subscription-Token: …" in seen.command
    await search(backend, clock, "etcd space", token="env:SEARCH_TOKEN")
    assert backend.headers[1]["Authorization"] == "Bearer brave-token-value"


@pytest.mark.parametrize(
    "query",
    ["password=hunter2secret is refused", "10.0.0.5 refused", "nas.lan is down", "rack-7 reboots", "", "  ", "x" * 201],
)
async def test_what_tells_of_the_house_is_not_sent(backend: Backend, clock: SteppedClock, query: str) -> None:
    assert (await search(backend, clock, query)).failed and backend.asked == []


async def test_a_model_is_told_how_to_ask_instead(backend: Backend, clock: SteppedClock) -> None:
    told = (await search(backend, clock, "why does rack-7 reboot")).text
    assert told == (
        "error: `query` holds `rack-7`, a name of this house; nothing was sent. Search for the error or the product in general words"
    )


async def test_nodes_and_sites_of_a_cluster_are_names_of_the_house(backend: Backend, cluster: Cluster, clock: SteppedClock) -> None:
    cluster.put(
        {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "pi-4"}},
        {
            "apiVersion": "networking.k8s.io/v1",
            "kind": "Ingress",
            "metadata": {"name": "shop", "namespace": "payments"},
            "spec": {"rules": [{"host": "*.shop.example.org"}]},
        },
    )
    tools = web.open(WebSettings.model_validate({"search": {"kind": "searxng", "url": backend.url}}), clock, Path("/nowhere"))
    for query in ("pi-4 NotReady", "https://eu.shop.example.org/ 502"):
        assert "a name of this house" in (await look(cluster.estate, tools, "web_search", query=query)).text
    assert backend.asked == []
    assert not (await look(cluster.estate, tools, "web_search", query="ingress 502 bad gateway")).failed


async def test_a_backend_that_does_not_answer_is_told(backend: Backend, clock: SteppedClock) -> None:
    backend.formats = ["html"]
    assert "refuses to answer (403); `search: formats:` in its settings.yml must name json" in (await search(backend, clock, "etcd")).text
    backend.status = 429
    assert "answered 429" in (await search(backend, clock, "etcd")).text
    backend.moved = f"{backend.url}/search?q=elsewhere&format=json"
    assert "a redirect (302), which is not followed" in (await search(backend, clock, "etcd")).text and len(backend.asked) == 3


async def test_nothing_found_says_who_did_not_look(backend: Backend, clock: SteppedClock) -> None:
    backend.found = []
    assert (await search(backend, clock, "etcd")).text == "nothing was found"
    backend.unresponsive = [["google", "CAPTCHA"], ["bing", "timeout"]]
    assert (await search(backend, clock, "etcd")).text == "nothing was found; these engines did not answer: google, bing"
    backend.found = [{"title": "no address"}, {"url": "https://x.io/" + "y" * 999}]
    assert len((await search(backend, clock, "etcd")).text) < 400


@pytest.mark.parametrize(
    ("section", "told"),
    [
        ({}, "names neither `hosts` nor `search`"),
        ({"search": {"kind": "searxng"}}, "has no `url`"),
        ({"search": {"kind": "brave"}}, "has no `token`"),
        ({"search": {"kind": "google", "url": "https://x.example"}}, "kind"),
        ({"search": {"kind": "searxng", "url": "https://me:pw@x.example"}}, "holds a user or a password"),
        ({"search": {"kind": "brave", "token": "plain"}}, "by reference"),
    ],
)
def test_a_backend_that_cannot_be_asked_is_refused(section: dict[str, Any], told: str) -> None:
    with pytest.raises(ValidationError, match=told):
        WebSettings.model_validate_json(json.dumps(section))
