"""Delete a Job that has ended, with its pods. It cannot be taken back: its logs are gone with it.

A Job that still runs is left alone.
"""

from __future__ import annotations

from stead.actions.fenced import standing
from stead.declare import Applied, Rbac, Verb
from stead.domain.action import Action, Risk
from stead.domain.errors import ConflictError
from stead.estate.kubernetes.jobs import running
from stead.estate.kubernetes.live import kubectl, text
from stead.ports import Estate, Hands


async def _preflight(action: Action, estate: Estate) -> str:
    live, why = await standing(action, estate)
    return why or ("it still runs" if running(live) else "")


async def _apply(action: Action, estate: Estate, hands: Hands) -> Applied:
    live, why = await standing(action, estate)
    if why or running(live):
        raise ConflictError(why or "it runs again")
    await hands.delete(action.request.subject, uid=action.request.precondition.uid, grace_seconds=None, action=action.id)
    return Applied(note=f"{action.request.subject} deleted")


async def _landed(action: Action, estate: Estate) -> bool:
    live = await estate.read(action.request.subject)
    other = live is None or text(live, "metadata", "uid") != action.request.precondition.uid
    return other or bool(text(live, "metadata", "deletionTimestamp"))


delete_job = Verb(
    name="delete_job",
    risk=Risk.LOW,
    reversible=False,
    kinds=("Job",),
    rbac=(Rbac(group="batch", resource="jobs", verbs=("delete",)),),
    preflight=_preflight,
    apply=_apply,
    landed=_landed,
    subject_stays=False,
    page=(__doc__ or "").strip(),
    api_version="batch/v1",
    command=lambda subject, _: kubectl(subject, "delete", "job", subject.name),
)
