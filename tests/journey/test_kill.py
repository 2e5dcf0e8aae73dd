"""`kill -9` at every named point of the journey: nothing is lost, nothing is done twice, and everything has a named end.

The service is the real command in a process of its own; the world (cluster and chat) lives here, and outlives it.
"""

from __future__ import annotations

import re
import signal
from pathlib import Path
from typing import Any

import pytest

import stead

REPAIR = (
    "intake.before-enqueue",
    "intake.before-commit",
    "due.before-claim-commit",
    "pursue.before-decide",
    "decide.before-enqueue",
    "act.before-intent",
    "remediate.before-intent-commit",
    "act.after-intent",
    "remediate.before-apply",
    "remediate.after-apply",
    "act.before-outcome",
    "remediate.before-outcome-commit",
    "verify.before-weigh",
    "verify.before-proof-commit",
    "deliver.before-send",
    "deliver.after-send",
    "deliver.before-record",
    "deliver.before-sent-commit",
)
"""Points on the way of a repair that policy allows, in their order: each lies beyond the one before it, in the next life."""

ANSWER = ("approvals.before-enqueue",)
"""Points on the way of a person's answer."""


QUIET = (
    "adoption.before-choice-commit",
    "adoption.before-inventory-commit",
    "calm.before-commit",
    "flaps.before-commit",
    "mutes.before-commit",
    "silencing.before-commit",
)
"""Points at which it is decided what is not said; test_kill_quiet.py kills at them."""


TALK = ("talk.before-answer",)
"""Points on the way of an answer to a person; test_kill_talk.py kills at them."""

BROKEN_OFF = ("investigate.broken-off",)
"""Where a call of a model was broken off and that is not written down yet; test_kill_talk.py kills there."""


THOUGHT = (
    "investigate.before-model",
    "investigate.after-model",
    "investigate.before-tool",
    "investigate.after-tool",
    "investigate.before-resolve",
    "investigate.before-decide",
)
"""Points on the way of a model's investigation; test_thought.py kills at them."""


HEARD = ("inbox.before-answer", "hearing.before-findings", "inbox.before-drop")
"""Points on the way of what other systems say; test_heard.py kills at them."""


JOBS = ("jobs.before-work", "jobs.before-end-commit")
"""Points on the way of a job; test_kill_jobs.py kills at them."""


CALLED = ("acknowledging.before-commit", "escalating.before-commit", "keeping.before-gathered-commit")
"""Points at which somebody is called, or need not be; test_kill_called.py kills at them."""

CHAT = ("take.before-commit", "take.before-acknowledgement")
"""Points on the way of what somebody writes in a chat; test_kill_chat.py kills at them."""


def test_every_point_in_the_source_is_killed_at() -> None:
    source = Path(stead.__file__).parent
    written = {name for file in source.rglob("*.py") for name in re.findall(r'fault_point\("([^"]+)"\)', file.read_text())}
    assert written == {*REPAIR, *ANSWER, *QUIET, *TALK, *BROKEN_OFF, *THOUGHT, *HEARD, *JOBS, *CALLED, *CHAT}


async def test_one_repair_survives_all_of_them(world: Any) -> None:
    pod = await world.strand_a_pod()
    for point in REPAIR:
        await world.dies_at(point)

    await world.start()
    incident = await world.over(pod)

    assert world.cluster.get("Pod", "media", pod) is None
    assert world.writes("delete") == 1, "the pod was deleted exactly once"
    assert [action["state"] for action in incident["actions"]] == ["proven"]
    assert await world.everything_ended()
    assert world.chat.last(pod)["state"] == "resolved"
    assert len(world.chat.messages(pod)) == 1, "one message, edited"


@pytest.mark.parametrize("point", ANSWER)
async def test_an_answer_survives(world: Any, point: str) -> None:
    await world.ship_a_broken_release()
    dying = await world.start(crash_at=point)
    asked = await world.asked()
    await world.answer(asked, expect_death=True)
    assert await world.died(dying) == -signal.SIGKILL

    await world.start()
    # The crash fell before the answer was stored: it was not acknowledged, so the person gives it again, and once is enough.
    await world.answer(await world.asked())
    incident = await world.over("shop/web")

    assert world.writes("patch") == 1, "rolled back exactly once"
    assert [action["state"] for action in incident["actions"]] == ["proven"]
    assert [approval["state"] for approval in incident["approvals"]] == ["approved"]
    assert await world.everything_ended()
