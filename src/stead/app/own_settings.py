"""What a person may write about a program that is a check: how often, how long, and what it may see."""

from __future__ import annotations

from datetime import timedelta

from pydantic import Field, field_validator

from stead.app.durations import Duration
from stead.app.sections import FilePath, Section
from stead.estate.own.estate import Manner

OWN = "own-checks"
"""The estate of the programs in `checks.folders`."""


class OwnCheckSettings(Section):
    """How one program runs. Without a word here it sees its own folder and the system's programs, and no network."""

    every: Duration = Field(default=timedelta(minutes=5), description="How often it runs.")
    timeout: Duration = Field(default=timedelta(seconds=30), description="After this it is ended, and that is blind.")
    arguments: tuple[str, ...] = Field(default=(), description="What it is given.")
    reads: tuple[FilePath, ...] = Field(default=(), description="Files and folders that it may read besides its own folder.")
    network: bool = Field(
        default=False, description="Whether it may reach what is beyond this machine. What listens on this machine stays out of reach."
    )

    @field_validator("every", "timeout")
    @classmethod
    def _not_too_short(cls, value: timedelta) -> timedelta:
        if value < timedelta(seconds=1):
            raise ValueError("must be at least 1s")
        return value

    @field_validator("arguments")
    @classmethod
    def _are_arguments(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if any("\0" in each for each in value):
            raise ValueError("holds what no program can be given")
        return value

    def manner(self) -> Manner:
        return Manner(every=self.every, timeout=self.timeout, arguments=self.arguments, reads=self.reads, network=self.network)
