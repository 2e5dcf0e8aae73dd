"""What a person may write about something that should report again and again."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

from pydantic import Field, field_validator, model_validator

from stead.app.durations import Duration
from stead.app.sections import NAME, Section
from stead.domain.finding import Severity
from stead.domain.heartbeat import Heartbeat
from stead.domain.schedule import Once, parse_schedule, parse_zone
from stead.secrets import SecretRef

LONGEST = timedelta(days=400)
"""For what happens once a year."""


class HeartbeatSettings(Section):
    """Something that should report again and again at `/heartbeats/NAME`: a backup, a cron job. Its silence opens an incident."""

    name: str = Field(pattern=NAME, description="Its name in its address.")
    title: str = Field(default="", max_length=100, description="What messages call it, like `the backup of nas`. Default: its name.")
    every: Duration | None = Field(default=None, description="How often it reports; or a `schedule`.")
    schedule: str = Field(default="", description="When it reports, as a job's: `10 3 * * *`, `every 1d at 03:10`.")
    zone: str = Field(default="UTC", description="The time zone of `schedule`.")
    grace: Duration = Field(
        default=timedelta(minutes=10), description="How late it may be, and how long a run may take that said that it begins."
    )
    severity: Literal["info", "warning", "critical"] = Field(default="warning", description="How bad its silence is.")
    token: SecretRef | None = Field(
        default=None, description="A reference to the token that it sends. It may be missing only where a hook's `watchdog` feeds it."
    )
    estate: str = Field(default="", description="The estate that it is about. Default: the first.")

    @field_validator("every", "grace")
    @classmethod
    def _fits(cls, value: timedelta | None) -> timedelta | None:
        if value is not None and not timedelta(seconds=1) <= value <= LONGEST:
            raise ValueError("must be at least 1s and at most 400d")
        return value

    @field_validator("schedule")
    @classmethod
    def _is_schedule(cls, value: str) -> str:
        if value and isinstance(parse_schedule(value).rule, Once):
            raise ValueError("comes once, and a heartbeat again and again; write one like 10 3 * * *")
        return value

    @field_validator("zone")
    @classmethod
    def _is_zone(cls, value: str) -> str:
        parse_zone(value)
        return value

    @model_validator(mode="after")
    def _is_expected(self) -> HeartbeatSettings:
        if (self.every is None) is not bool(self.schedule):
            raise ValueError("needs one of `every` and `schedule`; write one like `every: 1d`")
        return self

    def rule(self) -> Heartbeat:
        return Heartbeat(
            name=self.name,
            title=self.title or self.name,
            every=self.every or timedelta(0),
            schedule=parse_schedule(self.schedule, self.zone) if self.schedule else None,
            grace=self.grace,
            severity=Severity(self.severity),
            estate=self.estate,
        )
