"""What a command or a question is handed: who asks what, where, and what to answer with."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from stead.app.chat.desk import Desk
from stead.domain.delivery import Delivery, Message
from stead.domain.errors import Exit, UserError
from stead.domain.inbound import Inbound
from stead.domain.people import Person, Role
from stead.engine import saying
from stead.engine.journey import Journey
from stead.store import deliveries


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One event of somebody known, in its transaction."""

    connection: sa.Connection
    journey: Journey
    event: Inbound
    desk: Desk
    person: Person

    def answer(self, text: str) -> None:
        """Say this, in Markdown, where it was asked."""
        self.show(saying.plain(text))

    def show(self, message: Message) -> None:
        """Show this where it was asked."""
        saying.say(self.connection, self.journey, self.event.channel, self.event.place, message)

    def under(self) -> tuple[Delivery, str] | None:
        """The message of Stead's that it replies to, with the session that goes on under it."""
        if not self.event.reply_to:
            return None
        return deliveries.of_remote(self.connection, self.event.channel, self.event.reply_to)

    def needs(self, role: Role) -> None:
        """UserError for who may not."""
        if not self.person.role.includes(role):
            raise UserError(
                f"you are {_a(self.person.role)} here, {self.person.name}, and this takes {_a(role)}; nothing was changed",
                hint="ask one, or have your role changed in the configuration (`people`)",
                code=Exit.REFUSED,
            )


def _a(role: Role) -> str:
    return f"an {role}" if role.value[0] in "ae" else f"a {role}"
