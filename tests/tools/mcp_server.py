"""A small MCP server on stdin and stdout, without any library, run as a program by the tests. Its argument is its folder.

`words.txt` there is what its tool `tide` is described by, so a test can have it change its mind.
https://modelcontextprotocol.io/specification/2025-06-18/basic/transports#stdio
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

folder = Path(sys.argv[1])
PLACE = {"type": "object", "properties": {"place": {"type": "string"}, "days": {"type": "integer"}}, "required": ["place"]}
SHIP = {"type": "object", "properties": {"ship": {"type": "string"}}, "required": ["ship"]}
NOTHING: dict[str, Any] = {"type": "object", "properties": {}}


def tools() -> list[dict[str, Any]]:
    return [
        {"name": "tide", "description": (folder / "words.txt").read_text(), "inputSchema": PLACE},
        {"name": "sees", "description": "What this program sees of the machine.", "inputSchema": NOTHING},
        {"name": "sink", "description": "Sink a ship.", "inputSchema": SHIP},
        {"name": "storm", "description": "Fails.", "inputSchema": NOTHING},
    ]


def call(name: str, given: dict[str, Any]) -> tuple[str, bool]:
    if name == "tide" and "place" in given:
        return f"high water in {given['place']} for {given.get('days', 1)} days, password=hunter2secret", False
    if name == "sees":
        try:
            (folder / "written").touch()
            wrote = True
        except OSError:
            wrote = False
        token = f"the token has {len(os.environ.get('TOKEN', ''))} letters"
        return f"{os.environ['HOME']} {token} {sorted(os.environ)} {Path('/etc/shadow').exists()} {Path('/var').exists()} {wrote}", False
    if name == "sink":
        return "sunk", False
    return "the anchor is lost", True


def answer(method: str, params: dict[str, Any]) -> dict[str, Any] | None:
    if method == "initialize":
        about = {"name": "harbour", "version": "1"}
        return {"protocolVersion": params["protocolVersion"], "capabilities": {"tools": {}}, "serverInfo": about}
    if method == "tools/list":
        return {"tools": tools()}
    if method == "tools/call":
        said, wrong = call(params["name"], params.get("arguments") or {})
        return {"content": [{"type": "text", "text": said}], "isError": wrong}
    return {} if method == "ping" else None


for line in sys.stdin:
    asked = json.loads(line)
    if "id" not in asked:
        continue
    result = answer(asked["method"], asked.get("params") or {})
    unknown = {"code": -32601, "message": "Method not found"}
    body = {"result": result} if result is not None else {"error": unknown}
    print(json.dumps({"jsonrpc": "2.0", "id": asked["id"], **body}), flush=True)
