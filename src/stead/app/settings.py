"""What a person may write into `stead.yaml`: every key, its type, its default, and what it means.

Strict: an unknown key is an error, a literal secret is refused and never echoed. The reference page and the JSON Schema are made from
these models.
"""

from __future__ import annotations

import ipaddress
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, cast
from urllib.parse import urlsplit

from pydantic import ConfigDict, Field, PlainSerializer, PlainValidator, ValidationInfo, WithJsonSchema, field_validator, model_validator

from stead.app.coder_settings import wrong_coder
from stead.app.durations import Duration
from stead.app.escalation_settings import EscalationSettings, unknown_contacts
from stead.app.estate_settings import EstateSettings
from stead.app.heartbeat_settings import HeartbeatSettings
from stead.app.hook_settings import HookSettings
from stead.app.job_settings import JobsSettings
from stead.app.knowledge_settings import KnowledgeSettings
from stead.app.lifesign import LifesignSettings
from stead.app.model_settings import AgentsSettings, BudgetsSettings, ModelSettings
from stead.app.muting_settings import InhibitSettings, MaintenanceSettings, SeveritySettings
from stead.app.own_settings import OWN, OwnCheckSettings
from stead.app.people_settings import PersonSettings
from stead.app.receiver_settings import ReceiverSettings
from stead.app.repository_settings import RepositorySettings
from stead.app.route_settings import RootSettings, unknown_names
from stead.app.sections import NAME, FilePath, Section, a_path
from stead.app.watchdog_settings import WatchdogSettings
from stead.clocks import ScaledClock, SystemClock
from stead.domain.timing import Timing
from stead.estate.code.repository import REPOSITORIES
from stead.ports import Clock
from stead.secrets import SecretRef

DEFAULT_PORT = 8642
DEFAULT_BIND = f"127.0.0.1:{DEFAULT_PORT}"

_TIMING = Timing()


def _a_policy(given: object, info: ValidationInfo) -> Path | dict[str, Any]:
    if isinstance(given, dict):
        return cast(dict[str, Any], given)
    if isinstance(given, (str, Path)):
        return a_path(given, info)
    raise ValueError("is neither a file nor rules; write a path, or `rules:` under it")


def _policy_text(policy: Path | dict[str, Any]) -> str | dict[str, Any]:
    return str(policy) if isinstance(policy, Path) else policy


PolicySource = Annotated[
    Path | dict[str, Any],
    PlainValidator(_a_policy),
    PlainSerializer(_policy_text),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "object"}]}),
]


def split_bind(bind: str) -> tuple[str, int]:
    """`127.0.0.1:8642` or `[::1]:8642` → host and port. ValueError for anything else; port 0 takes a free one."""
    host, separator, port = bind.rpartition(":")
    if not separator or not port.isascii() or not port.isdecimal() or int(port) > 65535:
        raise ValueError("is not an address and port; write 127.0.0.1:8642")
    bare = host.removeprefix("[").removesuffix("]")
    if bare == "localhost":
        return "127.0.0.1", int(port)
    try:
        address = ipaddress.ip_address(bare)
    except ValueError as error:
        raise ValueError("does not begin with an IP address; write 127.0.0.1:8642 or 0.0.0.0:8642") from error
    if address.version == 6 and not host.startswith("["):
        raise ValueError("needs brackets around an IPv6 address: [::1]:8642")
    return str(address), int(port)


class ServerSettings(Section):
    """Where the API listens."""

    bind: str = Field(default=DEFAULT_BIND, description="Address and port. Beyond loopback only when a token exists (`stead token add`).")
    hosts: tuple[str, ...] = Field(
        default=(), description="Names under which clients reach the service; others are refused (DNS rebinding)."
    )

    @field_validator("bind")
    @classmethod
    def _is_bind(cls, value: str) -> str:
        split_bind(value)
        return value

    @property
    def host(self) -> str:
        return split_bind(self.bind)[0]

    @property
    def port(self) -> int:
        return split_bind(self.bind)[1]

    @property
    def loopback(self) -> bool:
        return ipaddress.ip_address(self.host).is_loopback


