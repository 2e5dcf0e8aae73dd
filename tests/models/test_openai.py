"""OpenAI-compatible endpoints: where they are, whose key they are sent."""

from __future__ import annotations

from aiohttp import web

from stead.app.discover import shelves
from stead.app.settings import Settings
from stead.app.thinking import models_of
from stead.domain.run import Message, Question, Speaker
from stead.models.openai import DEFAULT_URL
from stead.practice.model_server import Answer, model_server

HELLO = Question(system="Be brief.", messages=(Message(speaker=Speaker.STEAD, text="Hello"),))


def configured(environ: dict[str, str], **given: object) -> Settings:
    return Settings.model_validate({"models": ({"name": "m", "kind": "openai", "model": "x", **given},)})


def chain(environ: dict[str, str], **given: object):
    made = models_of(configured(environ, **given).models, shelves().models, environ)
    assert made is not None
    return made


async def test_the_standard_variables_just_work() -> None:
    async with model_server(lambda _: Answer(text="here")) as server:
        made = chain({"OPENAI_BASE_URL": server.url, "OPENAI_API_KEY": "sk-standard"})
        assert (await made.ask(HELLO)).message.text == "here"
        await made.close()
    assert server.requests[0]["model"] == "x"


async def test_openais_key_is_not_sent_to_another_endpoint() -> None:
    seen: list[str] = []

    async def keep(request: web.Request) -> web.Response:
        seen.append(request.headers["Authorization"])
        return web.json_response({"error": {"message": "no"}}, status=401)

    application = web.Application()
    application.router.add_post("/v1/chat/completions", keep)
    runner = web.AppRunner(application)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = "http://{}:{}/v1".format(*runner.addresses[0][:2])
    try:
        for environ in ({"OPENAI_API_KEY": "sk-secret"}, {"OPENAI_API_KEY": "sk-secret", "OPENAI_BASE_URL": url}):
            made = chain(environ, base_url=url)
            try:
                await made.ask(HELLO)
            except Exception as error:
                assert "sk-secret" not in str(error)
            await made.close()
    finally:
        await runner.cleanup()
    assert seen == ["Bearer none", "Bearer sk-secret"]


def test_openai_itself_is_meant_without_an_address() -> None:
    spec = chain({}).specs[0]
    assert spec.base_url == "" and shelves().models["openai"].default_url == DEFAULT_URL
