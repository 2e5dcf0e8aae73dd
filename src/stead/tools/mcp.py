"""MCP servers as tools: those of their tools that you have called reading, and only as long as they stay what they were.

A tool that the configuration does not name is not offered. What a server says of a tool (name, description, arguments) is pinned by its
digest, from the configuration or at first sight; a tool that is described otherwise later is withdrawn until somebody looks at it. What a
server answers is other people's words.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
import re
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Literal, cast

from pydantic import Field, field_validator, model_validator

from stead.declare import Looked, Tool, Toolset, ToolsetKind
from stead.domain.errors import BlindError
from stead.domain.excerpt import visible
from stead.estate.mcp import McpServer, McpTool
from stead.estate.sandbox import Sandbox
from stead.ports import Clock, Estate
from stead.secrets import SecretRef
from stead.tools.section import LocalFile, ServerUrl, ToolSection

log = logging.getLogger(__name__)

LISTED_FOR = timedelta(minutes=10)
"""How long what a server offers is believed before it is asked again."""
LISTING = 15.0
"""Seconds that a run waits for a server to say what it offers."""
MOST_SCHEMA, MOST_DESCRIPTION = 4000, 600
"""Characters of a tool's arguments and description; a longer one would fill what a model can hold."""
_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?")
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,100}")
_SET = ("PATH", "HOME", "LC_ALL")
"""Variables that the sandbox sets itself."""
_CALLABLE = re.compile(r"[A-Za-z0-9_-]{1,64}")
"""Names of tools that every provider of models takes."""


class McpToolSettings(ToolSection):
    """`class` says what a tool does: only `read` is offered · `digest` is what its description must be; else that of the first sight."""

    class_: Literal["read", "write"] = Field(alias="class")
    digest: str = ""

    @field_validator("digest")
    @classmethod
    def _is_digest(cls, value: str) -> str:
        if value and not _DIGEST.fullmatch(value):
            raise ValueError("is not sha256: and 64 hexadecimal digits")
        return value


class McpServerSettings(ToolSection):
    """`command` of a program with its own `folder`, what else it `reads`, whether it has the `network`, and its `env`; or a `url` with a
    `token`."""

    command: tuple[str, ...] = ()
    folder: LocalFile | None = None
    reads: tuple[LocalFile, ...] = ()
    network: bool = False
    env: dict[str, SecretRef] = Field(default={})
    url: ServerUrl | None = None
    token: SecretRef | None = None
    tools: dict[str, McpToolSettings] = Field(min_length=1)

    @model_validator(mode="after")
    def _one_way(self) -> McpServerSettings:
        if bool(self.command) == (self.url is not None):
            raise ValueError("needs either a `command` or a `url`")
        if self.command and self.folder is None:
            raise ValueError("needs the `folder` of its program, which is all that it sees")
        if self.url is not None and (self.folder or self.reads or self.network or self.env):
            raise ValueError("`folder`, `reads`, `network` and `env` are of a `command`")
        return self

    @field_validator("env")
    @classmethod
    def _are_variables(cls, value: dict[str, SecretRef]) -> dict[str, SecretRef]:
        if wrong := next((name for name in value if not _VARIABLE.fullmatch(name) or name in _SET), None):
            raise ValueError(f"`{wrong[:60]}` is no name of a variable that it may be given")
        return value


class McpSettings(ToolSection):
    """`servers` by a name of your choice."""

    servers: dict[str, McpServerSettings] = Field(min_length=1)

    @model_validator(mode="after")
    def _are_names(self) -> McpSettings:
        if any(not _NAME.fullmatch(name) for name in self.servers):
            raise ValueError("servers: a name is of lower-case letters, digits and dashes")
        return self


