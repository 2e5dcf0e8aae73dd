"""The tools by which a model searches and reads what is known. Nothing is offered where nothing is known."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from stead.declare import Looked, Tool, Toolset
from stead.domain.ids import knowledge_number, parse_number
from stead.domain.knowledge import Knowledge, lines_with, words_of
from stead.ports import Clock, Estate
from stead.store import knowledge
from stead.store.database import Store

MOST_FOUND = 8


class Searching(msgspec.Struct, forbid_unknown_fields=True):
    words: Annotated[str, Meta(description="Of the fault, or of what you want to do")]


class Reading(msgspec.Struct, forbid_unknown_fields=True):
    id: Annotated[str, Meta(description="Like K-3")]


def knowledge_tools(store: Store, clock: Clock) -> Toolset:
    """The toolset `knowledge`, of what this store holds."""

    async def search(_: Estate, asked: Searching) -> Looked:
        words = words_of(asked.words)
        if not words:
            raise ValueError("`words` holds nothing to search for")
        found = [entry for entry in await store.look(knowledge.search, words, MOST_FOUND * 3) if entry.holds(clock.now())][:MOST_FOUND]
        text = "\n".join(line for entry in found for line in _hit(entry, words))
        return Looked(text=text or "nothing", command=f"stead knowledge search {' '.join(words)}", tainted=any(e.tainted for e in found))

    async def read(_: Estate, asked: Reading) -> Looked:
        number = parse_number(asked.id, "K")
        entry = await store.look(knowledge.find, number)
        if entry is None or not entry.holds(clock.now()):
            raise ValueError(f"there is no entry {knowledge_number(number)}; knowledge_search finds them")
        written = entry.written
        strategy = f"\nStrategy: {written.strategy}" if written.strategy else ""
        text = f"{written.kind.word}, {written.title} ({entry.place}){strategy}\n{written.text}"
        return Looked(text=text, command=f"stead knowledge show {knowledge_number(number)}", tainted=entry.tainted)

    tools = (
        Tool(name="knowledge_read", arguments=Reading, run=read, page="One entry, whole."),
        Tool(name="knowledge_search", arguments=Searching, run=search, page="Runbooks, edge cases, skills and pages that hold words."),
    )

    async def arrive() -> tuple[Tool, ...]:
        return tools if await store.look(knowledge.count) else ()

    return Toolset(
        name="knowledge",
        fits=lambda _: True,
        kinds=frozenset(),
        tools=(),
        arrive=arrive,
        page="Runbooks and other knowledge of this house.",
    )


def _hit(entry: Knowledge, words: list[str]) -> list[str]:
    written = entry.written
    head = f"{knowledge_number(entry.number)} {written.kind.word}, {written.title} ({entry.place})"
    strategy = [f"  strategy: {written.strategy}"] if written.strategy else []
    return [head, *strategy, *(f"  {number}: {line[:240]}" for number, line in lines_with(written.text, words))]
