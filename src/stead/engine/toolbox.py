"""What a run may look with: the tools that fit its estate, kinds and agent, and Stead's own, `page`, `more_tools` and `conclude`.

Promise: nothing of what a tool saw is kept or shown before its secrets are hidden, and a model is shown it cleaned, cut and fenced. A tool
that the agent's policy does not offer cannot be called, whatever the model says: it is refused here, where every call passes.
"""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import msgspec
import structlog

from stead.declare import Looked, Tool, Toolset
from stead.domain.agent import ANY_TOOL, ToolPolicy
from stead.domain.conclusion import SCHEMA, Conclusion
from stead.domain.errors import SteadError
from stead.domain.excerpt import ends_of, excerpt, fenced, part, visible
from stead.domain.run import Seen, ToolCall, ToolOffer
from stead.domain.typed import known
from stead.ports import Estate

PATIENCE = 60.0
"""Seconds that one look may take."""
MOST_KEPT = 262_144
"""Characters of one look that are kept to be paged through."""
MOST_ARGUMENTS = 4000
_ROOM_TO_SAY = 120

log = structlog.get_logger("stead.engine")

CONCLUDE, PAGE, MORE, REMEMBER = "conclude", "page", "more_tools", "remember"


class PageArguments(msgspec.Struct, forbid_unknown_fields=True):
    """More of what was cut."""

    evidence: str
    from_line: int = 1


class RememberArguments(msgspec.Struct, forbid_unknown_fields=True):
    """One fact that will still be true in a month, or, of the third kind, how something is done, in Markdown."""

    fact: str
    about: Literal["estate", "user", "skill"] = "estate"


class MoreArguments(msgspec.Struct, forbid_unknown_fields=True):
    """More to look with."""

    toolset: str


@dataclass(frozen=True, kw_only=True)
class Toolbox:
    """`redact` hides secrets · `most` characters of one answer are shown · `nonce` fences what others wrote.

    `kinds` are the kinds of objects that the run is about. What is for other kinds is offered once it is asked for.
    `tools` are those that may be called, by name; `refused` says of those that fit the estate and may not be called why not.
    """

    estate: Estate
    toolsets: Sequence[Toolset]
    redact: Callable[[str], str]
    nonce: str
    most: int
    kinds: Collection[str] = ()
    tools: Mapping[str, Tool] = field(default_factory=dict[str, Tool])
    refused: Mapping[str, str] = field(default_factory=dict[str, str])

    @classmethod
    def of(
        cls,
        estate: Estate,
        toolsets: Sequence[Toolset],
        redact: Callable[[str], str],
        nonce: str,
        most: int,
        kinds: Collection[str] = (),
        policy: ToolPolicy = ANY_TOOL,
    ) -> Toolbox:
        fitting = [toolset for toolset in toolsets if toolset.fits(estate)]
        given = [toolset for toolset in fitting if policy.offers(toolset.name)]
        tools = {tool.name: tool for toolset in given for tool in toolset.tools}
        refused = {tool.name: _refusal(toolset.name, policy) for toolset in fitting for tool in toolset.tools if tool.name not in tools}
        return cls(estate=estate, toolsets=given, redact=redact, nonce=nonce, most=most, kinds=kinds, tools=tools, refused=refused)

    def offers(self, asked_for: Collection[str] = ()) -> tuple[ToolOffer, ...]:
        """In an order that never changes, so that a provider may cache them; last the toolsets that were `asked_for`, by name."""
        at_once = sorted((tool for each in self.toolsets if self._at_once(each) for tool in each.tools), key=lambda tool: tool.name)
        later = [tool for name in asked_for for each in self._later() if each.name == name for tool in each.tools]
        return (*map(_offer, at_once), *self._own(), *map(_offer, later))

    def _own(self) -> Iterator[ToolOffer]:
        yield ToolOffer(name=PAGE, description="Read on in evidence that was cut, from a line number.", schema=schema_of(PageArguments))
        told = "Propose one fact to remember, that will still be true in a month, or a skill: how you did it. A person reviews it."
        yield ToolOffer(name=REMEMBER, description=told, schema=schema_of(RememberArguments))
        if later := self._later():
            told = "; ".join(f"{each.name} ({_first_sentence(each.page)})" for each in later)
            yield ToolOffer(name=MORE, description=f"Get more tools, by toolset: {told}", schema=schema_of(MoreArguments))
        yield ToolOffer(name=CONCLUDE, description="End the investigation with what you found. Call it once, alone.", schema=SCHEMA)

    def _at_once(self, toolset: Toolset) -> bool:
        return toolset.kinds is None or not toolset.kinds.isdisjoint(self.kinds)

    def _later(self) -> list[Toolset]:
        return [toolset for toolset in self.toolsets if toolset.tools and not self._at_once(toolset)]

    async def look(self, call: ToolCall, evidence: str, before: Mapping[str, Seen]) -> Seen:
        """Make the call. Whatever goes wrong is an answer, in words that a model can correct itself by."""
        began = time.perf_counter()
        try:
            async with asyncio.timeout(PATIENCE):
                return self._seen(call, evidence, await self._look(call, before), began)
        except TimeoutError:
            told = f"no answer within {PATIENCE:.0f} s"
        except (SteadError, ValueError) as error:
            told = str(error)
        except Exception as error:  # a visitor's tool may raise anything, and return it
            log.exception("a tool broke", tool=call.tool)
            told = f"this tool broke ({type(error).__name__}); that is no fault of the call's, and Stead's log says where. Go on without it"
        return self._seen(call, evidence, Looked(text=f"error: {told}"), began, failed=True)

    def _seen(self, call: ToolCall, evidence: str, looked: Looked, began: float, *, failed: bool = False) -> Seen:
        return Seen(
            evidence=evidence,
            tool=call.tool,
            arguments=self.redact(call.arguments[:MOST_ARGUMENTS]),
            text=ends_of(self.redact(visible(looked.text)), MOST_KEPT),
            command=self.redact(looked.command),
            tainted=looked.tainted,
            failed=failed,
            seconds=round(time.perf_counter() - began, 3),
        )

    async def _look(self, call: ToolCall, before: Mapping[str, Seen]) -> Looked:
        if call.tool == PAGE:
            return _page(arguments_of(call, PageArguments), before, self.most)
        if call.tool == REMEMBER:
            if len(call.arguments) > MOST_ARGUMENTS:
                raise ValueError(f"this has {len(call.arguments)} characters; the most is {MOST_ARGUMENTS}")
            arguments_of(call, RememberArguments)
            return Looked(text="proposed; a person decides whether it is kept")
        if call.tool == MORE:
            return self._more(arguments_of(call, MoreArguments))
        tool = self.tools.get(call.tool)
        if tool is None and call.tool in self.refused:
            raise ValueError(self.refused[call.tool])
        if tool is None:
            raise ValueError(f"there is no tool `{call.tool[:60]}`; known: {', '.join([*sorted(self.tools), PAGE, CONCLUDE])}")
        return await tool.run(self.estate, arguments_of(call, tool.arguments))

    def _more(self, wanted: MoreArguments) -> Looked:
        found = next((each for each in self._later() if each.name == wanted.toolset.strip()), None)
        if found is None:
            known = ", ".join(each.name for each in self._later()) or "none"
            raise ValueError(f"there is no toolset `{wanted.toolset[:60]}` to get; there are: {known}")
        return Looked(text="from now on there are: " + ", ".join(tool.name for tool in found.tools))

    def shown(self, seen: Seen, most: int | None = None) -> str:
        """What the model is told of it: its id, and the text cut by meaning between marks that nobody could foresee."""
        cut = excerpt(seen.text, min(most or self.most, self.most))
        more = f"\n({cut.left_out} of {cut.lines} lines are not shown; `page` reads on in {seen.evidence})" if cut.left_out else ""
        return f"{seen.evidence}\n{fenced(cut.text or '(nothing)', self.nonce)}{more}"