def digest(tool: McpTool) -> str:
    """What a server says of a tool, as one number: it changes when a word of it does."""
    said = json.dumps([tool.name, tool.description, tool.schema], sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return f"sha256:{hashlib.sha256(said.encode()).hexdigest()}"


class Offered:
    """What one server offers of what is allowed. `pins` is the file of the digests that were seen first."""

    def __init__(self, server: McpServer, allowed: Mapping[str, McpToolSettings], pins: Path, clock: Clock) -> None:
        self._server = server
        self._allowed = allowed
        self._pins = pins
        self._clock = clock
        self._asked_at: datetime | None = None
        self._tools: tuple[Tool, ...] = ()
        self._asking = asyncio.Lock()

    async def tools(self) -> tuple[Tool, ...]:
        """Nothing where the server does not say: a run goes on without it."""
        async with self._asking:
            now = self._clock.now()
            if self._asked_at is None or now - self._asked_at >= LISTED_FOR:
                try:
                    self._tools = tuple(self._tool(one) for one in self._good(await self._server.tools(LISTING)))
                except (BlindError, ValueError) as error:
                    log.warning("the MCP server %s offers nothing: %s", self._server.name, error)
                    self._tools = ()
                self._asked_at = now
        return self._tools

    def _good(self, said: Sequence[McpTool]) -> list[McpTool]:
        """Those that may be offered; what is seen for the first time is pinned."""
        seen = _pinned(self._pins)
        good: list[McpTool] = []
        for one in said:
            allowed = self._allowed.get(one.name)
            if allowed is None or allowed.class_ != "read" or one in good:
                continue
            why = why_not(self._server.name, one, allowed, seen.setdefault(one.name, digest(one)))
            if not why:
                good.append(one)
            else:
                log.warning("the tool %s of %s %s: %s", one.name[:80], self._server.name, why, digest(one))
        _pin(self._pins, seen)
        return good

    def _tool(self, one: McpTool) -> Tool:
        async def run(_: Estate, asked: dict[str, Any]) -> Looked:
            try:
                said, wrong = await self._server.call(one, asked)
            except BlindError as error:
                self._asked_at = None if error.reason == "Forbidden" else self._asked_at
                raise
            if wrong:
                raise ValueError(f"{self._server.name} says: {said[:1000]}")
            return Looked(text=said or "(it said nothing)", tainted=True)

        page = " ".join(visible(one.description).split())[:MOST_DESCRIPTION]
        return Tool(name=_called(self._server.name, one), arguments=dict[str, Any], run=run, page=page, schema=one.schema)


def why_not(server: str, one: McpTool, allowed: McpToolSettings | None, first: str) -> str:
    """Why the tool is not offered, as a clause; "" where it is. `first` is its digest at first sight, "" where it was never seen."""
    if allowed is None:
        return "is not classed"
    if allowed.class_ != "read":
        return f"is classed `{allowed.class_}`"
    if (allowed.digest or first or digest(one)) != digest(one):
        return "is described otherwise than before, and withdrawn"
    if len(json.dumps(one.schema)) > MOST_SCHEMA or not _CALLABLE.fullmatch(_called(server, one)):
        return "has a name or arguments that no model can be offered"
    return ""


async def survey(settings: McpSettings, folder: Path) -> AsyncIterator[tuple[str, McpTool | None, str]]:
    """Each server with each of its tools, and why that is not offered; without a tool, why the server says nothing. Nothing is pinned."""
    for name, one in settings.servers.items():
        try:
            seen, said = _pinned(folder / f"{name}.json"), await _server(name, one).tools()
        except BlindError as error:
            yield name, None, str(error)
            continue
        for tool in said:
            yield name, tool, why_not(name, tool, one.tools.get(tool.name), seen.get(tool.name, ""))
        for gone in sorted(set(one.tools) - {tool.name for tool in said}):
            yield name, None, f"it has no tool `{gone}`, which the configuration classes"


def _called(server: str, one: McpTool) -> str:
    return f"mcp_{server.replace('-', '_')}_{one.name}"


def _pinned(path: Path) -> dict[str, str]:
    try:
        found: Any = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise BlindError(f"the pins in {path} cannot be read: {error}", reason="Malformed") from error
    return {str(name): str(value) for name, value in cast("dict[Any, Any]", found).items()} if isinstance(found, dict) else {}


def _pin(path: Path, seen: Mapping[str, str]) -> None:
    """Written whole or not at all."""
    if not seen or seen == _pinned(path):
        return
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        fresh = path.with_suffix(".new")
        fresh.write_text(json.dumps(dict(sorted(seen.items())), indent=1) + "\n", encoding="utf-8")
        fresh.replace(path)
    except OSError as error:
        raise BlindError(f"the pins in {path} cannot be written: {error.strerror}", reason="Malformed") from error


def _server(name: str, one: McpServerSettings) -> McpServer:
    if one.url is not None:
        return McpServer(name=name, url=one.url, token=one.token)
    sandbox = Sandbox(folder=one.folder or Path("/nonexistent"), reads=one.reads, network=one.network, keeps=tuple(one.env))
    return McpServer(name=name, argv=one.command, sandbox=sandbox, env=one.env)


def _open(settings: McpSettings, clock: Clock, folder: Path) -> Toolset:
    offered = [Offered(_server(name, one), one.tools, folder / f"{name}.json", clock) for name, one in settings.servers.items()]

    async def arrive() -> tuple[Tool, ...]:
        return tuple(tool for each in await asyncio.gather(*(one.tools() for one in offered)) for tool in each)

    page = f"Tools of {', '.join(settings.servers)}."
    return Toolset(name="mcp", fits=lambda _: True, kinds=frozenset(), tools=(), page=page, arrive=arrive)


mcp = ToolsetKind(name="mcp", settings=McpSettings, open=_open, page=(__doc__ or "").strip())
