"""A chain of models against endpoints that answer, refuse, hang, break off and talk nonsense."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from datetime import timedelta

import pytest

from stead.clocks import SteppedClock
from stead.declare import ModelKind
from stead.domain.model import ModelRole, ModelSpec, NoModelError
from stead.domain.run import Message, Question, Speaker, ToolOffer
from stead.models.chain import Chain, Link
from stead.models.openai import openai
from stead.practice.model_server import Answer, ModelServer, model_server

LOOK = ToolOffer(name="look", description="Look.", schema={"type": "object", "properties": {"at": {"type": "string"}}})
HELLO = Question(system="You are brief.", messages=(Message(speaker=Speaker.STEAD, text="Hello"),), tools=(LOOK,))


def link(server: ModelServer | str, name: str = "one", kind: ModelKind = openai, **given: object) -> Link:
    url = server if isinstance(server, str) else server.url
    spec = ModelSpec(name=name, kind=kind.kind, model="practice", key=lambda: "k", base_url=url, price_in=1.0, price_out=10.0, **given)
    return Link(spec, kind.open)


class Endpoints:
    """Endpoints that are told what to answer, one Answer for each request and the last for ever, and a chain of them."""

    def __init__(self, stack: AsyncExitStack, clock: SteppedClock) -> None:
        self.stack, self.clock = stack, clock
        self.servers: list[ModelServer] = []

    async def serve(self, *answers: Answer) -> ModelServer:
        left = list(answers)
        server = await self.stack.enter_async_context(model_server(lambda _: left.pop(0) if len(left) > 1 else left[0]))
        self.servers.append(server)
        return server

    def chain(self, *links: Link, seconds: float = 150.0, pauses: tuple[float, ...] = ()) -> Chain:
        made = Chain(links, clock=self.clock, seconds=seconds, pauses=pauses)
        self.stack.push_async_callback(made.close)
        return made


@pytest.fixture
async def endpoints(clock: SteppedClock) -> AsyncIterator[Endpoints]:
    async with AsyncExitStack() as stack:
        yield Endpoints(stack, clock)


@pytest.fixture
def nobody_there() -> Iterator[str]:
    """An address that refuses every connection."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{held.getsockname()[1]}/v1"


async def test_an_answer_carries_its_calls_and_what_it_cost(endpoints: Endpoints) -> None:
    server = await endpoints.serve(Answer(text="I look.", calls=[("look", {"at": "api"}), ("look", {"at": "db"})]))
    reply = await endpoints.chain(link(server)).ask(HELLO)
    assert reply.message.text == "I look."
    assert [(call.tool, call.arguments) for call in reply.message.calls] == [("look", '{"at": "api"}'), ("look", '{"at": "db"}')]
    assert reply.model == "one" and reply.spent.calls == 1 and reply.spent.tokens_in > 50
    assert reply.spent.money == pytest.approx((reply.spent.tokens_in + 10 * reply.spent.tokens_out) / 1e6)


async def test_what_was_said_and_seen_is_sent_along(endpoints: Endpoints) -> None:
    server = await endpoints.serve(Answer(calls=[("look", {"at": "api"})]), Answer(text="It is well."))
    chain = endpoints.chain(link(server))
    first = (await chain.ask(HELLO)).message
    seen = Message(speaker=Speaker.TOOL, text="all pods run", answers=first.calls[0].id, tool="look")
    again = Question(system=HELLO.system, messages=(*HELLO.messages, first, seen), tools=HELLO.tools)
    assert (await chain.ask(again)).message.text == "It is well."
    roles = [message["role"] for message in server.requests[1]["messages"]]
    assert roles == ["system", "user", "assistant", "tool"]
    assert server.requests[1]["messages"][:2] == server.requests[0]["messages"], "what a provider may cache does not change"
    assert server.requests[1]["tools"] == server.requests[0]["tools"]


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (Answer(fail=500), "it failed (500)"),
        (Answer(fail=503), "it is not available now (503)"),
        (Answer(fail=401), "it does not accept the key (401)"),
        (Answer(fail=404), "it has no model `practice` (404)"),
        (Answer(fail=400), "it refuses the request (400)"),
        (Answer(fail="garbage"), "its answer"),
        (Answer(fail="empty"), "its answer"),
        (Answer(fail="break"), "it cannot be reached, or broke off"),
        (Answer(fail=429, retry_after=30), "it says: slow down (429)"),
    ],
    ids=lambda given: str(given.fail) if isinstance(given, Answer) else "",
)
async def test_the_next_model_answers_when_one_does_not(endpoints: Endpoints, answer: Answer, why: str) -> None:
    bad, good = await endpoints.serve(answer), await endpoints.serve(Answer(text="here"))
    reply = await endpoints.chain(link(bad, "first"), link(good, "second")).ask(HELLO)
    assert reply.model == "second"
    assert len(reply.passed_over) == 1 and reply.passed_over[0].startswith(f"first: {why}")
    assert len(bad.requests) == 1, "the client does not try again by itself"


