"""`stead runs replay`: a run step by step, as the loop takes it: what the model had been told, what it answered, what tools had seen."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from typing import Any

from stead.app import replay as replaying
from stead.app.replay import Played, Told
from stead.cli import run_story
from stead.cli.output import Form, clean, line, say_json
from stead.domain.errors import Exit
from stead.domain.run import Speaker
from stead.store.codec import plain


def replay(record: Any, *, stepwise: bool, whole: bool, output: Form) -> int:
    """Play `record`; exit code 0 when it comes to the end that it came to then."""
    number = 0

    async def tell(told: Told) -> None:
        nonlocal number
        number += 1
        if output is Form.JSON:
            return
        for text in ("", f"── step {number} " + "─" * 40, *_before(told), *run_story.step(dict(told.step), whole)):
            print(text)
        if stepwise and sys.stdin.isatty():
            print("── Enter goes on, Ctrl-C ends ──", end="", flush=True)
            await asyncio.to_thread(sys.stdin.readline)

    played = asyncio.run(replaying.play(record, tell))
    if output is Form.JSON:
        say_json({"id": record["id"], "steps": played.steps, "recorded": played.recorded or None, "same": played.same, **_outcome(played)})
    else:
        for text in _end(played):
            print(text)
    return Exit.DONE if played.same else Exit.NEGATIVE


def _before(told: Told) -> Iterator[str]:
    """What the model had been told since it spoke last, and how much that was in all."""
    if told.step["kind"] != "model":
        return
    spoke = max((n for n, m in enumerate(told.messages) if m.speaker is Speaker.MODEL), default=-1)
    size = sum(len(m.text.encode()) + sum(len(c.arguments) for c in m.calls) for m in told.messages)
    yield f"told {len(told.messages)} messages, {size} bytes beside its instructions and tools; new among them:"
    for message in told.messages[spoke + 1 :]:
        first, _, rest = clean(message.text).partition("\n")
        more = f" (and {len(rest.splitlines())} lines more)" if rest else ""
        yield f"  · {line(f'{message.tool or message.speaker.value}: {first[:160]}{more}')}"


def _end(played: Played) -> Iterator[str]:
    yield ""
    if played.outcome is None:
        yield f"The record ends here, after {played.steps} steps: {played.recorded or 'the run is under way'}."
        return
    outcome = played.outcome
    if outcome.conclusion is not None:
        yield from (*run_story.conclusion(plain(outcome.conclusion)), "")
    note = f": {outcome.note}" if outcome.note else ""
    spent = outcome.spent
    yield line(f"Ends, {outcome.ending}{note}, after {spent.calls} calls, {spent.tokens} tokens, {run_story.money(spent.money)}.")
    then = played.recorded or "still under way"
    yield f"So it ended then ({then})." if played.same else f"Then it ended otherwise: {then}."


def _outcome(played: Played) -> dict[str, Any]:
    outcome = played.outcome
    if outcome is None:
        return {"ending": None, "note": "", "conclusion": None}
    return {"ending": outcome.ending.value, "note": outcome.note, "conclusion": plain(outcome.conclusion)}
