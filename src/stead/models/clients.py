"""The libraries behind the kinds of models: imported at the first question, because they cost seconds and 60 MB."""

from __future__ import annotations

import importlib
from typing import Any

from stead.domain.errors import UserError
from stead.domain.model import ModelSpec


def library(name: str) -> Any:
    """The module of this name. UserError that names the extra when it is not installed."""
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise UserError(f"models need the library {error.name or name}, which is not installed", hint="install stead[models]") from error


def chat(spec: ModelSpec, base_url: str) -> Any:
    """A pydantic-ai model of an OpenAI-compatible endpoint (https://platform.openai.com/docs/api-reference/chat).

    Without the client's own retries: the chain decides what is tried again, and when.
    """
    client = library("openai").AsyncOpenAI(
        base_url=base_url, api_key=spec.key() or "none", max_retries=0, timeout=patience(spec), organization="", project=""
    )
    provider = library("pydantic_ai.providers.openai_compatible").OpenAICompatibleProvider(spec.name, openai_client=client)
    return library("pydantic_ai.models.openai").OpenAIChatModel(spec.model, provider=provider)


def patience(spec: ModelSpec) -> Any:
    """Time to connect, and to hear the first byte, and then each next one, of a streamed answer."""
    return library("httpx2").Timeout(spec.first_byte, connect=spec.connect)
