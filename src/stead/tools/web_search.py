"""A search of the web through the backend that you have named: titles, addresses and snippets; the pages themselves stay where they are.

Promise: what tells of the house (secrets, addresses, names of its machines) is in no question that leaves.

Sources: https://docs.searxng.org/dev/search_api.html; https://api-dashboard.search.brave.com/api-reference/web/search/get
"""

from __future__ import annotations

import asyncio
import html
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal, cast
from urllib.parse import urlencode

import msgspec
from msgspec import Meta
from pydantic import model_validator

from stead.declare import Looked, Tool
from stead.domain.errors import BlindError
from stead.domain.excerpt import visible
from stead.domain.leaving import of_the_house
from stead.estate.kubernetes.live import at, items, text, texts
from stead.estate.rest import RestServer
from stead.ports import Estate, Object
from stead.secrets import SecretRef
from stead.tools.section import LocalFile, ServerUrl, ToolSection

MOST_FOUND = 10
MOST_TITLE, MOST_ADDRESS, MOST_SNIPPET = 160, 300, 400
_NAMING = 10.0
"""Seconds for what the estate's machines and sites are called."""
_MARKUP = re.compile(r"<[^<>]{1,80}>")


@dataclass(frozen=True, slots=True, kw_only=True)
class Backend:
    """How a kind of backend is asked. `results` is where they stand in its answer, `snippet` what it calls one; `hint` follows a 403."""

    name: str
    path: str
    params: Mapping[str, str]
    results: tuple[str, ...]
    snippet: str
    token_header: str
    token_prefix: str = ""
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    url: str = ""
    hint: str = ""


BACKENDS = {
    "searxng": Backend(
        name="SearXNG",
        path="/search",
        params={"format": "json"},
        results=("results",),
        snippet="content",
        token_header="Authorization",
        token_prefix="Bearer ",
        hint="`search: formats:` in its settings.yml must name json",
    ),
    "brave": Backend(
        name="Brave Search",
        path="/res/v1/web/search",
        params={"count": str(MOST_FOUND), "text_decorations": "false", "result_filter": "web"},
        results=("web", "results"),
        snippet="description",
        token_header="X-Subscription-Token",
        headers={"Accept": "application/json"},
        url="https://api.search.brave.com",
        hint="is the token one for web searches?",
    ),
}


class SearchSettings(ToolSection):
    """`kind` of backend · `url` of it · `token` by reference · `ca_file`."""

    kind: Literal["searxng", "brave"]
    url: ServerUrl | None = None
    token: SecretRef | None = None
    ca_file: LocalFile | None = None

    @model_validator(mode="after")
    def _can_be_asked(self) -> SearchSettings:
        if not (self.url or BACKENDS[self.kind].url):
            raise ValueError(f"is of kind {self.kind} and has no `url`; write that of your own server")
        if self.kind == "brave" and self.token is None:
            raise ValueError("is of kind brave and has no `token`; give it by reference, as env:BRAVE_TOKEN")
        return self


class Searching(msgspec.Struct, forbid_unknown_fields=True):
    query: Annotated[str, Meta(max_length=200, description="No secret, address or host name of the estate")]


def search_tool(settings: SearchSettings) -> Tool:
    """The tool that asks this backend."""
    backend = BACKENDS[settings.kind]
    server = RestServer(
        name=backend.name,
        url=settings.url or backend.url,
        token=settings.token,
        token_header=backend.token_header,
        token_prefix=backend.token_prefix,
        headers=backend.headers,
        ca_file=str(settings.ca_file or ""),
    )

    async def search(estate: Estate, asked: Searching) -> Looked:
        query = " ".join(visible(asked.query).split())
        if not query:
            raise ValueError("`query` holds nothing to search for")
        if told := of_the_house(query, await _names(estate)):
            raise ValueError(f"`query` holds {told}; nothing was sent. Search for the error or the product in general words")
        params = {"q": query, **backend.params}
        answer = await _asked(server, backend, params)
        return Looked(text=_told(answer, backend), command=server.command(f"{backend.path}?{urlencode(params)}"), tainted=True)

    page = f"Search the web: titles, addresses and snippets, {MOST_FOUND} at most."
    return Tool(name="web_search", arguments=Searching, run=search, page=page)


async def _asked(server: RestServer, backend: Backend, params: Mapping[str, str]) -> Any:
    try:
        return await server.json(backend.path, params)
    except BlindError as error:
        if error.reason != "Forbidden":
            raise
        raise BlindError(f"{error}; {backend.hint}", reason=error.reason, command=error.command) from error


def _told(answer: Any, backend: Backend) -> str:
    found = items(answer, *backend.results)
    lines = [line for one in found[:MOST_FOUND] if text(one, "url") for line in _result(one, backend.snippet)]
    return "\n".join(lines) or f"nothing was found{_silent(answer)}"


def _result(one: Object, snippet: str) -> Iterable[str]:
    yield f"- {_plain(text(one, 'title'), MOST_TITLE) or '(no title)'}"
    yield f"  {_plain(text(one, 'url'), MOST_ADDRESS)}"
    if said := _plain(text(one, snippet), MOST_SNIPPET):
        yield f"  {said}"


def _plain(given: str, most: int) -> str:
    """On one line, without markup, cut."""
    line = " ".join(html.unescape(_MARKUP.sub("", given)).split())
    return line if len(line) <= most else f"{line[:most]}…"


def _silent(answer: Any) -> str:
    """Engines behind SearXNG that did not answer: nothing found is then no proof."""
    found = at(answer, "unresponsive_engines")
    pairs = cast("list[Any]", found) if isinstance(found, list) else []
    names = [str(cast("list[Any]", pair)[0])[:40] for pair in pairs if isinstance(pair, list) and pair]
    return f"; these engines did not answer: {', '.join(names[:8])}" if names else ""


async def _names(estate: Estate) -> set[str]:
    """What the estate's machines and sites are called, as far as it says so now."""
    kinds = (
        ("host.stead/v1", "Host"),
        ("v1", "Node"),
        ("networking.k8s.io/v1", "Ingress"),
        ("gateway.networking.k8s.io/v1", "HTTPRoute"),
    )
    found = await asyncio.gather(*(_listed(estate, api_version, kind) for api_version, kind in kinds))
    return {name for objects in found for one in objects for name in _called(one) if name}


async def _listed(estate: Estate, api_version: str, kind: str) -> Iterable[Object]:
    try:
        async with asyncio.timeout(_NAMING):
            return await estate.list(api_version, kind)
    except (BlindError, TimeoutError):
        return ()


def _called(one: Object) -> Iterable[str]:
    if text(one, "kind") in ("Host", "Node"):
        yield text(one, "metadata", "name")
        yield from (text(address, "address") for address in items(one, "status", "addresses"))
    for host in (*(text(rule, "host") for rule in items(one, "spec", "rules")), *texts(one, "spec", "hostnames")):
        yield host.removeprefix("*.")
