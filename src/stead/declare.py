"""What a file on a shelf declares: a check, a verb, a playbook, a channel, a source.

Decorators and constructors return plain declarations; `app/discover` collects them. No registry, no import side effects.
"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

from stead.domain.action import Action, ActionRequest, Fence, Risk
from stead.domain.alert import Alert
from stead.domain.drafting import Drafted, May
from stead.domain.finding import Finding, FindingClass, LookAgain, Progressing
from stead.domain.gauge import Gauge, Measure
from stead.domain.heartbeat import Beat
from stead.domain.model import ModelSpec
from stead.domain.parameter import Parameter
from stead.domain.push import Push
from stead.domain.subject import Subject
from stead.ports import Channel, Clock, Estate, Hands, HostCommands

Outcome = Finding | Progressing | LookAgain | None | Iterable[Finding | Progressing]
"""What a check says of one object. Healthy says nothing; an object with several faults may say several."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """A deterministic detector over an estate that is watched: `run(object, view, now)`, pure and synchronous.

    `of` are the types of `object`; a change of any other watched type in the same namespace (or of a cluster-wide one)
    runs the check again on the objects that it may concern. `page` is the function's docstring.
    `unless` is true of an object that this check has surely nothing to say of, whatever the rest of the estate is like: it is asked
    instead of the check, once for all checks that share it, so that ten thousand healthy pods cost little.
    """

    name: str
    watches: tuple[type, ...]
    run: Callable[[Any, Any, datetime], Outcome]
    class_: FindingClass = FindingClass.FAULT
    unless: Callable[[Any], bool] | None = None
    page: str = ""
    of: tuple[type, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "of", self.of or self.watches[:1])


def check(
    *,
    watches: Sequence[type],
    of: Sequence[type] = (),
    class_: FindingClass = FindingClass.FAULT,
    unless: Callable[[Any], bool] | None = None,
) -> Callable[[Callable[[Any, Any, datetime], Outcome]], Check]:
    """Declare a check of the objects of `of`: one or several of the types that it `watches`, the first where none is named.

    Its name is the function's name, which is also the name of its file, test and page.
    """

    def declare(run: Callable[[Any, Any, datetime], Outcome]) -> Check:
        page = inspect.getdoc(run) or ""
        return Check(name=run.__name__, watches=tuple(watches), run=run, class_=class_, unless=unless, page=page, of=tuple(of))

    return declare


@dataclass(frozen=True, slots=True, kw_only=True)
class GaugeCheck:
    """A detector over measures that have no watch: `run(gauge, now)`, pure and synchronous, asked anew after each reading."""

    name: str
    measures: frozenset[Measure]
    run: Callable[[Gauge, datetime], Finding | Progressing | None]
    class_: FindingClass = FindingClass.FAULT
    page: str = ""


def gauge_check(
    *measures: Measure,
) -> Callable[[Callable[[Gauge, datetime], Finding | Progressing | None]], GaugeCheck]:
    """Declare a check of these measures. Its name is the function's name, which is also the name of its file, test and page."""

    def declare(run: Callable[[Gauge, datetime], Finding | Progressing | None]) -> GaugeCheck:
        return GaugeCheck(name=run.__name__, measures=frozenset(measures), run=run, page=inspect.getdoc(run) or "")

    return declare


@dataclass(frozen=True, slots=True, kw_only=True)
class HostWishes:
    """What the owner of a host wants looked at beyond the usual.

    `certificates` paths of PEM files there, with `*` and `?` · `listeners` what may listen beyond loopback (`tcp/22`); None: not judged.
    """

    certificates: tuple[str, ...] = ()
    listeners: tuple[str, ...] | None = None


NO_WISHES = HostWishes()


class HostRun(Protocol):
    """`run(commands, estate_id, now)` returns what is wrong, nothing when all is well. Raises BlindError when it could not look."""

    def __call__(
        self, commands: HostCommands, estate: str, now: datetime, /, *, wishes: HostWishes = ...
    ) -> Awaitable[Sequence[Finding]]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class HostCheck:
    """A detector without a watch: asks a host by commands, `every` so often."""

    name: str
    every: timedelta
    run: HostRun
    class_: FindingClass = FindingClass.FAULT
    page: str = ""


def host_check(
    *, every: timedelta, class_: FindingClass = FindingClass.FAULT
) -> Callable[[Callable[[HostCommands, str, datetime], Awaitable[Sequence[Finding]]]], HostCheck]:
    """Declare a host check that needs no word of the host's owner."""

    def declare(run: Callable[[HostCommands, str, datetime], Awaitable[Sequence[Finding]]]) -> HostCheck:
        def plain(
            commands: HostCommands,
            estate: str,
            now: datetime,
            /,
            *,
            wishes: HostWishes = NO_WISHES,  # noqa: ARG001 - it has none
        ) -> Awaitable[Sequence[Finding]]:
            return run(commands, estate, now)

        return HostCheck(name=run.__name__, every=every, run=plain, class_=class_, page=inspect.getdoc(run) or "")

    return declare


