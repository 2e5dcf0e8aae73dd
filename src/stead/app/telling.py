"""From the settings to who is told what: routes, ladders, and how much at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypedDict

from stead.app.route_settings import routing_of
from stead.app.settings import Settings
from stead.domain.escalation import Ladder
from stead.domain.routing import Routing


class Telling(TypedDict):
    """What the journey is handed of this."""

    ladders: Sequence[Ladder]
    routing: Routing
    most_a_minute: Mapping[str, int]


def of(settings: Settings) -> Telling:
    return Telling(
        ladders=tuple(escalation.ladder() for escalation in settings.escalations),
        routing=routing_of(settings.routes, settings.receivers),
        most_a_minute={channel.name: channel.most_a_minute for channel in settings.channels},
    )
