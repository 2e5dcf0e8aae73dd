"""How Stead and what it watches are, in one look: what `stead status` and a dashboard show."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stead import __version__
from stead.app import answers, outbox_told, spending_told
from stead.engine import stopping

if TYPE_CHECKING:
    from stead.app.wiring import Stead


async def told(stead: Stead) -> dict[str, Any]:
    """As JSON. `colour` is green only when everything could be seen and nothing is wrong."""
    look = stead.store.look
    numbers = await look(answers.counts)
    blind = {estate: await look(answers.blind_findings, estate) for estate in stead.estates}
    estates = answers.watched(stead.estates, blind)
    return {
        "version": __version__,
        "ready": stead.ready,
        "colour": answers.colour(numbers, ready=stead.ready, blind=any(blind.values()) or not estates),
        "estates": estates,
        "channels": [{"name": name, **stead.reception.listeners.told(name)} for name in stead.channels],
        **numbers,
        "dead": await look(outbox_told.dead),
        "models": await stead.look(spending_told.brief),
        "stop": await look(stopping.told),
        "policy_error": stead.policy_error,
        "now": stead.clock.now().isoformat(),
    }
