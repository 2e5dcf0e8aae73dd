"""Roll a Helm release back: told as a line for a person, and never done.

Helm keeps its releases in Secrets, which Stead neither reads nor writes; only `helm` itself, with an identity that may, can take a release
back without leaving its record wrong. Parameters: `release`, and `to_revision`, 0 for the one before.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import Any

from stead.actions.fenced import standing
from stead.declare import Applied, Verb
from stead.domain.action import Action, Risk
from stead.domain.errors import PermanentError
from stead.domain.parameter import Parameter
from stead.domain.subject import Subject
from stead.estate.kubernetes.live import text
from stead.ports import Estate, Hands

_TOLD = "Helm keeps its releases in Secrets, which Stead neither reads nor writes: run the line yourself"


async def _preflight(action: Action, estate: Estate) -> str:
    live, why = await standing(action, estate)
    release = text(live, "metadata", "annotations", "meta.helm.sh/release-name")
    return why or ("" if release == action.request.parameters["release"] else "it belongs to no Helm release of that name")


async def _apply(_: Action, __: Estate, ___: Hands) -> Applied:
    raise PermanentError(_TOLD)


async def _landed(_: Action, __: Estate) -> bool:
    return False


def _line(subject: Subject, given: Mapping[str, Any]) -> str:
    return f"helm -n {subject.namespace} rollback {shlex.quote(str(given.get('release', '')))} {given.get('to_revision', 0)} --wait"


helm_rollback = Verb(
    name="helm_rollback",
    risk=Risk.HIGH,
    reversible=True,
    kinds=("Deployment", "StatefulSet", "DaemonSet"),
    rbac=(),
    preflight=_preflight,
    apply=_apply,
    landed=_landed,
    page=(__doc__ or "").strip(),
    api_version="apps/v1",
    parameters={
        "release": Parameter(says="name of the release", pattern=r"[a-z0-9]([-a-z0-9]{0,51}[a-z0-9])?"),
        "to_revision": Parameter(says="revision to go back to, 0 for the one before", type=int, least=0, required=False),
    },
    command=_line,
    told_only=_TOLD,
)
