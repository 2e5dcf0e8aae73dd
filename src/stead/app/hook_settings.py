"""What a person may write about a way in: which system sends, how it is known, what it is about."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, ClassVar

from pydantic import ConfigDict, Field, field_validator, model_validator

from stead.app.durations import Duration
from stead.app.sections import NAME, Section
from stead.secrets import SecretRef


class BasicSettings(Section):
    """HTTP's basic authentication."""

    user: str = Field(min_length=1, pattern=r"^[^:\x00-\x1f]+$", description="The user.")
    password: SecretRef = Field(description="A reference to the password.")


class HookSettings(Section):
    """A way in for what other systems say is wrong: `/hooks/KIND`, or `/hooks/KIND/NAME`. Exactly one of `bearer`, `basic` and `hmac`."""

    model_config: ClassVar[ConfigDict] = ConfigDict(extra="allow", frozen=True, strict=True, hide_input_in_errors=True)

    kind: str = Field(
        description="`alertmanager`, `grafana`, `generic`, `git`, `systemd`, or one that a visitor brings. "
        "Further keys belong to the kind, and its page lists them."
    )
    name: str = Field(default="", pattern=f"^$|{NAME}", description="Its name in messages and in its address. Default: its kind.")
    estate: str = Field(
        default="", description="The estate that it is about. Default: the first that knows the object that an alert names."
    )
    bearer: SecretRef | None = Field(default=None, description="A reference to the token that is sent as `Authorization: Bearer …`.")
    basic: BasicSettings | None = Field(default=None, description="The user and password that are sent.")
    hmac: SecretRef | None = Field(
        default=None,
        description="A reference to the key with which requests are signed, as Stead's own webhooks are or in the kind's own way.",
    )
    per_minute: int = Field(
        default=30_000, ge=1, le=10_000_000, description="Requests a minute from one address; more are asked to come back."
    )
    forget_after: Duration = Field(
        default=timedelta(days=1),
        description="An alert that is not sent again for so long is over. Longer than the sender's own pause (`repeat_interval`, 4h).",
    )

    @field_validator("forget_after")
    @classmethod
    def _not_short(cls, value: timedelta) -> timedelta:
        if value < timedelta(minutes=1):
            raise ValueError("must be at least 1m")
        return value

    @model_validator(mode="after")
    def _is_authenticated(self) -> HookSettings:
        ways = [way for way in (self.bearer, self.basic, self.hmac) if way is not None]
        if not ways:
            raise ValueError("has no authentication, so anybody could send to it; give it `bearer`, `basic` or `hmac`")
        if len(ways) > 1:
            raise ValueError("has more than one authentication; keep one of `bearer`, `basic` and `hmac`")
        return self

    @property
    def called(self) -> str:
        return self.name or self.kind

    @property
    def own(self) -> dict[str, Any]:
        """The keys that belong to the kind."""
        return dict(self.__pydantic_extra__ or {})
