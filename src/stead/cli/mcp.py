"""`stead mcp tools`: what MCP servers offer, what of it a model is offered, and the digests by which it can be pinned."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from stead.cli.options import Config, Output, State
from stead.cli.output import Form, line, say_json, table
from stead.domain.errors import Exit, UserError

app = typer.Typer(no_args_is_help=True)


@app.callback()
def mcp() -> None:
    """Servers of the Model Context Protocol, whose tools models may be offered."""


@app.command("tools")
def tools(
    server: Annotated[str, typer.Argument(metavar="[SERVER]", help="Only this one.")] = "",
    config: Config = None,
    state: State = None,
    output: Output = Form.TABLE,
) -> None:
    """Ask each configured server which tools it has. Needs no service. Exit code 1 when one does not answer or lacks a tool."""
    found = asyncio.run(_surveyed(server, config, state))
    if output is Form.JSON:
        say_json(found)
    else:
        rows = [[one["server"], one["tool"], one["why_not"] or "offered", one["digest"]] for one in found if one["tool"]]
        table(("SERVER", "TOOL", "A MODEL", "DIGEST"), rows, empty="No server says that it has a tool.", widest=2)
        unclassed = sum(one["why_not"] == NOT_CLASSED for one in found)
        if unclassed:
            print(
                f"{unclassed} not classed, and so offered to nobody: class each as `read` or `write` under `tools: mcp`.", file=sys.stderr
            )
        for one in found:
            if not one["tool"]:
                print(line(f"{one['server']}: {one['why_not']}"), file=sys.stderr)
    if any(not one["tool"] for one in found):
        raise typer.Exit(Exit.NEGATIVE)


NOT_CLASSED = "is not classed"


async def _surveyed(server: str, config: Path | None, state: Path | None) -> list[dict[str, Any]]:
    from stead.app.config import load
    from stead.app.discover import shelves
    from stead.app.tool_settings import tool_settings
    from stead.tools.mcp import McpSettings, digest, survey

    loaded = load(config, state=state)
    own = [each for _, each in tool_settings(loaded.settings.tools, shelves(), loaded.written) if isinstance(each, McpSettings)]
    servers = {name: one for each in own for name, one in each.servers.items() if not server or name == server}
    if not servers:
        known = ", ".join(name for each in own for name in each.servers)
        raise UserError(
            f"no MCP server `{server[:60]}` is configured" if server else "no MCP server is configured",
            hint=f"there are: {known}" if known else "name them in the configuration, under `tools: mcp: servers:`",
        )
    folder = (loaded.settings.store.folder or Path("/nonexistent")) / "tools" / "mcp"
    asked = McpSettings.model_construct(servers=servers)
    return [
        {"server": name, "tool": tool.name if tool else "", "digest": digest(tool) if tool else "", "why_not": why}
        async for name, tool, why in survey(asked, folder)
    ]
