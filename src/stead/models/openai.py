"""Any endpoint that speaks OpenAI's chat completions: OpenAI itself, a LiteLLM proxy, vLLM, OpenRouter, llama.cpp.

`base_url` ends in `/v1` nearly everywhere. Without one, `OPENAI_BASE_URL` or OpenAI itself is meant; without an `api_key`,
`OPENAI_API_KEY` where it is set.
"""

from __future__ import annotations

from typing import Any

from stead.declare import ModelKind
from stead.domain.model import ModelSpec
from stead.models.clients import chat

DEFAULT_URL = "https://api.openai.com/v1"


def _open(spec: ModelSpec) -> Any:
    return chat(spec, spec.base_url or DEFAULT_URL)


openai = ModelKind(
    kind="openai",
    open=_open,
    url_variables=("OPENAI_BASE_URL",),
    key_variables=("OPENAI_API_KEY",),
    default_url=DEFAULT_URL,
    page=(__doc__ or "").strip(),
)
