"""Propose a change of a repository: a draft pull request with exact edits, which a person merges or closes.

Parameters: `changes`, `title`; the target is the Repository. The edits are made on the base branch, judged as they came out (scope, modes,
size, secrets, what is never changed), checked by the owner's validators, and shown whole before anybody says yes. What is approved is that
very diff: it is made again, compared, pushed as one branch that the action's id names, and opened as a draft. Nothing is ever merged.
Where a repository has a `coder`, `task` may stand for `changes`: a coding program makes the edits first, and they are judged like others.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from stead.declare import Applied, Became, Verb
from stead.domain import ids
from stead.domain.action import Action, ActionRequest, Fence, Risk
from stead.domain.code.edits import SAYS, edits_of
from stead.domain.drafting import BY_HAND, BY_PROGRAM, SAID, Drafted, May
from stead.domain.parameter import Parameter
from stead.domain.subject import Subject
from stead.estate.code.estate import PULL_REQUEST, REPOSITORY, RepositoriesEstate, branch_of
from stead.estate.code.repository import API, REPOSITORIES
from stead.estate.code.workshop import Change
from stead.estate.kubernetes.live import at, text
from stead.ports import Estate, Hands

_WORDS = 6000
"""Characters of what is told of the fault."""


async def _drafted(request: ActionRequest, estate: Estate, told: Sequence[str], may: May) -> Drafted:
    """The request with the edits that a coding program made of its `task`; as it is where it has `changes` already."""
    given = request.parameters
    if BY_PROGRAM not in given:
        return Drafted(request=request)
    if BY_HAND in given:
        return Drafted(request=request, why_not="it gives both `changes` and a `task`; one of them is enough")
    code = _code(estate)
    coder = code.workshop(request.subject.name).repository.coder
    written = await code.draft(request.subject.name, given[BY_PROGRAM], told, may)
    why = written.why_not or _no_edits(written.changes)
    filled = {**given, BY_HAND: [*written.changes], SAID: written.said}
    return Drafted(
        request=request if why else replace(request, parameters=filled, tainted=True),
        why_not=why,
        spent=written.spent,
        model=coder.spec.name if coder is not None else "",
    )


def _no_edits(changes: Sequence[Mapping[str, Any]]) -> str:
    """Why these are no edits that can be proposed, "" when they are."""
    try:
        return "" if edits_of([*changes]) else "it holds none"
    except ValueError as error:
        return "the coding program changed nothing" if not changes else str(error)


async def _prepare(request: ActionRequest, estate: Estate, told: Sequence[str]) -> tuple[ActionRequest, str]:
    """The request with the commit that it starts from, the digest of its diff, and what its pull request says."""
    if BY_HAND not in request.parameters:
        return request, "it gives neither `changes` nor a `task`"
    prepared = await _code(estate).prepare(request.subject.name, edits_of(request.parameters["changes"]))
    if prepared.change is None or prepared.why_not:
        return request, prepared.why_not or "nothing came of it"
    own = {
        "base": prepared.change.base,
        "diff": prepared.change.digest,
        "because": "\n".join([*_because(_asked(request, told)), *_files(prepared.change), *(f"- {note}" for note in prepared.notes)]),
    }
    return replace(request, parameters={**request.parameters, **own}), ""


async def _rehearse(action: Action, estate: Estate, _: Hands) -> Sequence[str]:
    return (await _again(action, estate)).diff.rstrip("\n").split("\n")


async def _preflight(action: Action, estate: Estate) -> str:
    if await estate.read(action.request.subject) is None:
        return f"{action.request.subject} is not configured any more"
    return "" if {"base", "diff"} <= set(action.request.parameters) else "its diff was never made"


async def _apply(action: Action, _: Estate, hands: Hands) -> Applied:
    given = action.request.parameters
    pull = _pull(action)
    trailers = f"Stead-Action: {action.id}\nStead-Incident: {ids.incident_number(action.incident)}\n"
    spec = {
        **{name: given[name] for name in ("changes", "base", "diff", "title")},
        "message": f"{given['title']}\n\n{trailers}",
        "body": _body(action, pull.name),
    }
    made = await hands.create(pull, {"spec": spec}, action=action.id)
    return Applied(note=f"draft pull request {text(made, 'status', 'url')}")


async def _landed(action: Action, estate: Estate) -> bool:
    return await _proved(action, estate) == ""


async def _made(action: Action, estate: Estate) -> str:
    pull = await estate.read(_pull(action))
    return "" if pull is None else f"draft pull request {text(pull, 'status', 'url')}"


async def _proved(action: Action, estate: Estate) -> str:
    return await _code(estate).stands(action.request.subject.name, _pull(action).name, await _again(action, estate))


async def _followed(action: Action, estate: Estate) -> Became | None:
    pull = await estate.read(_pull(action))
    if pull is None:
        return Became(note="its pull request is gone", taken=False)
    url = text(pull, "status", "url")
    if at(pull, "status", "merged") is True:
        return Became(note=f"{url} was merged by {text(pull, 'status', 'mergedBy') or 'somebody'}", taken=True)
    return Became(note=f"{url} was closed, and not merged", taken=False) if at(pull, "status", "closed") is True else None


async def _again(action: Action, estate: Estate) -> Change:
    given = action.request.parameters
    return await _code(estate).again(action.request.subject.name, given["base"], edits_of(given["changes"]), given["diff"])


def _pull(action: Action) -> Subject:
    subject = action.request.subject
    name = branch_of(action.id, str(action.request.parameters.get("diff", "")))
    return Subject(estate=subject.estate, api_version=API, kind=PULL_REQUEST, name=name, namespace=subject.name)


def _code(estate: Estate) -> RepositoriesEstate:
    if not isinstance(estate, RepositoriesEstate):
        raise TypeError(f"{estate.id} is no estate of repositories")
    return estate


def _asked(request: ActionRequest, told: Sequence[str]) -> Sequence[str]:
    task = request.parameters.get(BY_PROGRAM)
    return told if task is None else (*told, "", "The edits were made by a coding program, which was asked:", str(task))


def _because(told: Sequence[str]) -> Sequence[str]:
    """In a block of its own: there no forge takes a word for a mention of somebody, or for `closes #5`."""
    words = "\n".join(told)[:_WORDS].replace("`", "'")
    return ("```text", words, "```", "")


def _files(change: Change) -> Sequence[str]:
    return ("Changed:", "", *(f"- `{one.path}` +{len(one.added)} -{one.removed}" for one in change.entries), "")


def _body(action: Action, branch: str) -> str:
    lines = (
        str(action.request.parameters["because"]),
        "",
        "## How to revert",
        "",
        f"Close this and delete the branch `{branch}`. Once merged: `git revert` the commit with `Stead-Action: {action.id}`.",
        "",
        f"Made by Stead for {ids.incident_number(action.incident)} as action `{action.id}`. It is a draft: Stead never merges.",
    )
    return "\n".join(lines)


def _line(subject: Subject, given: Mapping[str, Any]) -> str:
    by = " (edited by a coding program)" if BY_PROGRAM in given else ""
    return f"# in {subject.name}: {' '.join(str(given.get('title', '')).split())}{by}"


propose_change = Verb(
    name="propose_change",
    risk=Risk.LOW,
    reversible=True,
    kinds=(REPOSITORY,),
    rbac=(),
    preflight=_preflight,
    apply=_apply,
    landed=_landed,
    page=(__doc__ or "").strip(),
    api_version=API,
    parameters={
        "title": Parameter(says="one line for the pull request", pattern=r"[^\n\r#@`\[\]]{4,100}"),
        BY_HAND: Parameter(says=SAYS, type=list, fits=edits_of, required=False),
        BY_PROGRAM: Parameter(
            says="instead of `changes`, what a coding program is to do, where the repository has one",
            pattern=r"(?s).{10,4000}",
            required=False,
        ),
        "base": Parameter(says="the commit that it starts from", pattern="[0-9a-f]{40,64}", required=False, own=True),
        "diff": Parameter(says="sha256 of the diff", pattern="[0-9a-f]{64}", required=False, own=True),
        SAID: Parameter(says="the end of what the coding program said", required=False, own=True),
        "because": Parameter(says="what the pull request says", required=False, own=True),
    },
    command=_line,
    fence=Fence.KEY,
    rehearse=_rehearse,
    proved=_proved,
    at=REPOSITORIES,
    prepare=_prepare,
    drafted=_drafted,
    followed=_followed,
    made=_made,
)
