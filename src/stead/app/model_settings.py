"""`models:`, `budgets:` and `agents:` of the configuration."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import Field, field_validator

from stead.app.durations import Duration
from stead.app.sections import NAME, FilePath, Section
from stead.domain.budget import Budgets, Limit
from stead.domain.run import Budget
from stead.secrets import SecretRef

_BUDGET = Budget()


class ModelSettings(Section):
    """A model, and where it is reached. They are asked in the order of the file; the first that answers is the one."""

    name: str = Field(pattern=NAME, description="Its name in runs and messages.")
    kind: str = Field(description="`openai` (any OpenAI-compatible endpoint), `ollama`, `anthropic`, or one that a visitor brings.")
    model: str = Field(min_length=1, max_length=200, description="The model's name, as the endpoint knows it.")
    base_url: str | None = Field(default=None, description="The endpoint. Default: the kind's environment variable, or its own address.")
    api_key: SecretRef | None = Field(
        default=None, description="A reference to the key: `env:NAME`, `file:/path`, `cred:name`. Default: the kind's environment variable."
    )
    role: Literal["main", "small"] = Field(default="main", description="`main` reasons; `small` does side jobs.")
    agents: tuple[str, ...] = Field(
        default=(), description="The agents that it is for, by slug; it comes before those for all. Default: all."
    )
    goals: tuple[str, ...] = Field(default=(), description="The goals that it is for; it comes before those for all. Default: all.")
    context: int = Field(default=8192, ge=2048, le=10_000_000, description="Tokens that it can hold.")
    price_in: float = Field(default=0.0, ge=0, strict=False, description="What a million tokens cost that it is sent, in your currency.")
    price_out: float = Field(default=0.0, ge=0, strict=False, description="What a million tokens cost that it writes.")
    price_cached: float | None = Field(
        default=None, ge=0, strict=False, description="What a million tokens cost that its cache had. Default: as `price_in`."
    )
    connect: float = Field(default=5.0, gt=0, le=150, strict=False, description="Seconds to connect.")
    first_byte: float = Field(default=20.0, gt=0, le=150, strict=False, description="Seconds until it begins to answer.")

    @field_validator("base_url")
    @classmethod
    def _is_an_address(cls, value: str | None) -> str | None:
        if value is None:
            return value
        try:
            parts = urlsplit(value)
            good, secret = parts.scheme in ("http", "https") and bool(parts.hostname), bool(parts.password)
        except ValueError as error:
            raise ValueError("is not an address; write https://host/v1") from error
        if not good:
            raise ValueError("is not an address; write https://host/v1")
        if secret:
            raise ValueError("holds a password; give it as `api_key`, by reference")
        return value


class RunBudget(Section):
    """What one run of a model may spend before it is ended."""

    tokens: int = Field(default=_BUDGET.tokens, ge=1000, description="Tokens in and out.")
    calls: int = Field(default=_BUDGET.calls, ge=1, le=1000, description="Calls of models and of tools.")
    time: Duration = Field(default=timedelta(seconds=_BUDGET.seconds), description="Time spent waiting for models and tools.")
    money: float | None = Field(default=None, ge=0, strict=False, description="In the currency of the prices. Default: no limit.")

    def budget(self) -> Budget:
        return Budget(tokens=self.tokens, calls=self.calls, seconds=self.time.total_seconds(), money=self.money)


class LimitSettings(Section):
    """The most that may be spent. What is left out has no limit."""

    tokens: int | None = Field(default=None, ge=1, description="Tokens in and out.")
    money: float | None = Field(default=None, ge=0, strict=False, description="In the currency of the prices.")
    time: Duration | None = Field(default=None, description="Time spent waiting for models and tools.")

    def limit(self) -> Limit:
        return Limit(tokens=self.tokens, money=self.money, seconds=None if self.time is None else self.time.total_seconds())


class BudgetsSettings(Section):
    """How much models may spend. Days and months are the calendar's, in UTC."""

    run: RunBudget = RunBudget()
    incident_runs: int = Field(default=3, ge=1, le=50, description="Runs on one episode of an incident, besides those asked for.")
    incident: LimitSettings = Field(default=LimitSettings(), description="All runs on one episode of an incident.")
    agent: LimitSettings = Field(default=LimitSettings(), description="Each agent in a day.")
    agents: dict[str, LimitSettings] = Field(default={}, description="Instead of `agent`, by the agent's slug.")
    day: LimitSettings = Field(default=LimitSettings(), description="All together in a day.")
    month: LimitSettings = Field(default=LimitSettings(), description="All together in a month.")

    def budgets(self) -> Budgets:
        return Budgets(
            incident=self.incident.limit(),
            agent=self.agent.limit(),
            agents={slug: limit.limit() for slug, limit in self.agents.items()},
            day=self.day.limit(),
            month=self.month.limit(),
        )

    @property
    def limits_money(self) -> str:
        """The key that sets a limit of money, "" where none does."""
        named = {"run": self.run.money, "incident": self.incident.money, "agent": self.agent.money}
        named |= {f"agents.{slug}": limit.money for slug, limit in self.agents.items()}
        named |= {"day": self.day.money, "month": self.month.money}
        return next((name for name, money in named.items() if money is not None), "")


class AgentTools(Section):
    """Which of an agent's toolsets are switched on and off, where its manifest leaves that open."""

    enable: tuple[str, ...] = Field(default=(), description="Toolsets that it has besides, of those that its manifest names.")
    disable: tuple[str, ...] = Field(default=(), description="Toolsets that it has not, of those that its manifest does not enforce.")


Level = Literal["observe", "propose", "ask", "act"]


class AgentsSettings(Section):
    """Which agents there are, and what they may do. They only ever propose; policy decides."""

    folders: tuple[FilePath, ...] = Field(
        default=(), description="Folders with agents of your own, each a folder with `soul.md` and `soul.manifest.yaml`."
    )
    memory_review: bool = Field(default=True, description="Whether what a model proposes to remember waits for a person.")
    skill_review: bool = Field(
        default=False, description="Whether every skill that an agent writes waits for a person; that of a tainted run always does."
    )
    debrief: Literal["asked", "solved"] = Field(
        default="asked",
        description="When a runbook is drafted of an incident that is over: when a person asks, or also by itself once it was `solved`.",
    )
    goal_folders: tuple[FilePath, ...] = Field(default=(), description="Folders with goals of your own, each a Markdown file.")
    goals: dict[str, str] = Field(default={}, description="Who serves a goal, by its name: an agent's slug. Default: as the goal says.")
    tools: dict[str, AgentTools] = Field(default={}, description="Toolsets switched on or off, by the agent's slug.")

    autonomy: Level | Annotated[dict[str, Level], Field(min_length=1)] = Field(
        default="ask",
        description="What becomes of a proposal that policy does not deny: `observe` and `propose` tell it as text, `ask` asks a person, "
        "`act` does as policy says once it is earned, and asks until then. Or a map from actions (`restart_*`) to such a level: the "
        "strictest that fits counts, and for an action that none fits, the strictest of all.",
    )


def named_model(word: str) -> ModelSettings:
    """`ollama:qwen3:8b` → a model of that kind. ValueError for a word without a kind."""
    kind, colon, model = word.partition(":")
    if not colon or not kind or not model:
        raise ValueError("is not a model; write KIND:MODEL, like openai:gpt-5-mini or ollama:qwen3:8b")
    return ModelSettings(name=kind, kind=kind, model=model)
