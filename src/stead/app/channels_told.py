"""The channels, what was sent on them and what came of a test, as JSON-ready values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import sqlalchemy as sa

from stead.app.chat.desk import Desk, Trial
from stead.app.listeners import Listeners
from stead.app.shown import time
from stead.domain.delivery import Delivery
from stead.domain.errors import Exit, UserError
from stead.domain.ids import INVESTIGATOR, incident_number
from stead.ports import Channel
from stead.store import deliveries


def channels(connection: sa.Connection, channels_: Mapping[str, Channel], desk: Desk, listeners: Listeners) -> list[dict[str, Any]]:
    """Each with what it can, whether it listens, and how many messages are sent, wait and were given up."""
    counts = deliveries.counts_by_channel(connection)
    return [
        {
            "name": name,
            "kind": desk.kind(name),
            "agent": desk.agents.get(name, INVESTIGATOR),
            "can": [what for what, can in asdict(channel.capabilities).items() if can],
            **listeners.told(name),
            **{state: counts.get((name, state), 0) for state in ("sent", "queued", "dead")},
        }
        for name, channel in channels_.items()
    ]


def log(connection: sa.Connection, channel: str, limit: int) -> list[dict[str, Any]]:
    """What was said or is to be, newest first, of one channel or ("") of all."""
    return [_row(delivery) for delivery in deliveries.latest(connection, channel, limit)]


def trial(connection: sa.Connection, desk: Desk, nonce: str) -> dict[str, Any]:
    """What of a test has come back so far. UserError where there is no such test (any more)."""
    found: Trial | None = desk.trials.get(nonce)
    sent = deliveries.find(connection, found.delivery) if found is not None else None
    if found is None or sent is None:
        raise UserError("there is no such test", hint="stead channels test NAME begins one", code=Exit.NEGATIVE)
    shown = {"test": nonce, "channel": found.channel, "state": sent.state.value, "error": sent.error, "remote_id": sent.remote_id}
    asked = {"button": bool(sent.message.buttons), "file": bool(sent.message.attachments)}
    return {**shown, "asked": asked, "pressed_by": found.pressed_by, "wrote": found.wrote, "file": found.file}


def _row(of: Delivery) -> dict[str, Any]:
    names: Sequence[str] = [file.name for file in of.message.attachments]
    return {
        "id": of.id,
        "at": time(of.created_at),
        "channel": of.channel,
        "incident": incident_number(of.incident) if of.incident else "",
        "because": of.because.value,
        "state": of.state.value,
        "attempts": of.attempts,
        "edited": bool(of.replaces),
        "title": of.message.title or (of.message.blocks[0].text[:80] if of.message.blocks else ""),
        "attachments": list(names),
        "remote_id": of.remote_id,
        "error": of.error,
    }
