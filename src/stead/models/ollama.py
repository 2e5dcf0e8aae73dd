"""A model on your own machine, through Ollama's OpenAI-compatible endpoint.

Without a `base_url`, `OLLAMA_HOST` is meant, else `http://127.0.0.1:11434/v1`. It wants no key. A model that is not in memory yet is loaded
first: give it a longer `first_byte` (`stead models test` measures it).
"""

from __future__ import annotations

from typing import Any

from stead.declare import ModelKind
from stead.domain.model import ModelSpec
from stead.models.clients import chat

DEFAULT_URL = "http://127.0.0.1:11434/v1"
"""Where Ollama listens (https://github.com/ollama/ollama/blob/main/docs/openai.md)."""


def _open(spec: ModelSpec) -> Any:
    return chat(spec, _endpoint(spec.base_url))


def _endpoint(given: str) -> str:
    """`OLLAMA_HOST` may be `host`, `host:port` or an address; the endpoint is under /v1."""
    if not given:
        return DEFAULT_URL
    address = given if "://" in given else f"http://{given}"
    if address.count(":") == 1:
        address = f"{address.rstrip('/')}:11434"
    return address if address.rstrip("/").endswith("/v1") else f"{address.rstrip('/')}/v1"


ollama = ModelKind(kind="ollama", open=_open, url_variables=("OLLAMA_HOST",), default_url=DEFAULT_URL, page=(__doc__ or "").strip())