def _refusal(toolset: str, policy: ToolPolicy) -> str:
    if policy.allows(toolset):
        return f"the toolset `{toolset}` is not switched on for this agent; a person may do that"
    return f"this agent may not use the toolset `{toolset}`; go on without it"


def _page(wanted: PageArguments, before: Mapping[str, Seen], most: int) -> Looked:
    found = before.get(wanted.evidence.strip().upper())
    if found is None:
        raise ValueError(f"there is no evidence `{wanted.evidence[:20]}` to read on in; known: {', '.join(before) or 'none yet'}")
    begin = max(wanted.from_line, 1)
    read = part(found.text, most - _ROOM_TO_SAY, begin)
    end = begin + read.text.count("\n")
    if not read.text:
        raise ValueError(f"{found.evidence} has {read.lines} lines; there is no line {begin}")
    more = f"\n(lines {begin} to {end} of {read.lines}; from_line {end + 1} reads on)" if end < read.lines else ""
    return Looked(text=read.text + more, command=found.command, tainted=found.tainted)


def asked_for(call: ToolCall) -> str:
    """The toolset that a call of `more_tools` names; "" for any other call, and for one that makes no sense."""
    try:
        return arguments_of(call, MoreArguments).toolset.strip() if call.tool == MORE else ""
    except ValueError:
        return ""


async def arrived(toolsets: Sequence[Toolset]) -> list[Toolset]:
    """The toolsets with the tools of those that had to ask which there are."""
    asked = await asyncio.gather(*(toolset.arrive() for toolset in toolsets if toolset.arrive is not None))
    fresh = iter(asked)
    return [toolset if toolset.arrive is None else replace(toolset, tools=next(fresh)) for toolset in toolsets]


def _offer(tool: Tool) -> ToolOffer:
    return ToolOffer(name=tool.name, description=tool.page, schema=tool.schema or schema_of(tool.arguments))


def _first_sentence(page: str) -> str:
    return re.split(r"[.:;]\s|\n", page, maxsplit=1)[0].strip().rstrip(".")


def arguments_of(call: ToolCall, kind: type[Any]) -> Any:
    """What the model wrote, as the tool's arguments. ValueError, in words for the model, when it does not fit."""
    try:
        given: Any = json.loads(call.arguments or "{}")
    except (ValueError, RecursionError) as error:
        raise ValueError(f"the arguments of `{call.tool[:60]}` are not JSON: {error}") from error
    try:
        return msgspec.convert(given, known(kind), strict=False)
    except msgspec.ValidationError as error:
        raise ValueError(f"the arguments of `{call.tool[:60]}` do not fit: {error}") from error


def conclusion_of(call: ToolCall, redact: Callable[[str], str]) -> Conclusion:
    """What a `conclude` says. ValueError, in words for the model, when it does not fit the form."""
    hidden = ToolCall(id=call.id, tool=call.tool, arguments=redact(visible(call.arguments)))
    made: Conclusion = arguments_of(hidden, Conclusion)
    if not made.cause.strip():
        raise ValueError("`cause` is empty; say in one or two sentences what is wrong and why")
    return made


def schema_of(kind: type[Any]) -> Mapping[str, Any]:
    """The JSON Schema of a Struct, as short as it can be: every byte of it is sent with every question."""
    whole = msgspec.json.schema(kind)
    made = whole["$defs"][kind.__name__]
    return {"type": "object", "properties": made["properties"], "required": made.get("required", [])}
