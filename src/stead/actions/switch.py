"""Verbs that turn one field of a spec to one of its two positions, each the undo of the other."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Any

from stead.actions.fenced import has_landed, patch_fenced, rehearsal, standing
from stead.declare import Applied, Rbac, Verb
from stead.domain.action import Action, Risk
from stead.domain.subject import Subject
from stead.estate.kubernetes.live import at, precondition
from stead.ports import Estate, Hands, Object

Line = Callable[[Subject], str]
"""The command line that does the same by hand."""


def _fits(_: Subject) -> str:
    return ""


async def _nothing_against(_: Action, __: Estate, ___: Object) -> str:
    return ""


def switch(
    *,
    name: str,
    back: str,
    field: str,
    to: bool,
    already: str,
    note: str,
    doing: str,
    lines: tuple[Line, Line],
    risk: Risk,
    kinds: tuple[str, ...],
    rbac: tuple[Rbac, ...],
    page: str | None,
    api_version: str = "",
    fits: Callable[[Subject], str] = _fits,
    against: Callable[[Action, Estate, Object], Awaitable[str]] = _nothing_against,
) -> Verb:
    """The verb `name` that sets `spec.FIELD` to `to`; `back` is the verb of the other position.

    `already` says why not where it stands so, `note` what is true of the subject afterwards, `doing` what may not have helped. `lines` are
    the command lines of this verb and of `back`. `fits` says why a subject is none of its own, `against` what else speaks against it.
    """
    line, back_line = lines

    async def preflight(action: Action, estate: Estate) -> str:
        if why := fits(action.request.subject):
            return why
        live, why = await standing(action, estate)
        if why:
            return why
        return already if (at(live, "spec", field) is True) is to else await against(action, estate, live)

    async def change(_: Action, __: Estate, ___: Object) -> Mapping[str, Any]:
        return {"spec": {field: to}}

    async def apply(action: Action, estate: Estate, hands: Hands) -> Applied:
        _, after = await patch_fenced(action, estate, hands, change)
        subject = action.request.subject
        undo = replace(
            action.request,
            verb=back,
            precondition=precondition(after),
            reason=f"takes back {action.id}: {doing} did not help",
            command=back_line(subject),
            undo="",
        )
        return Applied(note=f"{subject} {note}", undo=undo)

    return Verb(
        name=name,
        risk=risk,
        reversible=True,
        kinds=kinds,
        rbac=rbac,
        preflight=preflight,
        apply=apply,
        landed=has_landed,
        page=(page or "").strip(),
        api_version=api_version,
        command=lambda subject, _: line(subject),
        rehearse=rehearsal(change),
        against_git=True,
    )
