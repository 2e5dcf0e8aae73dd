"""The repositories as an Estate: what is read of them, what a change would be, and the one thing that is done, a draft pull request."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from stead.domain.code.edits import Edit, edits_of
from stead.domain.drafting import May
from stead.domain.errors import BlindError, ConflictError, PermanentError
from stead.domain.never import OWN_NAMESPACES
from stead.domain.subject import Subject
from stead.estate.code.coder import Written, scratch_folder
from stead.estate.code.forge import Forge, Pull
from stead.estate.code.judging import against, validated
from stead.estate.code.repository import API, REPOSITORIES, Repository
from stead.estate.code.scratch import Scratch
from stead.estate.code.tasks import prompt_of
from stead.estate.code.workshop import PREFIX, Change, Workshop
from stead.estate.hands import Refusing
from stead.estate.timed import Look, TimedEstate
from stead.ports import Clock, HostCommands, Object, Observation, Seen

REPOSITORY, PULL_REQUEST = "Repository", "PullRequest"


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A change that may be proposed, with a sentence on each validator; or `why_not`."""

    change: Change | None = None
    notes: tuple[str, ...] = ()
    why_not: str = ""


class RepositoriesEstate(TimedEstate):
    """All repositories that changes may be proposed to. Nothing in them is watched for faults."""

    def __init__(
        self, repositories: Iterable[Repository], commands: HostCommands, clock: Clock, own: Collection[str] = OWN_NAMESPACES
    ) -> None:
        super().__init__(REPOSITORIES, clock)
        self.workshops = {one.name: Workshop(one, clock) for one in repositories}
        self._forges = {name: Forge(one.repository.forge, one.repository.slug) for name, one in self.workshops.items()}
        self._commands = commands
        self._own = own
        self._coding = asyncio.Lock()

    def looks(self) -> Mapping[str, Look]:
        return {}

    def counts(self) -> Mapping[str, int]:
        return {REPOSITORY: len(self.workshops)}

    def itself(self) -> Subject:
        return Subject(estate=self.id, api_version=API, kind="Repositories", name=self.id)

    async def observe(self, check: str, fingerprint: str, subject: Subject) -> Observation:  # noqa: ARG002 - no check looks here
        """Nothing is ever at fault here: whether the subject is there is all that can be seen."""
        try:
            present = await self.read(subject) is not None
        except BlindError as error:
            return Observation(seen=Seen.BLIND, present=False, note=str(error))
        return Observation(seen=Seen.QUIET if present else Seen.ABSENT, present=present)

    async def read(self, subject: Subject) -> Object | None:
        """A repository by its name, or the pull request of a branch (`name`) of a repository (`namespace`)."""
        if subject.kind == PULL_REQUEST:
            pull = await self._forge(subject.namespace).find(self.workshop(subject.namespace).repository.base, subject.name)
            return None if pull is None else _told(subject, pull)
        if subject.kind != REPOSITORY:
            raise BlindError(f"repositories have no {subject.kind}", reason="Malformed")
        return self._object(self.workshops[subject.name]) if subject.name in self.workshops else None

    async def list(self, api_version: str, kind: str, namespace: str = "", labels: Mapping[str, str] | None = None) -> Sequence[Object]:
        if (api_version, kind) != (API, REPOSITORY):
            raise BlindError(f"repositories cannot list {kind} in {api_version}", reason="Malformed")
        return [] if namespace or labels else [self._object(one) for one in self.workshops.values()]

    def hands(self) -> CodeHands:
        return CodeHands(self)

    def workshop(self, name: str) -> Workshop:
        """BlindError where there is no such repository."""
        found = self.workshops.get(name)
        if found is None:
            raise BlindError(f"there is no repository `{name[:60]}`; there are: {', '.join(self.workshops)}", reason="Absent")
        return found

    async def draft(self, name: str, task: str, told: Sequence[str], may: May) -> Written:
        """Have the repository's coding program edit the base branch as it is now, one program at a time. BlindError when it cannot be run.

        `told` is what is known of the fault. Nothing is judged yet but the kinds of files: what it changed comes back as edits.
        """
        workshop = self.workshop(name)
        repository, coder = workshop.repository, workshop.repository.coder
        if coder is None:
            return Written(why_not=f"no coding program is configured for {name}: give exact `changes`")
        async with self._coding:
            try:
                held = await workshop.held(await workshop.base())
            except ValueError as error:
                return Written(why_not=str(error))
            async with scratch_folder(repository.folder) as folder:
                scratch = Scratch(folder, held, repository.scope)
                return await coder.edit(scratch, prompt_of(name, task, told, repository.scope, scratch.hidden), may)

    async def prepare(self, name: str, edits: Sequence[Edit]) -> Prepared:
        """Make the change on the base branch as it is now, judge it, and run the validators. BlindError when that cannot be done."""
        workshop = self.workshop(name)
        try:
            change = await workshop.make(await workshop.base(), edits)
            why = await against(workshop, change, self._own)
        except ValueError as error:
            return Prepared(why_not=str(error))
        if why:
            return Prepared(why_not=why)
        why, notes = await validated(workshop, change, self._commands)
        return Prepared(change=change, notes=notes, why_not=why)

    async def again(self, name: str, base: str, edits: Sequence[Edit], digest: str) -> Change:
        """The change that was approved, made again. ConflictError when it does not come out the same."""
        workshop = self.workshop(name)
        try:
            change = await workshop.make(base, edits)
            why = await against(workshop, change, self._own)
        except ValueError as error:
            raise ConflictError(f"the edits do not fit any more: {error}") from error
        if why:
            raise PermanentError(why)
        if change.digest != digest:
            raise ConflictError("the diff is not the one that was decided on")
        return change

    async def stands(self, name: str, branch: str, change: Change) -> str:
        """What is missing of the pull request with exactly this change, "" when nothing is. BlindError when it cannot be seen."""
        workshop = self.workshop(name)
        pull = await self._forge(name).find(workshop.repository.base, branch)
        if pull is None:
            return "there is no pull request yet"
        head = await workshop.branch(branch)
        if pull.merged:
            return ""
        if head != pull.head:
            return f"its head {pull.head[:12]} is not what the branch is at ({head[:12] or 'gone'})"
        return "" if await workshop.fetch_branch(branch) == change.tree else "its branch does not hold the change that was decided on"

    async def propose(self, name: str, branch: str, change: Change, title: str, message: str, body: str) -> Pull:
        """Push the branch and open the draft, or take up whichever of them an earlier try has left."""
        workshop = self.workshop(name)
        if not await workshop.branch(branch):
            await workshop.push(await workshop.commit_of(change, message, self._clock.now()), branch)
        elif await workshop.fetch_branch(branch) != change.tree:
            raise ConflictError(f"the branch {branch} is there already, with something else in it")
        return await self._forge(name).put(workshop.repository.base, branch, title, body)

    def _forge(self, name: str) -> Forge:
        self.workshop(name)
        return self._forges[name]

    def _object(self, workshop: Workshop) -> Object:
        one = workshop.repository
        uid = hashlib.sha256(f"{one.url} {one.base}".encode()).hexdigest()[:16]
        spec = {"url": one.url, "base": one.base, "slug": one.slug}
        return {"apiVersion": API, "kind": REPOSITORY, "metadata": {"name": one.name, "uid": uid}, "spec": spec}


