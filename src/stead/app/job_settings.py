"""What a person may write about jobs: in `stead.yaml`, in files of a folder, and to `stead jobs apply`; and the way back, for `export`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields
from datetime import timedelta
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, Literal, Self, cast

from pydantic import AfterValidator, Field, ValidationError, field_validator, model_validator

from stead.app.config_errors import as_user_error
from stead.app.durations import Duration, duration_text
from stead.app.sections import NAME, FilePath, Section
from stead.app.yaml_file import Path_, Written
from stead.domain.errors import UserError
from stead.domain.finding import Severity
from stead.domain.job import Job, JobKind, Misfire, Overlap, PromptBudget
from stead.domain.schedule import parse_schedule, parse_zone

MOST_JOBS = 1000
_PROGRAM = r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$"

OF_KIND = {
    JobKind.CHECK: ("checks", "estate", "always"),
    JobKind.SCRIPT: ("script", "arguments", "reads", "network", "workdir", "repeatable"),
    JobKind.PROMPT: ("prompt", "agent", "goal", "packs", "budget", "context_from", "workdir", "estate"),
    JobKind.REPORT: ("report",),
}
"""Keys that only jobs of a kind have."""


def _a_zone(name: str) -> str:
    parse_zone(name)
    return name


Zone = Annotated[str, AfterValidator(_a_zone)]


class JobBudget(Section):
    """What one run of a prompt may spend, at most what any run may."""

    tokens: int | None = Field(default=None, ge=1000, description="Tokens in and out.")
    calls: int | None = Field(default=None, ge=1, le=1000, description="Calls of models and of tools.")
    time: Duration | None = Field(default=None, description="Time spent waiting for models and tools.")
    money: float | None = Field(default=None, ge=0, strict=False, description="In the currency of the prices.")


class JobSettings(Section):
    """One job: a schedule and what it runs."""

    name: str = Field(pattern=NAME, description="By this name it is applied again, shown and run.")
    kind: Literal["check", "script", "prompt", "report"] = Field(description="What it runs.")
    schedule: str = Field(description="`every 15m`, `every 1d at 09:00`, `0 9 * * mon-fri`, `@daily`, or once `at 2026-12-01T09:00`.")
    timezone: Zone | None = Field(default=None, description="The zone of its times, like `Europe/Berlin`. Default: `jobs.timezone`.")
    description: str = Field(default="", max_length=500, description="What it is for.")
    misfire: Literal["skip", "once", "all"] = Field(
        default="once", description="What becomes of times that came while Stead was not running: nothing, one run for all, one for each."
    )
    within: Duration = Field(default=timedelta(days=1), description="With `misfire: all`: how far back is made up for.")
    overlap: Literal["skip", "queue", "replace"] = Field(
        default="skip", description="What becomes of a time while the run before it is under way: no run, a run after it, a run instead."
    )
    deliver: tuple[str, ...] = Field(default=(), description="Channels, by name, that are told. Default: all.")
    severity: Literal["info", "warning", "critical"] = Field(default="info", description="Of what it tells. That it failed is a warning.")
    timeout: Duration = Field(default=timedelta(minutes=5), description="A script that runs longer is ended, and that is blind.")
    checks: tuple[str, ...] = Field(default=(), max_length=200, description="Of a check: which, `NAME` or `NAME/KIND`. Default: all.")
    estate: str = Field(default="", description="Of a check or a prompt: where. Default: everywhere, or the first.")
    always: bool = Field(default=False, description="Of a check: also say that all is well, and what an incident has told already.")
    script: str = Field(default="", pattern=f"^$|{_PROGRAM}", description="Of a script: the name of a program in a folder of jobs.")
    arguments: tuple[str, ...] = Field(default=(), max_length=50, description="What the script is given.")
    reads: tuple[FilePath, ...] = Field(
        default=(), max_length=50, description="Files and folders that the script may read besides its own."
    )
    network: bool = Field(default=False, description="Whether the script may reach what is beyond this machine.")
    repeatable: bool = Field(
        default=False, description="Whether a script that was under way when Stead died is run again. Else it is told that it was cut off."
    )
    prompt: str = Field(default="", max_length=4000, description="Of a prompt: what the agent is to do.")
    agent: str = Field(default="reporter", pattern=NAME, description="Who does it, by slug.")
    goal: str = Field(default="", pattern=f"^$|{NAME}", description="A goal whose instructions and packs hold too.")
    packs: tuple[str, ...] = Field(default=(), max_length=20, description="Context packs that are looked at first.")
    budget: JobBudget = Field(default=JobBudget(), description="What one run may spend.")
    context_from: str = Field(default="", pattern=f"^$|{NAME}", description="A job whose last output is told.")
    workdir: FilePath | None = Field(
        default=None, description="A folder: the script runs in it and reads it; a prompt is told the `CONTEXT.md` or `AGENTS.md` in it."
    )
    report: Literal["", "daily"] = Field(default="", description="Of a report: which page.")
    seeded: bool = Field(default=False, description="Made once from here; what people change on it later stays.")

    @field_validator("timeout", "within")
    @classmethod
    def _not_too_short(cls, value: timedelta) -> timedelta:
        if not timedelta(seconds=1) <= value <= timedelta(days=366):
            raise ValueError("must be from 1s to 366d")
        return value

    @field_validator("arguments", "prompt", "script")
    @classmethod
    def _can_be_given(cls, value: str | tuple[str, ...]) -> str | tuple[str, ...]:
        if "\0" in "".join(value):
            raise ValueError("holds what no program can be given")
        return value

    @model_validator(mode="after")
    def _fits_its_kind(self) -> Self:
        kind = JobKind(self.kind)
        for key in sorted(self.model_fields_set):
            kinds = [other for other, keys in OF_KIND.items() if key in keys]
            if kinds and kind not in kinds:
                raise ValueError(f"has `{key}`, which a {kind} has not; it belongs to {' and '.join(kinds)}")
        needed = {JobKind.SCRIPT: self.script, JobKind.PROMPT: self.prompt.strip(), JobKind.REPORT: self.report}.get(kind, "-")
        if not needed:
            raise ValueError(f"has no `{kind}`; a job of the kind {kind} needs it")
        if self.context_from == self.name:
            raise ValueError("has itself in `context_from`; name another job")
        parse_schedule(self.schedule, self.timezone or "UTC")
        return self

    def job(self, zone: str) -> Job:
        """The job, its times in `zone` where it names none itself."""
        own = {name: value for name in _PLAIN if (value := getattr(self, name)) is not None}
        budget = self.budget
        return Job(
            **own,
            kind=JobKind(self.kind),
            timezone=self.timezone or zone,
            misfire=Misfire(self.misfire),
            overlap=Overlap(self.overlap),
            severity=Severity(self.severity),
            reads=tuple(map(str, self.reads)),
            workdir="" if self.workdir is None else str(self.workdir),
            budget=PromptBudget(
                tokens=budget.tokens,
                calls=budget.calls,
                seconds=None if budget.time is None else budget.time.total_seconds(),
                money=budget.money,
            ),
        )


_SPECIAL = frozenset({"kind", "timezone", "misfire", "overlap", "severity", "reads", "workdir", "budget"})
_PLAIN = tuple(field.name for field in fields(Job) if field.name not in _SPECIAL)


class JobsSettings(Section):
    """What runs at its time."""

    timezone: Zone = Field(default="UTC", description="The zone of all times that name none, like `Europe/Berlin`.")
    folders: tuple[FilePath, ...] = Field(
        default=(), description="Folders of jobs: each YAML file holds a job or a list of them, and programs are scripts for them."
    )
    stock: bool = Field(default=True, description="Whether the jobs that come with Stead are there, where their estate is.")
    declared: tuple[JobSettings, ...] = Field(default=(), max_length=MOST_JOBS, description="Jobs, as in a file of such a folder.")


def jobs_in(written: Written, folder: Path) -> list[tuple[JobSettings, Path_]]:
    """The jobs of a file: one, a list, or a list under `jobs`; each with where it stands. UserError, with the line, for a mistake."""
    data: object = written.data
    under: Path_ = ()
    if isinstance(data, dict) and set(cast("dict[str, object]", data)) == {"jobs"}:
        data, under = cast("dict[str, object]", data)["jobs"], ("jobs",)
    if isinstance(data, dict):
        return [(_read(cast("dict[str, object]", data), written, under, folder), under)]
    if data is None:
        return []
    if not isinstance(data, list) or len(cast("list[object]", data)) > MOST_JOBS:
        raise UserError(f"{written.name} holds no jobs", hint="write one with `name:`, `kind:` and `schedule:`, or a list of them")
    return [(_read(each, written, (*under, index), folder), (*under, index)) for index, each in enumerate(cast("list[object]", data))]


def _read(given: object, written: Written, under: Path_, folder: Path) -> JobSettings:
    if not isinstance(given, Mapping):
        raise UserError(f"{written.name}:{written.line(under)} is no job", hint="write `name:`, `kind:` and `schedule:`")
    try:
        return JobSettings.model_validate_json(json.dumps(given), context={"folder": folder})
    except ValidationError as error:
        raise as_user_error(error, written, JobSettings, under) from None


def as_written(job: Job, *, seeded: bool = False) -> dict[str, Any]:
    """The job as somebody would write it: what is not the default, in the order of the reference."""
    default = Job(name="", kind=job.kind, schedule="")
    told: dict[str, Any] = {"name": job.name, "kind": job.kind.value, "schedule": job.schedule, "timezone": job.timezone}
    for field in fields(Job):
        value = getattr(job, field.name)
        if field.name in told or value == getattr(default, field.name) or (field.name == "agent" and value == _AGENT):
            continue
        told[field.name] = _plain(value)
    return told | ({"seeded": True} if seeded else {})


_AGENT = JobSettings.model_fields["agent"].default


def _plain(value: Any) -> Any:
    if isinstance(value, timedelta):
        return duration_text(value)
    if isinstance(value, PromptBudget):
        time = None if value.seconds is None else duration_text(timedelta(seconds=value.seconds))
        return {
            key: each
            for key, each in {"tokens": value.tokens, "calls": value.calls, "time": time, "money": value.money}.items()
            if each is not None
        }
    if isinstance(value, Enum):
        return value.value
    return [*cast("tuple[Any, ...]", value)] if isinstance(value, tuple) else value
