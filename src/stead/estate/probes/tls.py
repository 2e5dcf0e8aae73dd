"""Makes a TLS handshake once, and looks at the certificate."""

from __future__ import annotations

import asyncio

from stead.estate.probes import wire
from stead.estate.probes.targets import TlsSeen, TlsTarget, Unanswered


async def probe(target: TlsTarget) -> TlsSeen | Unanswered:
    """The certificate as it is shown, trusted or not. BlindError when it could not be tried."""
    what, name = f"{target.host}:{target.port}", target.server_name or target.host
    verify = wire.trusting(target.ca) if target.verify else None
    try:
        async with asyncio.timeout(target.timeout.total_seconds()):
            if (lost := await wire.resolve(target.host, target.port)) is not None:
                return lost
            began = wire.seconds()
            shown = await wire.certificate(target.host, target.port, name, verify)
            return shown if isinstance(shown, Unanswered) else TlsSeen(seconds=wire.seconds() - began, certificate=shown)
    except TimeoutError:
        return Unanswered(reason="Timeout", words=f"{what} does not answer within {target.timeout.total_seconds():g} s")
    except OSError as error:
        return wire.judged(error, what)
