"""One segment of an investigation: ask a model, look where it wants to look, until it concludes or something ends it.

Each call of a model and of a tool is one step, written under its own key before it is used: after a crash the loop runs again, finds what
was written, and goes on where nothing is. Which end it comes to has a name. It changes nothing: it hands back what the model proposes.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections import Counter
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from stead.domain.conclusion import Conclusion, strike
from stead.domain.model import BrokenOffError, NoModelError, SpentOutError, context_of
from stead.domain.run import Brief, Ending, Message, Question, Reply, Run, Seen, Speaker, Spent, ToolCall
from stead.engine.context import fitted, spent_most_of
from stead.engine.faults import fault_point
from stead.engine.toolbox import CONCLUDE, Toolbox, asked_for, conclusion_of
from stead.ports import Models
from stead.store.codec import load_plain

Once = Callable[[str, str, Callable[[], Coroutine[Any, Any, Any]]], Coroutine[Any, Any, Any]]
"""`once(key, kind, work)`: what `work` came to, made at most once in the life of a run."""

MOST_PACKED = 4000
"""Characters of what packs saw that are told at once; `page` reads on in each."""
GO_ON = "Call a tool to look, or `conclude`."
COME_TO_AN_END = "Your budget is nearly spent. Call `conclude` now, with what you have."


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How the segment ended; `messages` is all that was said, for a segment that goes on from it."""

    ending: Ending
    note: str = ""
    spent: Spent = field(default_factory=Spent)
    conclusion: Conclusion | None = None
    tainted: bool = False
    messages: tuple[Message, ...] = ()


