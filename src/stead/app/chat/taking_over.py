"""The first named channel of a kind takes over from the one that only the environment named, and says so once."""

from __future__ import annotations

from collections.abc import Mapping

import sqlalchemy as sa

from stead.app.environment_channels import DEFAULTS
from stead.domain.delivery import Because, Block, BlockKind, Message
from stead.domain.finding import Severity
from stead.engine import notify
from stead.engine.journey import Journey
from stead.store import events
from stead.store.handing_over import hand_over


def take_over(connection: sa.Connection, journey: Journey, kinds: Mapping[str, str]) -> None:
    """`kinds` has the kind of each configured channel by its name, in their order. Doing it again changes nothing."""
    for default in DEFAULTS:
        new = next((name for name, kind in kinds.items() if kind == default.kind), None)
        if new is None or default.kind in kinds or not hand_over(connection, default.kind, new):
            continue
        said = f"the channel `{new}` goes on with what the {default.kind} bot of the environment had begun"
        events.record(connection, "channel.taken_over", at=journey.now(), estate="", data={"channel": new, "said": said})
        hint = f"{' and '.join(default.tokens)} name no channel any more; what is configured counts."
        message = Message(
            title=said[:1].upper() + said[1:],
            severity=Severity.INFO,
            number="",
            state="",
            blocks=(Block(kind=BlockKind.TEXT, text=hint),),
            plain=True,
        )
        notify.announce(connection, journey, f"taken-over:{default.kind}", message, Because.FIRST, channels=[new])
