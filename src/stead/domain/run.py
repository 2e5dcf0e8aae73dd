"""One piece of a model's work: what it is told, what it answers, what it may spend, and how it ends.

Plain values, so that a run can be stored, resumed after a crash and read again without any model's library.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from stead.domain.agent import ANY_TOOL, ToolPolicy
from stead.domain.conclusion import Conclusion
from stead.domain.goal import INCIDENT


class Ending(StrEnum):
    """How a run ended. PARKED waits for what becomes of the actions it proposed; a later segment goes on from it."""

    CONCLUDED = "concluded"
    PARKED = "parked"
    OUT_OF_BUDGET = "out of budget"
    STUCK = "stuck"
    NO_MODEL = "no model"
    CANCELLED = "cancelled"
    FAILED = "failed"


class Speaker(StrEnum):
    """STEAD tells and asks, the MODEL answers, a TOOL says what it saw."""

    STEAD = "stead"
    MODEL = "model"
    TOOL = "tool"


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolCall:
    """A model's wish to look. `arguments` is the text that the model wrote: JSON, if it can write that."""

    id: str
    tool: str
    arguments: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One thing said in a run. `calls` only of a MODEL, `answers` (the call's id) and `tool` only of a TOOL."""

    speaker: Speaker
    text: str = ""
    calls: tuple[ToolCall, ...] = ()
    answers: str = ""
    tool: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolOffer:
    """A tool as a model is told of it; `schema` is the JSON Schema of its arguments."""

    name: str
    description: str
    schema: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Everything that a model is sent at once. `system` and `tools` stay the same through a run, so a provider may cache them."""

    system: str
    messages: tuple[Message, ...]
    tools: tuple[ToolOffer, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """Tokens in and out, those of them that came from a provider's cache, money in the currency of the configured prices."""

    tokens_in: int = 0
    tokens_out: int = 0
    cached: int = 0
    money: float = 0.0
    calls: int = 0
    seconds: float = 0.0

    @property
    def tokens(self) -> int:
        return self.tokens_in + self.tokens_out

    def __add__(self, other: Spent) -> Spent:
        return Spent(
            tokens_in=self.tokens_in + other.tokens_in,
            tokens_out=self.tokens_out + other.tokens_out,
            cached=self.cached + other.cached,
            money=self.money + other.money,
            calls=self.calls + other.calls,
            seconds=self.seconds + other.seconds,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What a model answered. `model` is its configured name; `passed_over` says of those before it why they did not answer.

    `failure` set: no model answered, and it says why, model by model.
    """

    message: Message
    model: str = ""
    spent: Spent = field(default_factory=Spent)
    passed_over: tuple[str, ...] = ()
    failure: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """What one run may spend. `calls` counts calls of models and of tools; `money` None means that nobody set a limit.

    `repeats` is how often one and the same call may fail, and how many calls in a row may bring nothing new.
    """

    tokens: int = 120_000
    calls: int = 40
    seconds: float = 600.0
    money: float | None = None
    repeats: int = 5

    def exceeded(self, spent: Spent) -> str:
        """What ran out, in words; "" while there is some left."""
        if spent.tokens >= self.tokens:
            return f"{spent.tokens} of {self.tokens} tokens are spent"
        if spent.calls >= self.calls:
            return f"{spent.calls} of {self.calls} calls are made"
        if spent.seconds >= self.seconds:
            return f"{spent.seconds:.0f} of {self.seconds:.0f} seconds are gone"
        if self.money is not None and spent.money >= self.money:
            return f"{spent.money:.4f} of {self.money:.4f} is spent"
        return ""

    def smaller(self, spent: Spent) -> Budget:
        """What is left of it once `spent` is taken away."""
        money = None if self.money is None else max(0.0, self.money - spent.money)
        return replace(
            self,
            tokens=max(0, self.tokens - spent.tokens),
            calls=max(0, self.calls - spent.calls),
            seconds=max(0.0, self.seconds - spent.seconds),
            money=money,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What a tool's call brought. `evidence` is its id (`E3`), `text` all of it, cleaned and without secrets.

    `failed`: the look could not be made, and `text` says why. `seconds` is what it took.
    """

    evidence: str
    tool: str
    arguments: str
    text: str
    command: str = ""
    tainted: bool = False
    failed: bool = False
    seconds: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Brief:
    """What a run begins with: `system` and `opening` are what the model is told, `collected` the evidence that was there before it.

    `history` is what was said in the segment before, where this one goes on from it. `state` and `note` are the incident's, to go back to.
    `kinds` are the kinds of objects that it is about: tools for these are offered at once.
    `looks` are taken before a model is asked, and told with `opening`.
    `toolsets` is the agent's policy as it was then: a soul that is edited changes the next run, not this one.
    In a `talk` plain words end the run: they are the answer. `numbered` pieces of evidence (`E1` …) were collected in the session before.
    """

    system: str
    opening: str
    budget: Budget
    toolsets: ToolPolicy = ANY_TOOL
    looks: tuple[ToolCall, ...] = ()
    collected: Mapping[str, str] = field(default_factory=dict[str, str])
    commands: Mapping[str, str] = field(default_factory=dict[str, str])
    tainted: bool = False
    history: tuple[Message, ...] = ()
    state: str = "open"
    note: str = ""
    kinds: tuple[str, ...] = ()
    talk: bool = False
    numbered: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One piece of work of one agent, `R-9`: on an episode of an incident, or (`incident` 0) to answer a question in a `session`.

    `asked_by` names the person who asked for it, "" where the incident itself did. `ending` is None while it is under way.
    """

    number: int
    incident: int
    episode: int
    segment: int
    agent: str
    nonce: str
    began_at: datetime
    asked_by: str = ""
    session: str = ""
    goal: str = INCIDENT
    estate: str = ""
    question: str = ""
    ending: Ending | None = None
    note: str = ""
    ended_at: datetime | None = None
    spent: Spent = field(default_factory=Spent)
    brief: Brief | None = None
    conclusion: Conclusion | None = None