class Segment:
    """One run of the loop. `over()` says why there is nothing left to investigate, "" while there is."""

    def __init__(
        self, run: Run, brief: Brief, toolbox: Toolbox, models: Models, once: Once, over: Callable[[], Coroutine[Any, Any, str]]
    ) -> None:
        self.run, self.brief, self.toolbox, self.models = run, brief, toolbox, models
        self._once, self._over = once, over
        self._context = context_of(models.specs)
        # What was asked for before is offered again: `more_tools` answers the same each time.
        self._asked_for = [name for message in brief.history for call in message.calls if (name := asked_for(call))]
        self.messages: list[Message] = [*brief.history, Message(speaker=Speaker.STEAD, text=brief.opening)]
        self.spent = Spent()
        self.seen = {name: Seen(evidence=name, tool="", arguments="", text=text) for name, text in brief.collected.items() if text}
        self.tainted = brief.tainted
        self._turn = 0
        self._failed: Counter[tuple[str, str]] = Counter()
        self._known: set[str] = set()
        self._barren = 0
        self._ids = {call.id for message in brief.history for call in message.calls}
        self._numbered = brief.numbered + len([message for message in brief.history if message.speaker is Speaker.TOOL])

    async def play(self) -> Outcome:
        await self._look_first()
        while True:
            if why := self.brief.budget.exceeded(self.spent):
                return self._end(Ending.OUT_OF_BUDGET, why)
            reply = await self._ask()
            if reply.failure:
                return self._end(_ENDS.get(reply.model, Ending.NO_MODEL), reply.failure)
            self.messages.append(reply.message)
            if self.brief.talk and not reply.message.calls:
                return self._end(Ending.CONCLUDED, "")
            concluded = await self._hear(reply.message)
            if concluded is not None:
                return self._end(Ending.CONCLUDED, "", concluded)
            if why := self._stuck():
                return self._end(Ending.STUCK, why)

    async def _look_first(self) -> None:
        """Take the looks of the goal's packs, and tell what they saw with the first message."""
        fitting = [call for call in self.brief.looks if call.tool in self.toolbox.tools]
        looks = [self._look(call, f"E{self._numbered + n}") for n, call in enumerate(fitting, start=1)]
        self._numbered += len(looks)
        for call, seen in zip(fitting, await asyncio.gather(*looks), strict=True):
            self.spent += Spent(calls=1, seconds=seen.seconds)
            if not seen.failed:
                self.seen[seen.evidence] = seen
                self.tainted = self.tainted or seen.tainted
            shown = self.toolbox.shown(seen, MOST_PACKED // len(looks))
            told = replace(self.messages[-1], text=f"{self.messages[-1].text}\n\n{call.tool} {call.arguments}: {shown}")
            self.messages[-1] = told

    async def _ask(self) -> Reply:
        self._turn += 1
        tools = self.toolbox.offers(dict.fromkeys(self._asked_for))
        question = Question(
            system=self.brief.system,
            messages=fitted(self.messages, self.brief.system, tools, self._context),
            tools=tools,
        )

        async def ask() -> Reply:
            if why := await self._over():
                return Reply(message=Message(speaker=Speaker.MODEL), model=_NOBODY, failure=why)
            fault_point("investigate.before-model")
            try:
                reply = await self.models.ask(question)
            except BrokenOffError as error:
                fault_point("investigate.broken-off")
                return Reply(message=Message(speaker=Speaker.MODEL), model=_NOBODY, failure=str(error))
            except SpentOutError as error:
                return Reply(message=Message(speaker=Speaker.MODEL), model=_SPENT_OUT, failure=str(error))
            except NoModelError as error:
                return Reply(message=Message(speaker=Speaker.MODEL), failure=str(error))
            fault_point("investigate.after-model")
            # Nothing that a model repeats is kept before its secrets are hidden.
            redact = self.toolbox.redact
            calls = tuple(replace(call, arguments=redact(call.arguments)) for call in reply.message.calls)
            return replace(reply, message=replace(reply.message, text=redact(reply.message.text), calls=calls))

        reply = load_plain(await self._once(f"model:{self._turn}", "model", ask), Reply)
        self.spent += reply.spent
        return replace(reply, message=self._with_own_ids(reply.message))

    def _with_own_ids(self, said: Message) -> Message:
        """Each call under an id of its own in this run: some endpoints begin anew in every answer, or give none."""
        calls: list[ToolCall] = []
        for position, call in enumerate(said.calls, start=1):
            name = call.id or f"call_{self._turn}_{position}"
            calls.append(replace(call, id=name if name not in self._ids else f"{name}.{self._turn}.{position}"))
            self._ids.add(calls[-1].id)
        return replace(said, calls=tuple(calls))

    async def _hear(self, said: Message) -> Conclusion | None:
        """Do what the model asked for; the conclusion where it came to one."""
        for call in said.calls:
            if call.tool == CONCLUDE:
                return self._concluded(call, said.calls)
        if not said.calls:
            self._barren += 1
            self.messages.append(Message(speaker=Speaker.STEAD, text=GO_ON))
            return None
        looks = [self._look(call, f"E{self._numbered + n}") for n, call in enumerate(said.calls, start=1)]
        self._numbered += len(looks)
        news = [self._take(call, seen) for call, seen in zip(said.calls, await asyncio.gather(*looks), strict=True)]
        self._barren = 0 if any(news) else self._barren + 1
        if spent_most_of(self.brief.budget, self.spent.tokens, self.spent.calls):
            self.messages.append(Message(speaker=Speaker.STEAD, text=COME_TO_AN_END))
        return None

    async def _look(self, call: ToolCall, evidence: str) -> Seen:
        async def look() -> Seen:
            fault_point("investigate.before-tool")
            seen = await self.toolbox.look(call, evidence, self.seen)
            fault_point("investigate.after-tool")
            return seen

        return load_plain(await self._once(f"tool:{call.id}", "tool", look), Seen)

    def _take(self, call: ToolCall, seen: Seen) -> bool:
        """Tell the model what was seen. Whether that was news."""
        self.spent += Spent(calls=1, seconds=seen.seconds)
        self.messages.append(Message(speaker=Speaker.TOOL, text=self.toolbox.shown(seen), answers=call.id, tool=call.tool))
        if seen.failed:
            self._failed[call.tool, call.arguments] += 1
        else:
            self.seen[seen.evidence] = seen
            self._asked_for += [name] if (name := asked_for(call)) else []
            self.tainted = self.tainted or seen.tainted
        digest = hashlib.sha256(seen.text.encode()).hexdigest()
        news = not seen.failed and digest not in self._known
        self._known.add(digest)
        return news

    def _concluded(self, call: ToolCall, calls: Sequence[ToolCall]) -> Conclusion | None:
        """The conclusion without what rests on nothing; None, and the model is told why, when it does not fit the form."""
        try:
            made = conclusion_of(call, self.toolbox.redact)
        except ValueError as error:
            self._failed[CONCLUDE, call.arguments] += 1
            self._barren += 1
            for each in calls:
                text = f"error: {error}" if each is call else "not done: `conclude` is called alone"
                self.messages.append(Message(speaker=Speaker.TOOL, text=text, answers=each.id, tool=each.tool))
            return None
        for each in calls:
            self.messages.append(Message(speaker=Speaker.TOOL, text="taken", answers=each.id, tool=each.tool))
        return strike(made, {*self.brief.collected, *self.seen})

    def _stuck(self) -> str:
        most = self.brief.budget.repeats
        for (tool, _), times in self._failed.items():
            if times >= most:
                return f"it made the same failing call of {tool[:60]} {times} times"
        return f"{self._barren} answers in a row brought nothing new" if self._barren >= most else ""

    def _end(self, ending: Ending, note: str, conclusion: Conclusion | None = None) -> Outcome:
        return Outcome(
            ending=ending, note=note, spent=self.spent, conclusion=conclusion, tainted=self.tainted, messages=tuple(self.messages)
        )


_NOBODY, _SPENT_OUT = "nobody", "spent out"
"""In the place of a model's name: nobody was asked, or listened to, because it was over, or because a budget had run out."""
_ENDS = {_NOBODY: Ending.CANCELLED, _SPENT_OUT: Ending.OUT_OF_BUDGET}
