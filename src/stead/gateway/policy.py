"""What was proposed and what rules saw of it, over HTTP: with it a person tries another policy on what has really happened."""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query

from stead.app.wiring import Stead
from stead.domain.ids import incident_number
from stead.gateway.auth import needs
from stead.store import actions
from stead.store.tokens import Scope


def router(stead: Stead) -> APIRouter:
    made = APIRouter(prefix="/api", tags=["reading"], dependencies=[Depends(needs(stead, Scope.READ))])

    @made.get("/proposals")
    async def proposals(
        seconds: Annotated[int, Query(ge=1, le=366 * 86400, description="How far back.")] = 7 * 86400,
    ) -> list[dict[str, Any]]:
        """Every action that was proposed since then, with what was decided and the facts that rules saw, oldest first."""
        found = await stead.store.look(actions.proposed_since, stead.clock.now() - timedelta(seconds=seconds))
        return [
            {
                "action": stored.action.id,
                "incident": incident_number(stored.action.incident),
                "at": stored.proposed_at.isoformat(),
                "verb": stored.action.request.verb,
                "subject": str(stored.action.request.subject),
                "verdict": stored.decision.verdict.value,
                "rules": list(stored.decision.rules),
                "state": stored.action.state.value,
                "facts": None if facts is None else asdict(facts) | {"at": facts.at.isoformat() if facts.at else None},
            }
            for stored, facts in found
        ]

    return made