async def test_one_that_hangs_or_is_not_there_is_passed_over(endpoints: Endpoints, nobody_there: str) -> None:
    hangs, good = await endpoints.serve(Answer(fail="hang")), await endpoints.serve(Answer(text="here"))
    chain = endpoints.chain(link(nobody_there, "gone"), link(hangs, "slow", first_byte=0.2), link(good, "good"))
    reply = await chain.ask(HELLO)
    assert reply.model == "good"
    assert reply.passed_over == ("gone: it cannot be reached, or broke off", "slow: no connection within 5 s, or not a byte within 0.2 s")


async def test_at_the_end_of_the_chain_there_is_no_model(endpoints: Endpoints) -> None:
    one, two = await endpoints.serve(Answer(fail=500)), await endpoints.serve(Answer(fail="garbage"))
    with pytest.raises(NoModelError) as refused:
        await endpoints.chain(link(one, "one"), link(two, "two")).ask(HELLO)
    assert [why.partition(":")[0] for why in refused.value.tried] == ["one", "two"]


async def test_the_whole_chain_has_an_end(endpoints: Endpoints) -> None:
    server = await endpoints.serve(Answer(fail="hang"))
    with pytest.raises(NoModelError, match="no whole answer within 0 s"):
        await endpoints.chain(link(server), seconds=0.2).ask(HELLO)


async def test_a_time_to_come_back_is_kept(endpoints: Endpoints, clock: SteppedClock) -> None:
    server = await endpoints.serve(Answer(fail=429, retry_after=40), Answer(text="now"))
    asking = asyncio.create_task(endpoints.chain(link(server)).ask(HELLO))
    while clock.next_due() is None:
        await asyncio.sleep(0.01)
    assert clock.next_due() == clock.now() + timedelta(seconds=40)
    assert len(server.requests) == 1
    clock.advance(timedelta(seconds=40))
    assert (await asking).message.text == "now"


async def test_nobody_waits_longer_than_the_chain_has(endpoints: Endpoints) -> None:
    server = await endpoints.serve(Answer(fail=429, retry_after=3600))
    with pytest.raises(NoModelError, match="slow down"):
        await endpoints.chain(link(server)).ask(HELLO)


async def test_one_that_fails_again_and_again_rests(endpoints: Endpoints, clock: SteppedClock) -> None:
    bad, good = await endpoints.serve(Answer(fail=500)), await endpoints.serve(Answer(text="here"))
    chain = endpoints.chain(link(bad, "bad"), link(good, "good"))
    for _ in range(5):
        last = await chain.ask(HELLO)
    assert len(bad.requests) == 3
    assert last.passed_over[0].startswith("bad rests until 09:01:00 UTC")
    clock.advance(timedelta(minutes=1))
    await chain.ask(HELLO)
    assert len(bad.requests) == 4, "after its rest it is tried once"
    clock.advance(timedelta(minutes=1, seconds=59))
    await chain.ask(HELLO)
    assert len(bad.requests) == 4, "and then rests twice as long"


async def test_a_key_that_is_not_accepted_is_not_tried_in_a_loop(endpoints: Endpoints) -> None:
    bad, good = await endpoints.serve(Answer(fail=401)), await endpoints.serve(Answer(text="here"))
    chain = endpoints.chain(link(bad), link(good, "good"))
    await chain.ask(HELLO)
    await chain.ask(HELLO)
    assert len(bad.requests) == 1


