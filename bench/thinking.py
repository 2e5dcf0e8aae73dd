"""What thinking costs beside the model itself: bytes sent, milliseconds a turn, the start of `stead ask` (`python -m bench.thinking`)."""

from __future__ import annotations

import asyncio
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

from bench.measure import Spent, in_turns
from bench.report import Row, table
from bench.service import STEAD, Service, running
from stead.app import telemetry
from stead.app.config import settings_of
from stead.app.discover import shelves
from stead.app.wiring import Stead
from stead.clocks import SystemClock
from stead.domain import run as words
from stead.domain.ids import INVESTIGATOR
from stead.domain.model import ModelRole, ModelSpec
from stead.domain.people import Principal, PrincipalKind, Role
from stead.domain.run import Message, Question, Reply, Speaker, ToolCall
from stead.engine import talking
from stead.practice.model_script import Player, load
from stead.practice.model_server import model_server
from stead.practice.run import run
from stead.practice.scenario import named
from stead.practice.thinkers import Thinker
from stead.store import talks
from stead.testing.scripted import ScriptedEstate

ROOT = Path(__file__).resolve().parent.parent
SCRIPT, SCENARIO = ROOT / "docs/examples/models/good.yaml", "wrong-password"
MOST_FIRST = 12_000
"""Bytes of the first request, tools and all."""
MOST_TURN = 0.010
"""Seconds that a turn (one call of a model, one of a tool, both written down) costs on SQLite."""
MOST_ASK = 0.500
"""Seconds for `stead ask` where no model has to be waited for."""
TURNS = 18


def rows(service: Service, runs: int) -> list[Row]:
    telemetry.configure(quiet=True)
    sizes = asyncio.run(investigated())
    bare, ours = in_turns(
        [[sys.executable, "-c", "pass"], [STEAD, "ask", "is anything wrong?", "--url", service.url]], runs=runs, env=service.environment
    )
    turn = asyncio.run(durable_turn())
    return [
        Row(
            "first request",
            SCENARIO,
            f"{sizes[0]:,} bytes",
            f"{MOST_FIRST:,}",
            sizes[0] / MOST_FIRST,
            "≤ 12,000 bytes",
            sizes[0] <= MOST_FIRST,
        ),
        Row("investigation", SCENARIO, f"{sum(sizes):,} bytes in {len(sizes)} requests", "", sum(sizes) / sizes[0], "told", kept=True),
        Row(
            "turn",
            "model and tool, durable",
            f"{turn.wall * 1000:.1f} ms (cpu {turn.cpu * 1000:.1f})",
            "",
            turn.wall / MOST_TURN,
            "≤ 10 ms on SQLite",
            turn.wall <= MOST_TURN,
        ),
        Row(
            "ask",
            "stead ask",
            f"{ours.wall * 1000:.0f} ms (cpu {ours.cpu * 1000:.0f})",
            f"{bare.wall * 1000:.0f} ms (python)",
            ours.wall / bare.wall,
            f"≤ {MOST_ASK * 1000:.0f} ms",
            ours.wall <= MOST_ASK,
        ),
    ]


async def investigated() -> list[int]:
    """Bytes of each request of a whole scripted investigation."""
    async with model_server(Player(load(SCRIPT).turns(SCENARIO))) as server:
        model = {"name": "script", "kind": "openai", "model": "script", "base_url": server.url}
        await run(named(SCENARIO), model=Thinker(name="script", models=(model,)))
        return server.sizes


class Instant:
    """In the place of models: it answers at once, reads on in what was sent along, and remembers when it was asked."""

    specs: Sequence[ModelSpec] = (ModelSpec(name="instant", kind="instant", model="x", key=str, context=200_000),)

    def __init__(self) -> None:
        self.asked: list[float] = []
        self.worked: list[float] = []

    def routed(self, agent: str, goal: str) -> Instant:  # noqa: ARG002
        return self

    async def ask(self, question: Question, role: ModelRole = ModelRole.MAIN) -> Reply:  # noqa: ARG002
        self.asked.append(time.perf_counter())
        self.worked.append(time.process_time())
        turn = len(self.asked)
        call = ToolCall(id=f"c{turn}", tool="page", arguments=f'{{"evidence": "F1", "from_line": {turn * 10}}}')
        said = Message(speaker=Speaker.MODEL, calls=(call,)) if turn < TURNS else Message(speaker=Speaker.MODEL, text="Done.")
        return Reply(message=said, model="instant", spent=words.Spent(tokens_in=1, tokens_out=1, calls=1))

    async def close(self) -> None: ...


async def durable_turn() -> Spent:
    """Seconds between two questions to a model that answers at once: the median of a run's turns."""
    with tempfile.TemporaryDirectory(prefix="stead-bench-") as folder:
        clock, mind = SystemClock(), Instant()
        settings = settings_of({"store": {"folder": folder}})
        stead = Stead(settings, clock=clock, shelves=shelves(), estates={"home": ScriptedEstate("home", clock)}, channels={})
        stead.models = mind
        await stead.start()
        try:
            by = Principal(kind=PrincipalKind.TOKEN, name="bench", role=Role.ADMIN)
            session = await stead.change(talking.begin_session, by=by, agent=INVESTIGATOR, estate="home", incident=None)
            attached = "\n".join(f"{n} a line of a log, as long as such lines are" for n in range(600))
            asked = await stead.change(talking.ask, session.id, by=by, question="what?", attached=attached, key=None)
            while (turn := await stead.store.look(talks.turn, session.id, asked.id)) is None or turn.answer is None:
                await asyncio.sleep(0.05)
        finally:
            await stead.stop()
    return Spent(_gap(mind.asked), _gap(mind.worked))


def _gap(moments: list[float]) -> float:
    return statistics.median(later - earlier for earlier, later in pairwise(moments))


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="stead-bench-") as place, running(Path(place)) as its:
        measured = rows(its, 9)
    print(table(measured))
    sys.exit(0 if all(row.kept for row in measured) else 1)
