"""Pages of the web, as text: of hosts that you have listed, over HTTPS, at public addresses only. Off until `tools: web` names a host.

What a page says is a stranger's words.
"""

from __future__ import annotations

import importlib
import ssl
from collections.abc import Sequence
from pathlib import Path

import msgspec
from pydantic import Field, field_validator

from stead.declare import Looked, Tool, Toolset, ToolsetKind
from stead.domain.errors import BlindError
from stead.estate.fetch import Fetcher, Network, Page
from stead.ports import Clock, Estate
from stead.tools.section import ToolSection

_TEXT = ("text/", "application/json", "application/xml", "application/yaml", "application/x-yaml")


class WebSettings(ToolSection):
    """`hosts` whose pages may be fetched, as `kubernetes.io` or `*.debian.org`."""

    hosts: tuple[str, ...] = Field(min_length=1)

    @field_validator("hosts")
    @classmethod
    def _are_hosts(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for host in value:
            bare = host.removeprefix("*.")
            if not bare or "*" in bare or "/" in bare or ":" in bare or "." not in bare or bare.startswith("."):
                raise ValueError("holds what is not a host; write kubernetes.io or *.debian.org")
        return value


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


def toolset(hosts: Sequence[str], *, networks: Sequence[Network] = (), context: ssl.SSLContext | None = None) -> Toolset:
    """The tool for these hosts. `networks` that are not public are allowed by whoever builds it, and by no configuration."""
    fetcher = Fetcher(hosts, networks=networks, context=context)

    async def fetch(_: Estate, asked: Address) -> Looked:
        page = await fetcher.get(asked.url)
        if page.status >= 400:
            raise BlindError(f"{page.url[:120]} answers {page.status}", reason="Absent")
        moved = f"(at {page.url})\n" if page.url != asked.url else ""
        return Looked(text=moved + (text_of(page) or "(an empty page)"), command=f"curl -sL '{asked.url}'", tainted=True)

    page = f"A page as text. Allowed hosts: {', '.join(hosts)}."
    tool = Tool(name="web_fetch", arguments=Address, run=fetch, page=page)
    return Toolset(name="web", fits=lambda _: True, kinds=frozenset(), tools=(tool,), page=f"Pages of {', '.join(hosts[:6])}.")


def _open(settings: WebSettings, _: Clock, __: Path) -> Toolset:
    return toolset(settings.hosts)


web = ToolsetKind(name="web", settings=WebSettings, open=_open, page=(__doc__ or "").strip())
