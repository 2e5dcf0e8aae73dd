"""What a person may write about who is told what: `routes` and `receivers`, in Alertmanager's words where it has some."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Annotated, ClassVar, Self

from pydantic import ConfigDict, Field, PlainSerializer, PlainValidator, WithJsonSchema, field_validator, model_validator

from stead.app.durations import Duration
from stead.app.muting_settings import matcher_list, matcher_texts
from stead.app.receiver_settings import ReceiverSettings
from stead.app.sections import Section
from stead.domain.matching import Matchers
from stead.domain.routing import ROUTE_LABELS, Route, Routing, Waits

_DEEPEST = 20


def _route_matchers(given: object) -> Matchers:
    return matcher_list(given, also=ROUTE_LABELS)


RouteMatchers = Annotated[
    Matchers,
    PlainValidator(_route_matchers),
    PlainSerializer(matcher_texts, return_type=list[str]),
    WithJsonSchema({"type": "array", "items": {"type": "string"}, "minItems": 1, "examples": [['severity="critical"']]}),
]


class RouteSettings(Section):
    """A route: what matches it goes to its receivers, unless one of the routes below takes it further."""

    model_config: ClassVar[ConfigDict] = ConfigDict(serialize_by_alias=True, validate_by_name=False)

    matchers: RouteMatchers | None = Field(
        default=None, description="What it is for, in Alertmanager's syntax; all must hold. Default: everything."
    )
    receiver: str | None = Field(default=None, description="Who is told. Default: as the route above; at the root, every channel.")
    receivers: tuple[str, ...] = Field(default=(), description="Instead of `receiver`: several who are told.")
    goes_on: bool = Field(default=False, alias="continue", description="Whether routes after it may match, too.")
    group_wait: Duration | None = Field(default=None, description="Gathers findings before the first word. Default: `timing.group_wait`.")
    group_interval: Duration | None = Field(default=None, description="Between two edits for what moved. Default: `timing.edit_wait`.")
    repeat_interval: Duration | None = Field(
        default=None, description="What is still open and nobody has acknowledged is said once more after this. Default: never."
    )
    routes: tuple[RouteSettings, ...] = Field(default=(), description="Routes below it, in order: the first that matches takes it.")

    @field_validator("repeat_interval")
    @classmethod
    def _not_too_often(cls, value: timedelta | None) -> timedelta | None:
        if value is not None and value < _OFTEN:
            raise ValueError("is shorter than a minute; write 4h")
        return value

    @model_validator(mode="after")
    def _one_word_for_it(self) -> Self:
        if self.receiver is not None and self.receivers:
            raise ValueError("has both `receiver` and `receivers`; write one of them")
        if self.depth > _DEEPEST:
            raise ValueError(f"has routes below routes more than {_DEEPEST} deep")
        return self

    @property
    def depth(self) -> int:
        return 1 + max((route.depth for route in self.routes), default=0)

    @property
    def names(self) -> Sequence[str]:
        return self.receivers or ((self.receiver,) if self.receiver is not None else ())

    def named(self) -> Iterator[str]:
        """Every receiver that is named here and below."""
        yield from self.names
        for route in self.routes:
            yield from route.named()

    def route(self) -> Route:
        return Route(
            matchers=self.matchers,
            receivers=tuple(self.names),
            goes_on=self.goes_on,
            waits=Waits(group_wait=self.group_wait, group_interval=self.group_interval, repeat_interval=self.repeat_interval),
            routes=tuple(route.route() for route in self.routes),
        )


_OFTEN = timedelta(minutes=1)


class RootSettings(RouteSettings):
    """The root of the tree: everything enters here, so it has no `matchers` and no `continue`."""

    @model_validator(mode="after")
    def _takes_everything(self) -> Self:
        if self.matchers is not None or self.goes_on:
            raise ValueError("matches everything, so it has no `matchers` and no `continue`; write them into a route under its `routes`")
        return self


def routing_of(routes: RootSettings | None, receivers: Sequence[ReceiverSettings]) -> Routing:
    root = None if routes is None else routes.route()
    return Routing(root=root, receivers={receiver.name: receiver.receiver() for receiver in receivers})


def unknown_names(routes: RootSettings | None, receivers: Sequence[ReceiverSettings], channels: Sequence[str]) -> Iterator[str]:
    """What names a channel or a receiver that is none, each as a sentence."""
    for receiver in receivers:
        for channel in receiver.channels or (receiver.name,):
            if channel not in channels:
                yield f"receivers: `{receiver.name}` names the channel `{channel[:60]}`, which is none; {_there(channels)}"
    known = sorted({*channels, *(receiver.name for receiver in receivers)})
    for name in routes.named() if routes is not None else ():
        if name not in known:
            yield f"routes: `{name[:60]}` is no receiver and no channel; {_there(known)}"


def _there(known: Sequence[str]) -> str:
    return f"there are {', '.join(known)}" if known else "there are none"
