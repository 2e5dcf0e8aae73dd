"""Pages of the web, as text: of hosts that you have listed, over HTTPS, at public addresses only. And a search of the web.

Off until `tools: web` names a host or a backend. What a page says is a stranger's words.
"""

from __future__ import annotations

import importlib
import ssl
from collections.abc import Sequence
from pathlib import Path

import msgspec
from pydantic import field_validator, model_validator

from stead.declare import Looked, Tool, Toolset, ToolsetKind
from stead.domain.errors import BlindError
from stead.estate.fetch import Fetcher, Network, Page
from stead.ports import Clock, Estate
from stead.tools.section import ToolSection
from stead.tools.web_search import SearchSettings, search_tool

_TEXT = ("text/", "application/json", "application/xml", "application/yaml", "application/x-yaml")


class WebSettings(ToolSection):
    """`hosts` whose pages may be fetched, as `kubernetes.io` or `*.debian.org` · `search` the backend that is asked to search."""

    hosts: tuple[str, ...] = ()
    search: SearchSettings | None = None

    @field_validator("hosts")
    @classmethod
    def _are_hosts(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for host in value:
            bare = host.removeprefix("*.")
            if not bare or "*" in bare or "/" in bare or ":" in bare or "." not in bare or bare.startswith("."):
                raise ValueError("holds what is not a host; write kubernetes.io or *.debian.org")
        return value

    @model_validator(mode="after")
    def _is_for_something(self) -> WebSettings:
        if not self.hosts and self.search is None:
            raise ValueError("names neither `hosts` nor `search`; name one of them, or leave it out")
        return self


class Address(msgspec.Struct, forbid_unknown_fields=True):
    url: str


def text_of(page: Page) -> str:
    """A page as text; HTML without its markup. ValueError for what is no text."""
    if not (page.kind.startswith(_TEXT) or page.kind.endswith(("+json", "+xml"))):
        raise ValueError(f"{page.url[:120]} is {page.kind or 'of no known kind'}, not text")
    try:
        body = page.body.decode(page.charset, "replace")
    except LookupError:
        body = page.body.decode("utf-8", "replace")
    return _plain(body) if page.kind in ("text/html", "application/xhtml+xml") else body


def _plain(html: str) -> str:
    try:
        inscriptis = importlib.import_module("inscriptis")
    except ImportError as error:
        raise BlindError("reading HTML needs a library that is not installed: stead[web]", reason="Absent") from error
    lines = [line.rstrip() for line in str(inscriptis.get_text(html)).split("\n")]
    return "\n".join(line for n, line in enumerate(lines) if line or (n and lines[n - 1])).strip()


def toolset(
    hosts: Sequence[str],
    *,
    search: SearchSettings | None = None,
    networks: Sequence[Network] = (),
    context: ssl.SSLContext | None = None,
) -> Toolset:
    """The tools for these hosts and this backend. Whoever builds it may allow `networks` that are not public; no configuration does."""
    tools = [*([_fetch_tool(hosts, networks, context)] if hosts else []), *([search_tool(search)] if search is not None else [])]
    pages = f"pages of {', '.join(hosts[:6])}" if hosts else ""
    told = " and ".join(part for part in ("a search" if search is not None else "", pages) if part)
    return Toolset(name="web", fits=lambda _: True, kinds=frozenset(), tools=tuple(tools), page=f"{told[:1].upper()}{told[1:]}.")


def _fetch_tool(hosts: Sequence[str], networks: Sequence[Network], context: ssl.SSLContext | None) -> Tool:
    fetcher = Fetcher(hosts, networks=networks, context=context)

    async def fetch(_: Estate, asked: Address) -> Looked:
        page = await fetcher.get(asked.url)
        if page.status >= 400:
            raise BlindError(f"{page.url[:120]} answers {page.status}", reason="Absent")
        moved = f"(at {page.url})\n" if page.url != asked.url else ""
        return Looked(text=moved + (text_of(page) or "(an empty page)"), command=f"curl -sL '{asked.url}'", tainted=True)

    return Tool(name="web_fetch", arguments=Address, run=fetch, page=f"A page as text. Allowed hosts: {', '.join(hosts)}.")


def _open(settings: WebSettings, _: Clock, __: Path) -> Toolset:
    return toolset(settings.hosts, search=settings.search)


web = ToolsetKind(name="web", settings=WebSettings, open=_open, page=(__doc__ or "").strip())