class StoreSettings(Section):
    """Where Stead keeps what it knows."""

    folder: FilePath | None = Field(
        default=None,
        description="The state folder. Default: `$STATE_DIRECTORY` (systemd), else `~/.local/state/stead`. One process owns it.",
    )
    url: str | None = Field(
        default=None,
        description="A database instead of the SQLite file in the folder: `postgresql://user@host/name`, or a reference to it "
        "(`env:NAME`, `file:/path`, `cred:name`) when it holds a password.",
    )

    @field_validator("url")
    @classmethod
    def _no_password(cls, value: str | None) -> str | None:
        if value is None or value.startswith(("env:", "file:", "cred:")):
            return value
        try:
            parts = urlsplit(value)
            password = parts.password
        except ValueError as error:
            raise ValueError("is not a database address") from error
        if parts.scheme.partition("+")[0] not in ("sqlite", "postgresql", "postgres"):
            raise ValueError("is not a database address; write postgresql://user@host/name")
        if password:
            raise ValueError("holds a password; put the whole address into a file or variable and write file:/path or env:NAME here")
        return value

    def database_url(self, folder: Path) -> str:
        """The address of the database, its reference resolved; without one, the SQLite file in the state folder `folder`."""
        if self.url is None:
            return f"sqlite:///{folder / 'stead.db'}"
        return SecretRef(self.url).resolve() if self.url.startswith(("env:", "file:", "cred:")) else self.url


class ChecksSettings(Section):
    """Which checks run."""

    folders: tuple[FilePath, ...] = Field(
        default=(), description="Folders with checks of your own (Python files, and programs) and rules for custom kinds (YAML files)."
    )
    own: dict[str, OwnCheckSettings] = Field(default={}, description="How programs in them run that need a word, by file name.")
    disabled: tuple[str, ...] = Field(default=(), description="Names of checks that do not run.")
    hygiene: bool = Field(default=False, description="Also run checks of opinion.")


class ChannelSettings(Section):
    """A way to reach people. Further keys belong to the kind, and its page lists them."""

    model_config: ClassVar[ConfigDict] = ConfigDict(extra="allow", frozen=True, strict=True, hide_input_in_errors=True)

    name: str = Field(pattern=NAME, description="Its name in messages and in `stead show`.")
    most_a_minute: int = Field(
        default=20, ge=0, le=1000, description="Messages in a minute beyond which incidents are told in one that lists them; 0: any number."
    )
    kind: str = Field(description="`terminal`, `webhook`, `apprise`, or one that a visitor brings.")

    agent: str = Field(default="", description="Who answers what is asked there. Default: the investigator.")

    @property
    def own(self) -> dict[str, Any]:
        """The keys that belong to the kind."""
        return dict(self.__pydantic_extra__ or {})


