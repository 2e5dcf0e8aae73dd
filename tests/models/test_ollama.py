"""Ollama: found where its own variable says."""

from __future__ import annotations

import pytest

from stead.app.discover import shelves
from stead.app.model_settings import ModelSettings
from stead.app.thinking import models_of
from stead.domain.run import Message, Question, Speaker
from stead.practice.model_server import Answer, model_server

HELLO = Question(system="Be brief.", messages=(Message(speaker=Speaker.STEAD, text="Hello"),))
LOCAL = ModelSettings(name="local", kind="ollama", model="qwen3:8b")


@pytest.mark.parametrize("form", ["{host}", "http://{host}", "http://{host}/", "http://{host}/v1"])
async def test_it_is_asked_where_its_variable_says(form: str) -> None:
    async with model_server(lambda _: Answer(text="here")) as server:
        host = server.url.removeprefix("http://").removesuffix("/v1")
        chain = models_of([LOCAL], shelves().models, {"OLLAMA_HOST": form.format(host=host)})
        assert chain is not None
        assert (await chain.ask(HELLO)).message.text == "here"
        await chain.close()