async def test_small_jobs_go_to_the_small_model(endpoints: Endpoints) -> None:
    main, small = await endpoints.serve(Answer(text="main")), await endpoints.serve(Answer(text="small"))
    both = endpoints.chain(link(main, "main"), link(small, "small", role=ModelRole.SMALL))
    assert (await both.ask(HELLO, ModelRole.SMALL)).model == "small"
    assert (await both.ask(HELLO)).model == "main"
    assert (await endpoints.chain(link(main, "main")).ask(HELLO, ModelRole.SMALL)).model == "main"


@pytest.mark.parametrize("fail", [500, 503, "break", "empty"])
async def test_what_passes_is_tried_again_after_a_pause(endpoints: Endpoints, clock: SteppedClock, fail: int | str) -> None:
    server = await endpoints.serve(Answer(fail=fail), Answer(fail=fail), Answer(text="now"))
    asking = asyncio.create_task(endpoints.chain(link(server), pauses=(0.5, 1.5)).ask(HELLO))
    for pause in (0.5, 1.5):
        while clock.next_due() is None:
            await asyncio.sleep(0.01)
        assert clock.next_due() == clock.now() + timedelta(seconds=pause)
        clock.advance(timedelta(seconds=pause))
    assert (await asking).message.text == "now"
    assert len(server.requests) == 3


@pytest.mark.parametrize("fail", [400, 401, 404])
async def test_what_does_not_pass_is_not_tried_again(endpoints: Endpoints, fail: int) -> None:
    server = await endpoints.serve(Answer(fail=fail))
    with pytest.raises(NoModelError):
        await endpoints.chain(link(server), pauses=(0.5, 1.5)).ask(HELLO)
    assert len(server.requests) == 1


async def test_an_endpoint_that_takes_no_key_rests_with_all_its_models(endpoints: Endpoints) -> None:
    shut, good = await endpoints.serve(Answer(fail=401)), await endpoints.serve(Answer(text="here"))
    chain = endpoints.chain(link(shut, "large"), link(shut, "little"), link(good, "good"))
    reply = await chain.ask(HELLO)
    assert reply.model == "good" and len(shut.requests) == 1
    assert reply.passed_over[1].startswith("little: its endpoint rests until 09:01:00 UTC: it does not accept the key")


async def test_a_model_that_is_unwell_does_not_make_its_neighbour_rest(endpoints: Endpoints) -> None:
    server = await endpoints.serve(Answer(fail=404), Answer(text="here"))
    assert (await endpoints.chain(link(server, "large"), link(server, "little")).ask(HELLO)).model == "little"


async def test_agents_and_goals_may_have_models_of_their_own(endpoints: Endpoints) -> None:
    server = await endpoints.serve(Answer(text="here"))
    chain = endpoints.chain(
        link(server, "all"),
        link(server, "deep", agents=("reviewer", "investigator")),
        link(server, "cheap", goals=("health-check",)),
    )
    order = {(agent, goal): [spec.name for spec in chain.routed(agent, goal).specs] for agent, goal in _ASKED}
    assert order == {
        ("investigator", "incident"): ["deep", "all"],
        ("reporter", "health-check"): ["cheap", "all"],
        ("companion", "talk"): ["all"],
        ("reviewer", "health-check"): ["deep", "cheap", "all"],
    }
    assert endpoints.chain(link(server, "deep", agents=("reviewer",))).routed("companion", "talk").specs == ()


_ASKED = [("investigator", "incident"), ("reporter", "health-check"), ("companion", "talk"), ("reviewer", "health-check")]


async def test_what_is_known_of_a_model_is_known_on_every_route(endpoints: Endpoints) -> None:
    shut, good = await endpoints.serve(Answer(fail=401)), await endpoints.serve(Answer(text="here"))
    chain = endpoints.chain(link(shut, "shut"), link(good, "good"))
    for agent in ("companion", "tutor"):
        assert (await chain.routed(agent, "talk").ask(HELLO)).model == "good"
    assert len(shut.requests) == 1