class TimingSettings(Section):
    """How long Stead waits for what."""

    group_wait: Duration = Field(default=_TIMING.group_wait, description="Gathers findings of one cause before the first word.")
    edit_wait: Duration = Field(default=_TIMING.edit_wait, description="Gathers changes before a message is edited.")
    evidence_wait: Duration = Field(default=_TIMING.evidence_wait, description="Between two edits for new evidence alone.")
    verify_every: Duration = Field(default=_TIMING.verify_every, description="Between two looks that prove an action.")
    verify_times: int = Field(default=_TIMING.verify_times, ge=1, le=1000, description="Quiet looks in a row that make a proof.")
    verify_within: Duration = Field(default=_TIMING.verify_within, description="Without a proof by then, the incident escalates.")
    approval_expires: Duration = Field(default=_TIMING.approval_expires, description="An unanswered question is void after this.")
    reopen_within: Duration = Field(default=_TIMING.reopen_within, description="A fault that returns within this reopens its incident.")
    flap_times: int = Field(
        default=_TIMING.flap_times,
        ge=2,
        le=1000,
        description="Quiet this often within `flap_within`, an incident stays open as flapping.",
    )
    flap_within: Duration = Field(default=_TIMING.flap_within, description="The time within which that is counted.")
    flap_quiet: Duration = Field(default=_TIMING.flap_quiet, description="One that flaps is over after this long without a change.")
    retry_first: Duration = Field(default=_TIMING.retry_first, description="The wait after a delivery's first failed try; it doubles.")
    retry_most: Duration = Field(default=_TIMING.retry_most, description="The longest wait between two tries.")
    retry_times: int = Field(default=_TIMING.retry_times, ge=1, le=1000, description="Tries in all before a delivery is dead.")
    keep_finished: Duration = Field(default=_TIMING.keep_finished, description="How long the journal of finished work is kept.")
    keep_records: Duration = Field(
        default=_TIMING.keep_records,
        description="How long a past incident is kept, with its findings, events and messages. One on which something was done is kept.",
    )
    speed: float = Field(
        default=1.0, gt=0, le=100_000, strict=False, description="For a practice cluster whose clock runs this many times faster."
    )
    origin: float | None = Field(
        default=None, strict=False, description="Seconds since 1970 from which `speed` counts, as the practice cluster's."
    )

    @field_validator(
        "group_wait",
        "edit_wait",
        "verify_every",
        "verify_within",
        "approval_expires",
        "reopen_within",
        "flap_within",
        "flap_quiet",
        "retry_first",
        "retry_most",
        "keep_records",
    )
    @classmethod
    def _not_zero(cls, value: Any, info: Any) -> Any:
        if not value and info.field_name not in ("group_wait", "edit_wait", "reopen_within"):
            raise ValueError("must be longer than nothing")
        return value

    def timing(self) -> Timing:
        names = Timing.__dataclass_fields__
        return Timing(**{name: getattr(self, name) for name in names})

    def clock(self) -> Clock:
        """The wall clock, or one that runs `speed` times as fast."""
        return SystemClock() if self.speed == 1.0 else ScaledClock(self.speed, self.origin)


class AuditSettings(Section):
    """The chain of what was decided and done."""

    key: FilePath | None = Field(
        default=None, description="The key that signs its heads, made where there is none. Default: `audit.key` in the state folder."
    )
    send_heads: bool = Field(default=False, description="Send a head to every channel once a day, where the database does not reach.")


