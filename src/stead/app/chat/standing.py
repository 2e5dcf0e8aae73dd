"""How all is, in the few lines that a phone shows."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

import sqlalchemy as sa

from stead.app import answers
from stead.engine import stopping


def lines(connection: sa.Connection, *, estates: Collection[str], ready: bool, deaf: Mapping[str, str]) -> list[str]:
    """The colour with what makes it, what is watched, and what else is not as it should be. `deaf` channels with why."""
    return list(_lines(connection, estates, ready, deaf))


def _lines(connection: sa.Connection, estates: Collection[str], ready: bool, deaf: Mapping[str, str]) -> Iterator[str]:
    numbers = answers.counts(connection)
    blind = {estate: len(answers.blind_findings(connection, estate)) for estate in estates}
    colour = answers.colour(numbers, ready=ready, blind=any(blind.values()) or not estates)
    open_, waits = numbers["incidents"]["open"], numbers["approvals_pending"]
    yield f"{colour.capitalize()}: {open_ or 'nothing'} open, {waits or 'nothing'} waiting for an answer."
    watched = [f"{estate} (blind in {count})" if count else estate for estate, count in blind.items()]
    yield f"Watched: {', '.join(watched) or 'nothing'}."
    stop = stopping.told(connection)
    if stop["stopped"]:
        yield f"Stopped by {stop['by']}: nothing is changed. /resume has it act again."
    if dead := numbers["deliveries"]["dead"]:
        yield f"{dead} messages could not be delivered: `stead status` tells."
    for channel, why in deaf.items():
        yield f"The channel {channel} does not listen: {why}"
