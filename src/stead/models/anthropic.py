"""Anthropic's models, by its own API.

Without an `api_key`, `ANTHROPIC_API_KEY` is meant; without a `base_url`, `ANTHROPIC_BASE_URL` or Anthropic itself.
"""

from __future__ import annotations

from typing import Any

from stead.declare import ModelKind
from stead.domain.model import ModelSpec
from stead.models.clients import library, patience

DEFAULT_URL = "https://api.anthropic.com"


def _open(spec: ModelSpec) -> Any:
    client = library("anthropic").AsyncAnthropic(
        base_url=spec.base_url or DEFAULT_URL, api_key=spec.key(), max_retries=0, timeout=patience(spec)
    )
    provider = library("pydantic_ai.providers.anthropic").AnthropicProvider(anthropic_client=client)
    # What stays the same through a run (tools, instructions) is kept in the provider's cache: https://docs.claude.com/en/docs/build-with-claude/prompt-caching
    settings = {"anthropic_cache_instructions": True, "anthropic_cache_tool_definitions": True}
    return library("pydantic_ai.models.anthropic").AnthropicModel(spec.model, provider=provider, settings=settings)


anthropic = ModelKind(
    kind="anthropic",
    open=_open,
    url_variables=("ANTHROPIC_BASE_URL",),
    key_variables=("ANTHROPIC_API_KEY",),
    default_url=DEFAULT_URL,
    page=(__doc__ or "").strip(),
)