class Settings(Section):
    """The whole configuration."""

    version: Literal[1] = Field(default=1, description="The version of this file's form.")
    server: ServerSettings = ServerSettings()
    store: StoreSettings = StoreSettings()
    estates: tuple[EstateSettings, ...] = Field(default=(), description="What is watched. Default: the kubeconfig's current context.")
    audit: AuditSettings = Field(default=AuditSettings(), description="The chain of what was decided and done.")
    policy: PolicySource | None = Field(
        default=None, description="What may be done: a file of rules, or the rules themselves. Default: the safe policy that Stead ships."
    )
    checks: ChecksSettings = ChecksSettings()
    channels: tuple[ChannelSettings, ...] = Field(
        default=(),
        description="Who is told, and how. Default: the chat that the environment holds, else the terminal.",
    )
    receivers: tuple[ReceiverSettings, ...] = Field(default=(), description="Who can be told, where that is more than one channel's name.")
    escalations: tuple[EscalationSettings, ...] = Field(
        default=(), description="Who is told next while nobody acknowledges. Default: nobody."
    )
    routes: RootSettings | None = Field(default=None, description="Who is told what. Default: every channel is told everything.")
    hooks: tuple[HookSettings, ...] = Field(default=(), description="Which other systems may say what is wrong, and how each is known.")
    heartbeats: tuple[HeartbeatSettings, ...] = Field(default=(), description="What should report again and again; its silence is told.")
    heartbeat: LifesignSettings | None = Field(default=None, description="A sign of life, sent while Stead works. Default: none.")
    timing: TimingSettings = TimingSettings()
    maintenance: tuple[MaintenanceSettings, ...] = Field(
        default=(), description="Planned work, once or again and again: what breaks in it is told after it, if it is still broken."
    )
    severity_rules: tuple[SeveritySettings, ...] = Field(
        default=(), description="How much a fault weighs to you, beyond what its checks and its impact say; applied in their order."
    )
    inhibit_rules: tuple[InhibitSettings, ...] = Field(
        default=(), description="What need not be told while something else is. Two rules are built in: `node-is-down` and `worse-is-told`."
    )
    jobs: JobsSettings = Field(default=JobsSettings(), description="What runs at its time: checks, scripts, prompts and reports.")
    watchdog: WatchdogSettings = Field(default=WatchdogSettings(), description="What `stead watchdog` looks at, besides Stead itself.")
    people: tuple[PersonSettings, ...] = Field(default=(), description="Who is told and may answer from a chat. Default: nobody may.")
    agents: AgentsSettings = AgentsSettings()
    models: tuple[ModelSettings, ...] = Field(
        default=(),
        description="Who thinks where checks and playbooks do not settle it, in the order of asking. Default: nobody.",
    )
    budgets: BudgetsSettings = BudgetsSettings()
    repositories: tuple[RepositorySettings, ...] = Field(
        default=(), description="Repositories to which changes may be proposed, as draft pull requests that a person merges."
    )
    tools: dict[str, Any] = Field(
        default={},
        description="What models may look with beyond what they always may: each toolset by its name, its keys as its page says.",
    )
    knowledge: tuple[KnowledgeSettings, ...] = Field(
        default=(), description="Where your runbooks, edge cases, skills and pages stand: folders and Git repositories, in Markdown."
    )

    @model_validator(mode="after")
    def _names_differ(self) -> Settings:
        for key, names in _named_things(self):
            twice = sorted({name for name in names if names.count(name) > 1})
            if twice:
                raise ValueError(f"{key}: `{twice[0]}` is named twice")
        known = [(where, identity) for person in self.people for where, identity in person.identities.items()]
        if both := sorted({f"{where}: {identity}" for where, identity in known if known.count((where, identity)) > 1}):
            raise ValueError(f"people: `{both[0][:60]}` is the identity of two")
        return self

    @model_validator(mode="after")
    def _estates_are_free(self) -> Settings:
        taken = {REPOSITORIES: self.repositories, OWN: self.checks.folders}
        for estate in self.estates:
            if taken.get(estate.id):
                key = "repositories" if estate.id == REPOSITORIES else "checks.folders"
                raise ValueError(f"estates: `{estate.id}` is the id of what stands under `{key}`; give the estate another one")
        return self

    @model_validator(mode="after")
    def _coders_have_models(self) -> Settings:
        for repository in self.repositories:
            if repository.coder is not None and (why := wrong_coder(repository.coder, self.models)):
                raise ValueError(f"repositories: `{repository.name}`: {why}")
        return self

    @model_validator(mode="after")
    def _receivers_exist(self) -> Settings:
        # Where no channel is named there is the terminal (config.load).
        channels = [channel.name for channel in self.channels] or ["terminal"]
        known = sorted({*channels, *(receiver.name for receiver in self.receivers)})
        wrong = (*unknown_names(self.routes, self.receivers, channels), *unknown_contacts(self.escalations, known))
        if wrong:
            raise ValueError(wrong[0])
        return self


def _named_things(settings: Settings) -> tuple[tuple[str, list[str]], ...]:
    return (
        ("estates", [estate.id for estate in settings.estates]),
        ("channels", [channel.name for channel in settings.channels]),
        ("escalations", [escalation.name for escalation in settings.escalations]),
        ("receivers", [receiver.name for receiver in settings.receivers]),
        ("repositories", [repository.name for repository in settings.repositories]),
        ("hooks", [hook.called for hook in settings.hooks]),
        ("heartbeats", [heartbeat.name for heartbeat in settings.heartbeats]),
        ("people", [person.name for person in settings.people]),
        ("models", [model.name for model in settings.models]),
        ("knowledge", [source.name for source in settings.knowledge]),
        ("maintenance", [window.name for window in settings.maintenance]),
        ("jobs.declared", [job.name for job in settings.jobs.declared]),
        ("severity_rules", [rule.name for rule in settings.severity_rules]),
        ("inhibit_rules", [rule.name for rule in settings.inhibit_rules]),
    )


def settings_schema() -> dict[str, Any]:
    """The JSON Schema of the configuration, its defaults as a person writes them (`3s`)."""
    return Settings.model_json_schema(mode="serialization")
