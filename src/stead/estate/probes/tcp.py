"""Opens a TCP connection once."""

from __future__ import annotations

import asyncio

from stead.estate.probes import wire
from stead.estate.probes.targets import TcpSeen, TcpTarget, Unanswered


async def probe(target: TcpTarget) -> TcpSeen | Unanswered:
    """Connect and close. BlindError when it could not be tried."""
    what = f"{target.host}:{target.port}"
    try:
        async with asyncio.timeout(target.timeout.total_seconds()):
            if (lost := await wire.resolve(target.host, target.port)) is not None:
                return lost
            began = wire.seconds()
            async with wire.connected(target.host, target.port):
                return TcpSeen(seconds=wire.seconds() - began)
    except TimeoutError:
        return Unanswered(reason="Timeout", words=f"{what} does not answer within {target.timeout.total_seconds():g} s")
    except OSError as error:
        return wire.judged(error, what)
