"""What of a coding program's question goes on to the model: a conversation and tools that the program itself runs, and nothing else.

Promise: nothing goes on that would have the provider fetch an address or call a server, for what was asked of it could leave that way.
Source: https://docs.claude.com/en/api/messages.
"""

from __future__ import annotations

import json
from typing import Any, cast

_KEPT = (
    "messages",
    "system",
    "max_tokens",
    "tools",
    "tool_choice",
    "temperature",
    "top_p",
    "top_k",
    "stop_sequences",
    "stream",
    "thinking",
    "output_config",
)
"""Without `mcp_servers`, `container`, `service_tier` and whatever is new: what is left out changes no answer's sense."""


def question_of(given: bytes, model: str) -> dict[str, Any]:
    """The question, for that model. ValueError, in words, for one that does not go on."""
    asked = _object(given)
    body = {name: asked[name] for name in _KEPT if name in asked} | {"model": model}
    if _fetches(body.get("messages")) or _fetches(body.get("system")):
        raise ValueError("the question names an address to be fetched, which does not go through here")
    if isinstance(tools := body.get("tools"), list):
        # A tool with a type of its own is one that the provider knows, and perhaps runs.
        body["tools"] = [one for one in cast("list[Any]", tools) if isinstance(one, dict) and _is_own(cast("dict[str, Any]", one))]
    return body


def _object(given: bytes) -> dict[str, Any]:
    try:
        found = json.loads(given)
    except (ValueError, RecursionError):
        found = None
    if isinstance(found, dict):
        return cast("dict[str, Any]", found)
    raise ValueError("the question is no JSON object")


def _is_own(tool: dict[str, Any]) -> bool:
    return tool.get("type") in (None, "custom")


def _fetches(given: object) -> bool:
    """Whether a source by address, or a file that lies at the provider, stands anywhere in it."""
    left = [given]
    while left:
        one = left.pop()
        if isinstance(one, dict):
            found = cast("dict[str, Any]", one)
            source: object = found.get("source")
            if isinstance(source, dict) and cast("dict[str, Any]", source).get("type") in ("url", "file"):
                return True
            left += found.values()
        elif isinstance(one, list):
            left += cast("list[object]", one)
    return False