def wishful_host_check(
    *, every: timedelta
) -> Callable[[Callable[[HostCommands, str, datetime, HostWishes], Awaitable[Sequence[Finding]]]], HostCheck]:
    """Declare a host check that asks what the host's owner wants: `run(commands, estate_id, now, wishes)`."""

    def declare(run: Callable[[HostCommands, str, datetime, HostWishes], Awaitable[Sequence[Finding]]]) -> HostCheck:
        def asking(
            commands: HostCommands, estate: str, now: datetime, /, *, wishes: HostWishes = NO_WISHES
        ) -> Awaitable[Sequence[Finding]]:
            return run(commands, estate, now, wishes)

        return HostCheck(name=run.__name__, every=every, run=asking, page=inspect.getdoc(run) or "")

    return declare


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeCheck:
    """Judges what a probe saw: `judge(subject, target, seen, now)`, pure, for targets of the type `target`."""

    name: str
    target: type[Any]
    judge: Callable[[Subject, Any, Any, datetime], Sequence[Finding]]
    class_: FindingClass = FindingClass.FAULT
    page: str = ""


def probe_check(*, target: type[Any]) -> Callable[[Callable[[Subject, Any, Any, datetime], Iterable[Finding]]], ProbeCheck]:
    """Declare a check of what probes see. Its name is the function's name."""

    def declare(judge: Callable[[Subject, Any, Any, datetime], Iterable[Finding]]) -> ProbeCheck:
        def judged(subject: Subject, target: Any, seen: Any, now: datetime) -> Sequence[Finding]:
            return tuple(judge(subject, target, seen, now))

        return ProbeCheck(name=judge.__name__, target=target, judge=judged, page=inspect.getdoc(judge) or "")

    return declare


@dataclass(frozen=True, slots=True, kw_only=True)
class Rbac:
    """One rule that a verb needs of the write role, or a check of the read role."""

    group: str
    resource: str
    verbs: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    """What applying said. `undo` is the request that takes it back; None where nothing can."""

    note: str
    undo: ActionRequest | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Became:
    """What has become of something that waited for a person: `note` tells it, `taken` says whether it was taken up."""

    note: str
    taken: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Verb:
    """One change that Stead knows how to make.

    `preflight(action, estate)` returns why not, "" when nothing speaks against it; it looks at the live world.
    `apply(action, estate, hands)` makes the change, fenced by the action's precondition.
    `landed(action, estate)` looks whether this very action has already been applied: the question after a crash.
    `proved(action, estate)` says what beyond the finding's silence is missing to a proof, "" when nothing is; None where silence is enough.
    `subject_stays` says whether the subject must still be there for a proof, or must be gone.
    `api_version` is that of its kinds, `parameters` what may be given, and `command(subject, parameters)` the line that does the same by
    hand: a model that proposes the verb knows no more of it than these.
    `fence` keeps it from being done twice. `rehearse(action, estate, hands)` has the estate check it without keeping anything, and returns
    what would change, a line each; None where an estate cannot say.
    `programs` are the beginnings of the command lines that it runs on a host (`systemctl restart`), as `rbac` is for a cluster.
    `told_only` says why it is never done and only told, as a line for a person; "" for what Stead does itself.
    `at` is the estate in which its subjects are, "" for that of the fault. `prepare(request, estate, told)` fills in the parameters that
    are its own before anybody decides, from what is `told` of the fault, and says why it cannot be; what it rehearses is shown whole then.
    `drafted(request, estate, told, may)` comes before it, where a program must write parameters first: it asks `may` whether it may spend.
    `followed(action, estate)` says what became of what it made, None while that waits for a person: then `proved` alone is its proof.
    `made(action, estate)` is the note of one that turns out to have landed, where a person needs to know where.
    `against_git` says that a controller which keeps the object as Git has it takes the change back.
    """

    name: str
    risk: Risk
    reversible: bool
    kinds: tuple[str, ...]
    rbac: tuple[Rbac, ...]
    preflight: Callable[[Action, Estate], Awaitable[str]]
    apply: Callable[[Action, Estate, Hands], Awaitable[Applied]]
    landed: Callable[[Action, Estate], Awaitable[bool]]
    subject_stays: bool = True
    page: str = ""
    api_version: str = ""
    parameters: Mapping[str, Parameter] = field(default_factory=dict[str, Parameter])
    command: Callable[[Subject, Mapping[str, Any]], str] | None = None
    fence: Fence = Fence.PRECONDITION
    rehearse: Callable[[Action, Estate, Hands], Awaitable[Sequence[str]]] | None = None
    told_only: str = ""
    proved: Callable[[Action, Estate], Awaitable[str]] | None = None
    programs: tuple[str, ...] = ()
    at: str = ""
    prepare: Callable[[ActionRequest, Estate, Sequence[str]], Awaitable[tuple[ActionRequest, str]]] | None = None
    drafted: Callable[[ActionRequest, Estate, Sequence[str], May], Coroutine[Any, Any, Drafted]] | None = None
    followed: Callable[[Action, Estate], Awaitable[Became | None]] | None = None
    made: Callable[[Action, Estate], Awaitable[str]] | None = None
    against_git: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Playbook:
    """A deterministic fix: findings → verbs, in order. `checks` are those whose findings it fits; `rank` settles who is asked first.

    `propose(findings, estate, now)` returns the actions that it would take; nothing where it does not fit after all.
    """

    name: str
    checks: frozenset[str]
    propose: Callable[[Sequence[Finding], Estate, datetime], Awaitable[Sequence[ActionRequest]]]
    rank: int = 100
    page: str = ""


