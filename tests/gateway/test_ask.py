"""Asking on the command line: one question, what is piped in, sessions, and a conversation over a link that loses every second request."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from prompt_toolkit.application import create_app_session
from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.output import DummyOutput
from tests.gateway.conftest import running

from stead.cli.client import Client
from stead.cli.conversation import Conversation
from stead.cli.repl import Repl
from stead.cli.run import run
from stead.clocks import SteppedClock
from stead.domain.errors import Exit, UserError
from stead.practice.model_server import Answer, Json, ModelServer, model_server


@pytest.fixture
async def talking(tmp_path: Path, clock: SteppedClock, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Any]:
    """A service with a model that repeats the question, and hangs where it is told to."""
    (tmp_path / "run").mkdir()
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "run"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "home"))

    def think(body: Json) -> Answer:
        asked = [m["content"] for m in body["messages"] if m["role"] == "user"][-1]
        question = asked.partition("A person asks: ")[2].partition("\n")[0]
        return Answer(fail="hang") if "hang" in question else Answer(text=f"You asked: **{question}**")

    async with AsyncExitStack() as stack:
        server: ModelServer = await stack.enter_async_context(model_server(think))
        models = [{"name": "main", "kind": "openai", "model": "x", "base_url": server.url, "first_byte": 1.0}]
        made = await stack.enter_async_context(running(tmp_path, clock, models=models))
        made.server = server
        yield made


async def elsewhere(work: Callable[..., Any], *args: Any) -> Any:
    return await asyncio.get_running_loop().run_in_executor(None, work, *args)


async def types(service: Any, capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    capsys.readouterr()
    code = await elsewhere(run, [*words, "--url", service.gateway.url])
    return code, *capsys.readouterr()


async def test_a_question_gets_its_answer(talking: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert await types(talking, capsys, "ask", "why", "is it?") == (0, "You asked: **why is it?**\n", "")
    code, out, _ = await types(talking, capsys, "sessions", "list", "-o", "json")
    (session,) = json.loads(out)
    assert (code, session["title"]) == (0, "why is it?")

    assert "concluded  why is it?" in (await types(talking, capsys, "runs", "list"))[1]
    code, out, _ = await types(talking, capsys, "ask", "--session", session["id"], "and then?", "-o", "json")
    assert (code, json.loads(out)["session"], json.loads(out)["ending"]) == (0, session["id"], "concluded")
    assert (await types(talking, capsys, "sessions", "search", "AND", "then"))[1].count("why is it?") == 1
    assert await types(talking, capsys, "sessions", "search", "nowhere") == (0, "", "Nothing that was said has these words.\n")

    code, out, _ = await types(talking, capsys, "sessions", "show", session["id"])
    assert out.splitlines()[0].startswith(f"{session['id']}  with the investigator, open")
    assert out.splitlines()[2:5] == ["> why is it?", "", "You asked: **why is it?**"]
    assert await types(talking, capsys, "sessions", "delete", session["id"]) == (0, f"{session['id']} is forgotten\n", "")
    code, _, err = await types(talking, capsys, "sessions", "show", session["id"])
    assert (code, err.splitlines()[0]) == (1, f"error: there is no session `{session['id']}`")


async def test_what_is_piped_in_goes_along_without_its_secrets(
    talking: Any, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = tmp_path / "log"
    log.write_bytes(b"\x1b[31mpassword=hunter2secret\xff\n" + b"all well \xe2\x82\xac\n" * 40_000 + b"the last line\n")
    with log.open() as piped:
        monkeypatch.setattr(sys, "stdin", piped)
        code, out, _ = await types(talking, capsys, "ask")
    assert (code, out) == (0, "You asked: **What does this say is wrong, and what should I do about it?**\n")
    sent = json.dumps(talking.server.requests)
    assert "password=[redacted]" in sent and "the last line" in sent and "lines left out" in sent
    assert "hunter2secret" not in sent and "31m" not in sent


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["ask"], 2, "nothing is asked"),
        (["ask", "--session", "nobody", "x"], 1, "there is no session `nobody`"),
        (["ask", "--incident", "77", "x"], 1, "there is no incident I-77"),
        (["ask", "--agent", "nobody", "x"], 1, "there is no agent `nobody`"),
        (["repl"], 2, "a conversation needs a terminal"),
        (["ask", "x" * 10_001], 2, "`text` is wrong: string should have at most 10000 characters"),
    ],
)
async def test_what_cannot_be_asked_is_said_in_a_sentence(
    talking: Any, capsys: pytest.CaptureFixture[str], words: list[str], code: int, said: str
) -> None:
    found, out, err = await types(talking, capsys, *words)
    assert (found, out, err.splitlines()[0]) == (code, "", f"error: {said}")


class Link:
    """A way to the service on which every second request is lost: before it arrives, or with its answer."""

    def __init__(self, url: str) -> None:
        self.target = urlsplit(url)
        self.count = 0
        self.url = ""
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> Link:
        self._server = await asyncio.start_server(self._carry, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        await self._server.wait_closed()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.count += 1
        lost = self.count
        head = await reader.readuntil(b"\r\n\r\n")
        length = next((int(row.split(b":")[1]) for row in head.lower().split(b"\r\n") if row.startswith(b"content-length:")), 0)
        request = head.replace(b"\r\n", b"\r\nConnection: close\r\n", 1) + await reader.readexactly(length)
        if lost % 4 != 0:
            there, back = await asyncio.open_connection(self.target.hostname, self.target.port)
            back.write(request)
            answer = await there.read()
            back.close()
            if lost % 4 != 2:
                writer.write(answer)
        writer.close()


async def test_over_a_link_that_loses_every_second_request_each_question_is_run_once(talking: Any) -> None:
    waited: list[float] = []
    async with Link(talking.gateway.url) as link:
        talk = Conversation(Client(link.url, talking.all_powerful), pause=waited.append)
        answers = [(await elsewhere(talk.ask, f"question {n}?"))["answer"] for n in range(4)]
    assert answers == [f"You asked: **question {n}?**" for n in range(4)]
    assert len(talking.server.requests) == 4 and len(await talking.stead.agent_runs()) == 4
    assert len(waited) >= 4, "something was lost, and tried again"


async def test_a_service_that_is_not_there_is_not_waited_for(talking: Any) -> None:
    talk = Conversation(Client("http://127.0.0.1:9", ""), pause=lambda _: None)
    with pytest.raises(UserError) as refused:
        await elsewhere(talk.ask, "x?")
    assert refused.value.code is Exit.UNREACHABLE


async def test_a_conversation_on_the_terminal(talking: Any, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    talking.door.write_text("wide open\n")
    await talking.happens("approval.asked")
    typed = "is api_key=hunter2secret right?\r/incident 1\rwhy?\r/aprove\r/approve A-1 go on\r/approvals\r/quit\r"

    def talk() -> None:
        with create_pipe_input() as keys, create_app_session(input=keys, output=DummyOutput()):
            keys.send_text(typed)
            Repl(Client(talking.gateway.url, talking.all_powerful)).run()

    await elsewhere(talk)
    out, err = capsys.readouterr()
    assert "You asked: is api_key=[redacted] right?" in out, "rendered, and without the secret"
    assert "I-1 (warning, awaiting approval): Host house: the front door is open" in out
    assert "there is no command `/aprove`\n  did you mean `/approve`?" in out
    assert "A-1 approved: close_door Host house (I-1)" in out and "Nothing waits for an approval." in err
    kept = (tmp_path / "home" / "stead" / "repl-history").read_text()
    assert "/approve A-1 go on" in kept and "hunter2secret" not in kept
    assert {row["incident"] for row in (await talking.get("/api/sessions"))[1]} == {"I-1", None}, "one about it, one about nothing"


async def test_a_terminal_that_was_closed_finds_its_answer_again(talking: Any, capsys: pytest.CaptureFixture[str]) -> None:
    client = Client(talking.gateway.url, talking.all_powerful)

    def closed(_said: str) -> None:
        raise SystemExit

    first = Repl(client)
    first.talk.said = closed  # type: ignore[assignment]
    with pytest.raises(SystemExit):
        await elsewhere(first.say, "are you there?")
    capsys.readouterr()
    again = Repl(client)
    await elsewhere(again.take_up)
    out, _ = capsys.readouterr()
    assert out.startswith("You had asked: are you there?\n") and "You asked: are you there?" in out
    assert len(talking.server.requests) == 1
    await elsewhere(Repl(client).take_up)
    assert capsys.readouterr().out == "", "it is told once"


async def test_a_session_that_has_ended_is_followed_by_a_new_one(talking: Any, capsys: pytest.CaptureFixture[str]) -> None:
    repl = Repl(Client(talking.gateway.url, talking.all_powerful))
    await elsewhere(repl.say, "one?")
    before = repl.talk.session
    await talking.call("DELETE", f"/api/sessions/{before}")
    await elsewhere(repl.say, "two?")
    assert "The session before has ended; this is a new one." in capsys.readouterr().out
    assert repl.talk.session not in ("", before)
