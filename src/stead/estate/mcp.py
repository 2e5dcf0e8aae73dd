"""Servers of the Model Context Protocol: which tools they have, and a call of one. A session of its own for each question.

Promise: a server that is a program runs in the sandbox, with its own folder and what was named; the library is imported at the first
question; each failure is a BlindError.
"""

from __future__ import annotations

import asyncio
import importlib
import os
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, cast

from stead.domain.errors import BlindError, SteadError, UserError
from stead.estate.host.commands import LocalCommands
from stead.estate.sandbox import Sandbox, trouble
from stead.secrets import SecretRef

PATIENCE = 45.0
"""Seconds for a call, the server's start included."""
MOST_PAGES = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class McpServer:
    """A program (`argv` in `sandbox`) that speaks on stdin and stdout, or a `url` that speaks HTTP, with a `token` by reference.

    `env` are the variables that the program is given, each by reference; it has no others but the sandbox's own three.
    """

    name: str
    argv: tuple[str, ...] = ()
    sandbox: Sandbox | None = None
    url: str = ""
    token: SecretRef | None = None
    env: Mapping[str, SecretRef] = field(default_factory=dict[str, SecretRef])

    async def tools(self, seconds: float = PATIENCE) -> Sequence[McpTool]:
        """What it offers at this moment."""
        async with self._session("list its tools", seconds) as client:
            return await _listed(client)

    async def call(self, tool: McpTool, arguments: Mapping[str, Any]) -> tuple[str, bool]:
        """What it answers, as text, and whether it calls that an error. BlindError where it describes the tool otherwise by now."""
        async with self._session(f"answer {tool.name}") as client:
            result = await client.call_tool(tool.name, dict(arguments)) if tool in await _listed(client) else None
        if result is None:
            raise BlindError(f"{tool.name} of {self.name} is described otherwise than before, and withdrawn", reason="Forbidden")
        parts = [getattr(part, "text", None) or f"({part.type}, not shown)" for part in result.content]
        return "\n".join(parts), bool(result.is_error)

    @asynccontextmanager
    async def _session(self, what: str, seconds: float = PATIENCE) -> AsyncGenerator[Any]:
        # In a thread, and before the time counts: the library takes its while, and everything else goes on.
        await asyncio.to_thread(_library)
        try:
            async with asyncio.timeout(seconds), AsyncExitStack() as stack:
                yield await self._open(stack)
        except UserError as error:  # a secret that cannot be read
            raise BlindError(f"the MCP server `{self.name}` cannot be used: {error.what}", reason="Absent") from error
        except (SteadError, ValueError):
            raise
        except TimeoutError as error:
            raise BlindError(f"the MCP server `{self.name}` did not {what} within {seconds:.0f} s", reason="Timeout") from error
        except Exception as error:  # a server may do anything, and its library's errors are groups of them
            raise BlindError(f"the MCP server `{self.name}` could not {what}: {_innermost(error)}", reason="Unreachable") from error

    async def _open(self, stack: AsyncExitStack) -> Any:
        from mcp import Client, StdioServerParameters
        from mcp.client.stdio import stdio_client
        from mcp.client.streamable_http import streamable_http_client

        if self.sandbox is None:
            import httpx2

            headers = {"Authorization": f"Bearer {self.token.resolve()}"} if self.token is not None else {}
            http = await stack.enter_async_context(httpx2.AsyncClient(headers=headers, timeout=PATIENCE, trust_env=False))
            return await stack.enter_async_context(Client(streamable_http_client(self.url, http_client=http)))
        if why := await trouble(LocalCommands()):
            raise BlindError(f"the MCP server `{self.name}` is not started: {why}", reason="Absent")
        program, *arguments = self.sandbox.command(self.argv)
        unheard = stack.enter_context(os.fdopen(os.open(os.devnull, os.O_WRONLY), "w"))
        # The library hands on a few variables of this process beside the named ones: the sandbox clears those.
        parameters = StdioServerParameters(command=program, args=arguments, env={name: ref.resolve() for name, ref in self.env.items()})
        return await stack.enter_async_context(Client(stdio_client(parameters, errlog=unheard)))


@dataclass(frozen=True, slots=True, kw_only=True)
class McpTool:
    """A tool as its server describes it; `schema` is the JSON Schema of its arguments."""

    name: str
    description: str
    schema: Mapping[str, Any]


def _library() -> None:
    """Import it. BlindError where it is missing."""
    try:
        for name in ("mcp", "mcp.client.stdio", "mcp.client.streamable_http", "httpx2"):
            importlib.import_module(name)
    except ImportError as error:
        raise BlindError("MCP servers need a library that is not installed: stead[mcp]", reason="Absent") from error


async def _listed(client: Any) -> list[McpTool]:
    found: list[McpTool] = []
    cursor: str | None = None
    for _ in range(MOST_PAGES):
        page = await client.list_tools(cursor=cursor)
        found += [McpTool(name=t.name, description=t.description or "", schema=dict(t.input_schema)) for t in page.tools]
        cursor = page.next_cursor
        if not cursor:
            break
    return found


def _innermost(error: BaseException) -> str:
    """The first error in a group of groups, in its own words."""
    if isinstance(error, BaseExceptionGroup):
        return _innermost(cast("BaseExceptionGroup[BaseException]", error).exceptions[0])
    return " ".join(str(error).split())[:200] or type(error).__name__
