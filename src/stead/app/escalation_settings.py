"""What a person may write about who is told next when nobody acknowledges: `escalations`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Self

from pydantic import Field, model_validator

from stead.app.durations import Duration
from stead.app.route_settings import RouteMatchers
from stead.app.sections import NAME, Section
from stead.domain.escalation import Ladder, Step
from stead.domain.matching import parse_matchers

_LEAST = timedelta(seconds=30)


class StepSettings(Section):
    """One step: after a wait without an acknowledgement, these are told."""

    after: Duration = Field(description="How long to wait for an acknowledgement before this step.")
    receiver: str | None = Field(default=None, description="Who is told: a receiver or a channel.")
    receivers: tuple[str, ...] = Field(default=(), description="Instead of `receiver`: several who are told.")

    @model_validator(mode="after")
    def _can_be(self) -> Self:
        if (self.receiver is None) is not bool(self.receivers):
            raise ValueError("needs one of `receiver` and `receivers`")
        if self.after < _LEAST:
            raise ValueError("leaves less than 30s to acknowledge; write `after: 10m`")
        return self

    @property
    def names(self) -> tuple[str, ...]:
        return self.receivers or ((self.receiver,) if self.receiver is not None else ())


class EscalationSettings(Section):
    """Who is told next while nobody acknowledges (`stead ack`). The first that is for an incident is taken."""

    name: str = Field(pattern=NAME, description="Its name where Stead says why somebody was told.")
    matchers: RouteMatchers = Field(
        default=parse_matchers('severity="critical"'), description='Which incidents it is for. Default: `severity="critical"`.'
    )
    approvals: bool = Field(default=True, description="Whether it is also for any incident that waits for an approval.")
    steps: tuple[StepSettings, ...] = Field(min_length=1, max_length=20, description="Who is told, one after the other.")
    rounds: int = Field(default=1, ge=1, le=100, description="How often the steps are gone through.")

    def ladder(self) -> Ladder:
        steps = tuple(Step(after=step.after, receivers=step.names) for step in self.steps)
        return Ladder(name=self.name, matchers=self.matchers, approvals=self.approvals, steps=steps, rounds=self.rounds)


def unknown_contacts(escalations: Sequence[EscalationSettings], known: Sequence[str]) -> Iterator[str]:
    """Steps that name nobody, each as a sentence."""
    for escalation in escalations:
        for name in (name for step in escalation.steps for name in step.names):
            if name not in known:
                yield f"escalations: `{name[:60]}` in `{escalation.name}` is no receiver and no channel; there are {', '.join(known)}"
