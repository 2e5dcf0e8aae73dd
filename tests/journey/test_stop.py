"""SIGTERM: the service stops within 5 s, nothing is half-done, and the next start goes on from there."""

from __future__ import annotations

import signal
import time
from typing import Any

STOPS_WITHIN = 5.0


async def test_a_repair_goes_on_after_a_stop_in_its_middle(world: Any) -> None:
    pod = await world.strand_a_pod()
    service = await world.start()

    async def intended() -> bool:
        return any(event["name"] == "action.intent" for event in await world.get("/api/events"))

    await world.until(intended)
    service.send_signal(signal.SIGTERM)
    asked_at = time.monotonic()
    assert await world.died(service) == 0
    assert time.monotonic() - asked_at < STOPS_WITHIN

    await world.start()
    incident = await world.over(pod)

    assert world.writes("delete") == 1
    assert [action["state"] for action in incident["actions"]] == ["proven"]
    assert await world.everything_ended()


async def test_a_second_service_on_the_folder_is_refused(world: Any) -> None:
    await world.strand_a_pod()
    first = await world.start()
    await world.until(lambda: world.get("/api/status"))
    port = (world.folder / "port").read_text()
    second = await world.start()
    assert await world.died(second) == 5
    said = world.log(second)
    assert str(first.pid) in said and "state folder" in said and "Traceback" not in said

    (world.folder / "port").write_text(port)
    assert (await world.get("/api/status"))["ready"], "the first goes on as if nothing had been"