class CodeHands(Refusing):
    """What is done in a repository: a draft pull request is made. Everything else is refused."""

    def __init__(self, estate: RepositoriesEstate) -> None:
        super().__init__(estate.id)
        self._code = estate

    async def create(self, subject: Subject, body: Object, *, action: str, part: str = "") -> Object:
        """The pull request of the branch `subject.name` of the repository `subject.namespace`; `body.spec` says of which change."""
        if subject.kind != PULL_REQUEST or part:
            return await super().create(subject, body, action=action, part=part)
        spec: Mapping[str, Any] = body["spec"]
        change = await self._code.again(subject.namespace, spec["base"], edits_of(spec["changes"]), spec["diff"])
        pull = await self._code.propose(subject.namespace, subject.name, change, spec["title"], spec["message"], spec["body"])
        return _told(subject, pull)


def branch_of(action: str, digest: str) -> str:
    """The branch of an action: named by its id, and by its diff, so that a Stead that begins to count anew meets no old branch."""
    return f"{PREFIX}{action}-{digest[:8]}"


def _told(subject: Subject, pull: Pull) -> Object:
    status = {"url": pull.url, "head": pull.head, "closed": pull.closed, "merged": pull.merged, "mergedBy": pull.merged_by}
    metadata = {"name": subject.name, "namespace": subject.namespace, "uid": str(pull.number)}
    return {"apiVersion": API, "kind": PULL_REQUEST, "metadata": metadata, "spec": {"title": pull.title}, "status": status}
