"""What a person may write about a receiver: its channels, its quiet hours, and whether it reads a digest instead."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal, Self

from pydantic import Field, model_validator

from stead.app.durations import Duration
from stead.app.muting_settings import minutes_of, weekdays_of, zone_of
from stead.app.sections import NAME, Section
from stead.domain.finding import Severity
from stead.domain.keeping import Digest, Habits
from stead.domain.matching import Matchers
from stead.domain.routing import Receiver
from stead.domain.windows import Daily, Window

_EVERYTHING = Matchers(())
_LEAST = timedelta(minutes=5)


class QuietSettings(Section):
    """A span of the day in which a receiver is not disturbed; not after its beginning, it ends on the next day."""

    start_time: str = Field(description="When it begins, like `22:00`.")
    end_time: str = Field(description="When it ends, like `07:00`.")
    weekdays: tuple[str, ...] = Field(default=(), description="On which it begins: `sunday`, `monday:friday`. Default: any.")
    location: str = Field(default="UTC", description="The time zone of its times, like `Europe/Berlin`.")

    @model_validator(mode="after")
    def _can_be(self) -> Self:
        self.window()
        return self

    def window(self) -> Window:
        daily = Daily(begins=minutes_of(self.start_time) % 1440, ends=minutes_of(self.end_time), weekdays=weekdays_of(self.weekdays))
        return Window(name="quiet", matchers=_EVERYTHING, daily=daily, zone=zone_of(self.location))


class DigestSettings(Section):
    """Everything at once, at certain times: `every` so often, or `at` a time of the day."""

    every: Duration | None = Field(default=None, description="So often, counted from midnight UTC: `1h`.")
    at: str | None = Field(default=None, description="Once a day at this time: `08:00`.")
    weekdays: tuple[str, ...] = Field(default=(), description="With `at`, on which days. Default: any.")
    location: str = Field(default="UTC", description="The time zone of `at`, like `Europe/Berlin`.")

    @model_validator(mode="after")
    def _can_be(self) -> Self:
        if (self.every is None) is (self.at is None):
            raise ValueError("needs one of `every` and `at`")
        if self.every is not None and not _LEAST <= self.every <= timedelta(days=1):
            raise ValueError("comes too often or too rarely; `every` is from 5m to 1d")
        self.digest()
        return self

    def digest(self) -> Digest:
        if self.every is not None:
            return Digest(every=self.every)
        begins = minutes_of(self.at or "") % 1440
        daily = Daily(begins=begins, ends=begins + 1, weekdays=weekdays_of(self.weekdays))
        return Digest(times=Window(name="digest", matchers=_EVERYTHING, daily=daily, zone=zone_of(self.location)))


class ReceiverSettings(Section):
    """Somebody to tell, or a place where several read. Each channel is also a receiver of its own name."""

    name: str = Field(pattern=NAME, description="Its name in routes. That of a channel says more about that channel.")
    channels: tuple[str, ...] = Field(default=(), description="By which channels it is told. Default: the channel of its own name.")
    quiet_hours: tuple[QuietSettings, ...] = Field(
        default=(), description="When it is told nothing new: what waited is told in one message at their end."
    )
    quiet_unless: Literal["info", "warning", "critical", "never"] = Field(
        default="critical", description="From this severity on it is told in its quiet hours, too; `never`: nothing is."
    )
    digest: DigestSettings | None = Field(
        default=None, description="It is told everything in one message at these times, and nothing at once."
    )

    def receiver(self) -> Receiver:
        return Receiver(name=self.name, channels=self.channels or (self.name,), habits=self._habits())

    def _habits(self) -> Habits:
        return Habits(
            quiet=tuple(hours.window() for hours in self.quiet_hours),
            unless=None if self.quiet_unless == "never" else Severity(self.quiet_unless),
            digest=None if self.digest is None else self.digest.digest(),
        )
