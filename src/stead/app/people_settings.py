"""Who answers Stead: each person, how far they may go, and how each chat knows them."""

from __future__ import annotations

from typing import Any, Literal, cast

from pydantic import Field, field_validator

from stead.app.sections import NAME, Section
from stead.domain.people import Person, Role


class PersonSettings(Section):
    """Somebody who is told, and who may answer."""

    name: str = Field(pattern=NAME, description="What they are called in messages; decisions are written down as `person:NAME`.")
    role: Literal["viewer", "approver", "admin"] = Field(
        default="viewer",
        description="`viewer` asks and reads, `approver` also decides, silences and stops, `admin` also changes Stead itself.",
    )
    identities: dict[str, str] = Field(
        default={},
        description="How a chat knows them: by a channel's name or kind, the id there (never a name, which others can take). "
        "`stead people pair NAME` finds it out instead.",
    )

    @field_validator("identities", mode="before")
    @classmethod
    def _ids_are_text(cls, given: object) -> object:
        """Telegram's and Discord's ids are numbers, and people write them as such."""
        if not isinstance(given, dict):
            return given
        found = cast("dict[Any, Any]", given)
        return {key: str(value) if isinstance(value, int) and not isinstance(value, bool) else value for key, value in found.items()}

    def person(self) -> Person:
        return Person(name=self.name, role=Role(self.role), identities=dict(self.identities))