def playbook(
    *, checks: Iterable[str], rank: int = 100
) -> Callable[[Callable[[Sequence[Finding], Estate, datetime], Awaitable[Sequence[ActionRequest]]]], Playbook]:
    """Declare a playbook. Its name is the function's name."""

    def declare(propose: Callable[[Sequence[Finding], Estate, datetime], Awaitable[Sequence[ActionRequest]]]) -> Playbook:
        return Playbook(name=propose.__name__, checks=frozenset(checks), propose=propose, rank=rank, page=inspect.getdoc(propose) or "")

    return declare


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelKind:
    """A kind of channel: `settings` validates its configuration keys (a pydantic model), `open(name, settings, clock)` makes one.

    `open` imports its library only then; a missing one is a UserError that names the extra.
    """

    kind: str
    settings: type[Any]
    open: Callable[[str, Any, Clock], Channel]
    page: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelKind:
    """A kind of model endpoint: `open(spec)` makes a pydantic-ai Model, and imports its library only then.

    `url_variables` and `key_variables` are the environment variables that people have set for it already; the first that is set counts.
    """

    kind: str
    open: Callable[[ModelSpec], Any]
    url_variables: tuple[str, ...] = ()
    key_variables: tuple[str, ...] = ()
    default_url: str = ""
    page: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """What a tool saw: `text`, the `command` that shows the same by hand, and whether somebody else wrote (a part of) it."""

    text: str
    command: str = ""
    tainted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """One look that a model may ask for. It reads and never changes; `run(estate, arguments)` raises BlindError when it could not look.

    `arguments` is a msgspec Struct: its fields, with their descriptions, are the schema that the model is told, and what it sends is
    checked against it before `run` is called. `page` is what the model is told of it. `schema` is a JSON Schema in the place of the
    Struct's, for a tool that somebody else describes and checks.
    """

    name: str
    arguments: type[Any]
    run: Callable[[Estate, Any], Awaitable[Looked]]
    page: str
    schema: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Toolset:
    """Tools of one kind of estate: `fits(estate)` says whether they can look at this one.

    `kinds` are the kinds of objects whose incidents are offered its tools at once, None: all. In others a model asks for them by the
    toolset's name, and the first sentence of `page` is what it knows of them.
    `arrive()` gives the tools of one that has to ask somebody which there are: it is called at the beginning of each run, and never raises.
    `pushed(push)` has what it keeps of that repository looked at anew at its next use.
    """

    name: str
    fits: Callable[[Estate], bool]
    tools: tuple[Tool, ...]
    page: str = ""
    kinds: frozenset[str] | None = None
    arrive: Callable[[], Awaitable[tuple[Tool, ...]]] | None = None
    pushed: Callable[[Push], None] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolsetKind:
    """A toolset that has to be set up: `settings` (a pydantic model) validates what stands under `tools:` at its name.

    `open(settings, clock, folder)` makes it; `folder` is its own, in the state folder, and need not exist yet. It connects to nothing and
    imports no library before the first look. UserError for what cannot be had. `by_default`: it needs no word, and is there without one.
    """

    name: str
    settings: type[Any]
    open: Callable[[Any, Clock, Path], Toolset]
    page: str = ""
    by_default: bool = False


Read = Callable[[bytes, Mapping[str, str]], Sequence[Alert | Beat | Push]]
"""What a request's body, with its headers (their names in lower case), says; MalformedError when it is not what such a source sends."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceKind:
    """A kind of system that tells Stead of trouble over HTTP: `settings` (a pydantic model) validates a hook's own keys, `open(settings)`
    says how its requests are read.

    `signatures` are headers in which such a system sends the HMAC-SHA256 of the body in hexadecimal, `sha256=` before it or not; a hook
    of another kind is signed as Stead's own webhooks are. `feeds` is the key of a hook that names a heartbeat which it feeds, "" for none.
    """

    kind: str
    settings: type[Any]
    open: Callable[[Any], Read]
    signatures: tuple[str, ...] = ()
    page: str = ""
    feeds: str = ""


Declarations = Mapping[
    str, Check | GaugeCheck | HostCheck | ProbeCheck | Verb | Playbook | ChannelKind | ModelKind | Toolset | ToolsetKind | SourceKind
]
