"""`kill -9` on the way of an alert: what was acknowledged is kept, what was not is sent again, and either way it is one incident."""

from __future__ import annotations

import signal
from typing import Any

import aiohttp

POINTS = (
    "inbox.before-answer",
    "hearing.before-findings",
    "inbox.before-drop",
    "due.before-claim-commit",
    "deliver.before-send",
    "deliver.before-record",
)

ALERT = {
    "status": "firing",
    "labels": {"alertname": "TooManyRequests", "namespace": "shop", "deployment": "web"},
    "annotations": {"summary": "Everybody wants something."},
    "fingerprint": "f1",
}


def group(status: str) -> dict[str, Any]:
    return {"version": "4", "groupKey": "{}", "alerts": [{**ALERT, "status": status}]}


async def sent(world: Any, status: str) -> int:
    """What the service answers; 0 when it is gone before it answers, as Alertmanager sees it."""
    port = int((world.folder / "port").read_text())
    headers = {"Authorization": f"Bearer {'h' * 32}"}
    try:
        async with (
            aiohttp.ClientSession(headers=headers) as session,
            session.post(f"http://127.0.0.1:{port}/hooks/alertmanager", json=group(status)) as answer,
        ):
            return answer.status
    except (aiohttp.ClientError, OSError):
        return 0


async def taken(world: Any, status: str) -> bool:
    """Sent again until it is acknowledged."""

    async def once() -> bool:
        return await sent(world, status) == 202

    return await world.until(once)


async def test_one_alert_survives_all_of_them(world: Any) -> None:
    world.hooks = [{"kind": "alertmanager", "bearer": "env:HOOK_SECRET"}]
    world.all_is_well()
    for point in POINTS:
        dying = await world.start(crash_at=point)

        async def was_sent(dying: Any = dying) -> bool:
            return (await sent(world, "firing") == 202) or dying.returncode is not None

        await world.until(was_sent)
        assert await world.died(dying) == -signal.SIGKILL, point

    await world.start()
    await taken(world, "firing")
    await world.until(lambda: told(world, "first"))
    await taken(world, "resolved")
    incident = await world.over("TooManyRequests")

    assert len([row for row in await world.get("/api/incidents?all=true") if "TooManyRequests" in row["title"]]) == 1
    assert [finding["check"] for finding in incident["findings"]] == ["alertmanager/TooManyRequests"]
    assert await world.everything_ended()
    assert len(world.chat.messages("shop/web")) == 1, "one message, edited"
    assert world.chat.last("shop/web")["state"] == "resolved"


async def told(world: Any, because: str) -> bool:
    return any(message["because"] == because for message in world.chat.about("shop/web"))
