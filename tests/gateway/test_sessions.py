"""Conversations over HTTP: asked once, answered once, with a model and without, kept, searched, ended and forgotten."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from tests.gateway.conftest import running

from stead.clocks import SteppedClock
from stead.practice.model_server import Answer, Json, ModelServer, model_server
from stead.store import estates, talks
from stead.store.tokens import Scope

Talking = Callable[..., Any]


class Mind:
    """What the model says next; the last answer is said for ever. `server` keeps what it was asked."""

    def __init__(self) -> None:
        self.answers: list[Answer] = [Answer(text="All is well [F1].")]
        self.held = asyncio.Event()
        self.held.set()
        self.server: ModelServer | None = None

    def __call__(self, _: Json) -> Answer:
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]

    @property
    def asked(self) -> list[Json]:
        assert self.server is not None
        return self.server.requests

    def told(self) -> str:
        return json.dumps(self.asked[-1]["messages"], ensure_ascii=False)


@pytest.fixture
async def mind() -> AsyncIterator[Mind]:
    made = Mind()
    async with model_server(made) as server:
        made.server = server
        yield made


@pytest.fixture
async def talking(mind: Mind, tmp_path: Path, clock: SteppedClock, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Any]:
    """A service with a model that says what `mind` does, and a small one that shortens."""
    (tmp_path / "run").mkdir()
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "run"))
    assert mind.server is not None
    async with AsyncExitStack() as stack:
        small = await stack.enter_async_context(model_server(lambda _: Answer(text="They spoke about doors.")))
        models = [
            {"name": "main", "kind": "openai", "model": "x", "base_url": mind.server.url, "first_byte": 0.5},
            {"name": "small", "kind": "openai", "model": "x", "base_url": small.url, "role": "small"},
        ]
        made = await stack.enter_async_context(running(tmp_path, clock, models=models))
        made.small = small
        yield made


async def begin(service: Any, **body: Any) -> str:
    status, made = await service.post("/api/sessions", body)
    assert status == 201
    return made["id"]


async def ask(service: Any, session: str, text: str, *, wait: int = 30, **more: Any) -> tuple[int, Any]:
    return await service.post(f"/api/sessions/{session}/messages?wait={wait}", {"text": text, **more.pop("body", {})}, **more)


async def looked_at_everything(service: Any) -> None:
    async with asyncio.timeout(20):
        while not all([await service.stead.store.look(estates.is_known, name) for name in service.stead.estates]):
            await asyncio.sleep(0.01)


async def test_without_a_model_the_checks_answer(open_door: Any) -> None:
    session = await begin(open_door)
    status, said = await ask(open_door, session, "why is the front door open?")
    assert (status, said["state"], said["run"], said["answered_by"]) == (200, "answered", None, "system:stead")
    assert said["answer"].startswith("No model is configured; this is what the checks know.\n\n**I-1** (warning, awaiting approval, ")
    assert "Host house: the front door is open (door_open, Open" in said["answer"]
    assert "wide open — `cat door`" in said["answer"]
    assert "A-1 waits for a yes or no: close_door Host house" in said["answer"]

    await looked_at_everything(open_door)
    _, other = await ask(open_door, session, "is postgres slow?")
    assert "nothing is wrong that fits “is postgres slow?”" in other["answer"]
    assert "1 other incident is open: I-1 Host house: the front door is open." in other["answer"]

    for question in ("what is wrong?", "tell me of i-1, please"):
        _, said = await ask(open_door, session, question)
        assert "**I-1**" in said["answer"]


async def test_what_is_sent_along_is_answered_by_what_stands_out(service: Any) -> None:
    log = "\n".join([*(f"{n} all is well" for n in range(300)), "ERROR: relation users does not exist", "bye"])
    _, said = await ask(service, await begin(service), "what is this?", body={"attached": log})
    assert "Of the 302 lines that you sent, this stands out:" in said["answer"]
    assert "relation users does not exist" in said["answer"]


async def test_a_model_answers_with_what_it_saw(talking: Any, mind: Mind) -> None:
    talking.door.write_text("wide open\n")
    await talking.happens("incident.opened")
    mind.answers = [
        Answer(text="I look.", calls=[("page", {"evidence": "F1"})]),
        Answer(text="It is open [F1], and so is the window [E9]."),
    ]
    status, said = await ask(talking, await begin(talking), "why is the door open?")
    assert (status, said["run"], said["ending"], said["answered_by"]) == (200, "R-1", "concluded", "agent:investigator")
    assert said["answer"] == (
        "It is open [F1], and so is the window [E9].\n\nTake care: E9 was never collected; nothing shows what rests on it."
    )
    assert "A person asks: why is the door open?" in mind.told() and "wide open" in mind.told()
    assert mind.server is not None and mind.server.sizes[0] <= 12_000
    _, run = await talking.get("/api/runs/R-1")
    assert [(step["kind"], step["key"]) for step in run["steps"]] == [("model", "model:1"), ("tool", "tool:call_1_1"), ("model", "model:2")]
    assert (run["incident"], run["session"], run["tokens"] > 0) == (None, said["session"], True)
    _, steps = await talking.get("/api/events?run=R-1")
    assert [event["data"]["said"].partition(":")[0] for event in steps] == [
        "R-1 begins to answer",
        "R-1 looks",
        f"R-1 ended, concluded, after {run['tokens']} tokens",
    ]


async def test_a_conclusion_is_told_as_words(talking: Any, mind: Mind) -> None:
    made = {
        "cause": "The wind.",
        "at_fault": {"kind": "Host", "name": "house"},
        "confidence": "high",
        "evidence": [{"claim": "the log says so", "by": ["F1"]}, {"claim": "an oracle", "by": ["E4"]}],
    }
    mind.answers = [Answer(calls=[("conclude", made)])]
    _, said = await ask(talking, await begin(talking), "why?", body={"attached": "wind: 9 bft"})
    assert said["answer"].startswith("The wind.\n\nAt fault: Host house (confidence high).\n\n- the log says so [F1]")
    assert "Struck, because this evidence was never collected:\n\n- an oracle [E4]" in said["answer"]


@pytest.mark.parametrize(
    ("answer", "ending"),
    [(Answer(fail=500), "no model"), (Answer(fail="hang"), "no model"), (Answer(calls=[("nothing", {})]), "stuck")],
    ids=["broken", "hung", "lost"],
)
async def test_where_the_model_comes_to_nothing_the_checks_answer(talking: Any, mind: Mind, answer: Answer, ending: str) -> None:
    mind.answers = [answer]
    await looked_at_everything(talking)
    status, said = await ask(talking, await begin(talking), "is anything wrong?", wait=60)
    assert (status, said["ending"]) == (200, ending)
    assert said["answer"].startswith(f"A model came to no answer (R-1, {ending}: ")
    assert "Everything that is watched was looked at, and nothing is wrong at all." in said["answer"]


async def test_a_question_that_is_sent_again_is_asked_once(talking: Any, mind: Mind) -> None:
    session = await begin(talking)
    both = [ask(talking, session, "why?", Idempotency_Key="k1") for _ in range(3)]
    answers = await asyncio.gather(*both)
    assert {status for status, _ in answers} == {200}
    assert len({json.dumps(said) for _, said in answers}) == 1
    assert len(mind.asked) == 1
    status, refused = await ask(talking, session, "why not?", Idempotency_Key="k1")
    assert (status, refused["error"]) == (409, "this Idempotency-Key came with another question")


async def test_a_slow_answer_is_waited_for_elsewhere(talking: Any, mind: Mind) -> None:
    mind.answers = [Answer(fail="hang")]
    session = await begin(talking)
    status, said = await ask(talking, session, "why?", wait=0)
    assert (status, said["state"], said["answer"]) == (202, "working", None)
    assert (await ask(talking, session, "and?", wait=0))[0] == 409, "one question at a time"
    status, said = await talking.get(f"/api/sessions/{session}/messages/{said['id']}?wait=60")
    assert (status, said["ending"]) == (200, "no model")
    assert (await talking.get(f"/api/sessions/{session}/messages/99"))[0] == 404


async def test_the_steps_of_a_run_are_a_stream(talking: Any) -> None:
    await ask(talking, await begin(talking), "one?")
    await ask(talking, await begin(talking), "two?")
    headers = {"Authorization": f"Bearer {talking.all_powerful}", "Accept": "text/event-stream"}
    async with (
        aiohttp.ClientSession() as http,
        http.get(f"{talking.gateway.url}/api/events?run=R-2", headers=headers) as answer,
    ):
        seen = b""
        async for chunk in answer.content.iter_any():
            seen += chunk
            if b"ended" in seen:
                break
    assert b"R-2 begins to answer" in seen and b"R-1" not in seen


async def test_a_run_is_cancelled_by_a_person(talking: Any, mind: Mind) -> None:
    mind.answers = [Answer(fail="hang")]
    session = await begin(talking)
    _, said = await ask(talking, session, "why?", wait=0)
    await talking.happens("run.step")
    status, run = await talking.post("/api/runs/R-1/cancel", {})
    assert (status, run["ending"], run["note"]) == (200, "cancelled", "admin cancelled it")
    _, said = await talking.get(f"/api/sessions/{session}/messages/{said['id']}")
    assert (said["state"], said["answer"]) == ("answered", "There is no answer: admin cancelled it.")
    status, refused = await talking.post("/api/runs/R-1/cancel", {})
    assert (status, refused["error"]) == (409, "R-1 has ended already: cancelled")
    assert (await talking.post("/api/runs/R-9/cancel", {}))[0] == 404


def spoken(connection: Any, session: str, numbers: Any, now: Any) -> None:
    """What was said before the test begins to listen."""
    for n in numbers:
        asked = talks.ask(connection, session, asker="admin", question=f"question {n} about doors?", attached="", key=None, now=now)
        talks.answer(connection, session, asked, author="agent:investigator", text=f"Answer {n}.", now=now)


async def test_a_long_conversation_is_told_by_its_beginning_and_its_end(talking: Any, mind: Mind) -> None:
    session = await begin(talking)
    await talking.stead.store.run(spoken, session, range(26), talking.clock.now())
    for number in (26, 27):
        assert (await ask(talking, session, f"question {number} about doors?"))[0] == 200
    said = [message["content"] for message in mind.asked[-1]["messages"] if message["role"] == "user"]
    assert said[0] == "A person asked: question 0 about doors?"
    assert said[1].startswith("What was said after that, in short:\nThey spoke about doors.")
    assert said[2:-1] == [f"A person asked: question {n} about doors?" for n in range(7, 27)]
    assert len(talking.small.requests) == 1, "shortened in batches, not at each question"
    assert "Asked: question 1 about doors?\nAnswered: Answer 1." in json.dumps(talking.small.requests[0]).encode().decode("unicode_escape")


async def test_evidence_keeps_its_name_in_the_whole_session(talking: Any, mind: Mind) -> None:
    session = await begin(talking)
    mind.answers = [Answer(calls=[("page", {"evidence": "F1"})]), Answer(text="First [E1] [F1].")]
    await ask(talking, session, "what is this?", body={"attached": "one"})
    mind.answers = [Answer(calls=[("page", {"evidence": "F2"})]), Answer(text="Then [E2], as before [E1] [F1] [F2].")]
    _, said = await ask(talking, session, "and this?", body={"attached": "two"})
    assert said["answer"] == "Then [E2], as before [E1] [F1] [F2]."


async def test_secrets_in_a_question_and_in_what_is_sent_along_go_nowhere(talking: Any, mind: Mind) -> None:
    body = {"attached": "DB_PASSWORD=hunter2secret\n" * 3}
    session = await begin(talking)
    await ask(talking, session, "is password=hunter2secret right?", body=body)
    _, whole = await talking.get(f"/api/sessions/{session}")
    assert "hunter2secret" not in json.dumps(whole) + json.dumps(mind.asked)


async def test_a_session_is_its_owners(service: Any) -> None:
    one = await service.token("one", Scope.READ, Scope.APPROVE)
    two = await service.token("two", Scope.READ, Scope.APPROVE)
    viewer = await service.token("viewer", Scope.READ)
    _, made = await service.post("/api/sessions", {}, token=one)
    await ask(service, made["id"], "is the garden gate shut?", token=one)
    assert (await service.get(f"/api/sessions/{made['id']}", token=two))[0] == 404
    assert (await ask(service, made["id"], "x", token=two))[0] == 404
    assert (await service.post("/api/sessions", {}, token=viewer))[0] == 403
    assert (await service.get("/api/sessions", token=two)) == (200, [])
    _, mine = await service.get("/api/sessions?search=GARDEN+gate", token=one)
    assert [(row["id"], row["title"]) for row in mine] == [(made["id"], "is the garden gate shut?")]
    assert (await service.get("/api/sessions?search=100%25", token=one)) == (200, [])
    assert len((await service.get("/api/sessions"))[1]) == 1, "an admin sees it"
    assert await service.call("DELETE", f"/api/sessions/{made['id']}", token=one) == (200, {"id": made["id"], "deleted": True})
    assert (await service.get(f"/api/sessions/{made['id']}", token=one))[0] == 404


async def test_half_an_hour_of_idleness_ends_it_and_its_record_stays_90_days(talking: Any) -> None:
    session = await begin(talking)
    await ask(talking, session, "why?")

    async def passes(span: timedelta) -> None:
        talking.clock.advance(span)
        async with asyncio.timeout(20):
            while not await talking.stead.quiescent():
                await asyncio.sleep(0.01)

    await passes(timedelta(minutes=29))
    assert (await ask(talking, session, "and?"))[0] == 200
    await passes(timedelta(minutes=29))
    assert (await talking.get(f"/api/sessions/{session}"))[1]["ended_at"] is None
    await passes(timedelta(minutes=2))
    assert (await talking.get(f"/api/sessions/{session}"))[1]["ended_at"] is not None
    status, refused = await ask(talking, session, "still there?")
    assert (status, refused["error"]) == (409, f"the session {session} has ended")
    await passes(timedelta(days=89))
    assert len((await talking.get(f"/api/sessions/{session}"))[1]["messages"]) == 2
    await passes(timedelta(days=2))
    assert (await talking.get(f"/api/sessions/{session}"))[0] == 404
    assert (await talking.get("/api/runs"))[1] == []


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"incident": "I-99"}, 404),
        ({"incident": "x"}, 400),
        ({"estate": "moon"}, 404),
        ({"agent": "nobody"}, 404),
        ({"colour": "red"}, 400),
    ],
)
async def test_what_a_session_cannot_be_about_is_refused(service: Any, body: Json, status: int) -> None:
    code, refused = await service.post("/api/sessions", body)
    assert (code, set(refused)) == (status, {"error", "hint"})
