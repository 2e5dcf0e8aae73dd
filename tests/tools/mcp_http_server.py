"""A small MCP server over HTTP, made with the protocol's own library: run as a program by the tests. Its argument is the port."""

from __future__ import annotations

import sys

from mcp.server.mcpserver import MCPServer

server = MCPServer("harbour")


@server.tool(description="When the water is high.")
def tide(place: str, days: int = 1) -> str:
    return f"high water in {place} for {days} days"


if __name__ == "__main__":
    server.run("streamable-http", port=int(sys.argv[1]))
