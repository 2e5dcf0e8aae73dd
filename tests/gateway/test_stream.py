"""Events as they happen: each once, in order, from where the reader left off, until the service ends."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import aiohttp

from stead.gateway.stream import BEAT_EVERY, MOST_STREAMS


def stream(service: Any, path: str = "/api/events", **headers: str) -> Any:
    sent = {"Authorization": f"Bearer {service.all_powerful}", "Accept": "text/event-stream", **headers}
    return service.http.get(service.gateway.url + path, headers=sent, timeout=aiohttp.ClientTimeout(total=20))


async def next_part(answer: Any) -> dict[str, str]:
    """The next event as its fields; a comment under the name ""."""
    fields: dict[str, str] = {}
    while True:
        line = (await answer.content.readline()).decode()
        if line == "":
            raise EOFError
        if line == "\n":
            return fields
        name, _, value = line.rstrip("\n").partition(":")
        fields[name] = value.strip()


async def next_event(answer: Any) -> dict[str, Any]:
    while "data" not in (fields := await next_part(answer)):
        pass
    event = json.loads(fields["data"])
    assert (fields["id"], fields["event"]) == (str(event["seq"]), event["name"])
    return event


async def test_what_was_and_what_comes_arrive_once_and_in_order_until_the_service_ends(service: Any) -> None:
    async with stream(service) as answer:
        assert answer.content_type == "text/event-stream"
        service.door.write_text("wide open\n")
        last = await service.happens("approval.asked")
        seen = [await next_event(answer)]
        while seen[-1]["seq"] < last["seq"]:
            seen.append(await next_event(answer))
        assert seen == (await service.stead.events())[: len(seen)]
        async with stream(service, **{"Last-Event-ID": str(seen[1]["seq"])}) as resumed:
            assert await next_event(resumed) == seen[2]
        await service.gateway.stop()
        rest = await answer.content.read()
        assert rest.count(b"data:") == len(await service.stead.events()) - len(seen)


async def test_a_silent_stream_says_that_it_lives(service: Any) -> None:
    async with stream(service, "/api/events?after=1000") as answer:
        assert await next_part(answer) == {"retry": "1000"}
        while (due := service.clock.next_due()) is None or due - service.clock.now() > BEAT_EVERY:
            service.clock.advance(timedelta(0))
        for _ in range(3):
            await service.get("/healthz")  # gives the stream its turn to wait
        service.clock.advance(BEAT_EVERY)
        assert await next_part(answer) == {"": "still here"}


async def test_a_resume_from_nowhere_is_refused(listening: Any) -> None:
    for wrong in ("x", "-1", "99999999999999999999999", "1.5"):
        async with stream(listening, **{"Last-Event-ID": wrong}) as answer:
            assert answer.status == 400


async def test_streams_are_not_without_end(listening: Any) -> None:
    listening.gateway.streams.open = MOST_STREAMS
    async with stream(listening) as answer:
        assert (answer.status, (await answer.json())["error"]) == (503, "too many event streams are open")
